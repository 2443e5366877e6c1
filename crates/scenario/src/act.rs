//! What is done to the issuer between two requests.

mod read;

pub(crate) use read::read;

use token::Octets;

/// What is done to the issuer of the target's tokens, for the rest of the case.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Trouble with a document that the target reads.
    Trouble {
        /// Which.
        document: Document,
        /// What.
        trouble: Trouble,
    },
    /// A new key is published, and signs from now on. The old ones stay published.
    Rotate,
    /// The oldest published key is published no more.
    Retire,
    /// All trouble ends. Keys stay as they are.
    Restore,
}

/// What a target reads at its issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The key set.
    Jwks,
    /// The metadata, which says where the key set is.
    Discovery,
}

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// This status, without the document.
    Status(u16),
    /// No answer ever.
    Hang,
    /// The connection is reset.
    Reset,
    /// The document, so many milliseconds later.
    Delay(u64),
    /// The document, cut off after so many bytes.
    Truncate(usize),
    /// The document, with so many blanks behind it.
    Pad(usize),
    /// A redirect to this place; the document is there.
    Redirect(String),
    /// Something else with status 200.
    Body {
        /// What.
        body: Octets,
        /// Its media type.
        media_type: String,
    },
    /// The document with members set (some) or removed (none).
    Change(Vec<(String, Option<serde_json::Value>)>),
    /// The key set with other keys.
    Keys(KeyChange),
    /// The document with these headers.
    Headers(Vec<(String, String)>),
}

/// How the keys of a key set are changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyChange {
    /// Members set (some) or removed (none) in every key.
    pub change: Vec<(String, Option<serde_json::Value>)>,
    /// Keys added before the others. Variables are filled in them.
    pub first: Vec<serde_json::Value>,
    /// Keys added behind the others.
    pub last: Vec<serde_json::Value>,
    /// So many keys of nobody's behind all of them.
    pub fill: usize,
    /// Whether the issuer's own keys are left out.
    pub without_own: bool,
}
