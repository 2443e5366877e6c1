//! Text of a request with a place for the token.

use std::fmt;

/// How the place for the token is written.
pub(crate) const TOKEN: &str = "${token}";

/// Text of a request in which `${token}` stands for the token of its step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Takes the text as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether `${token}` stands in it. The reader grants this only to a send that has a `token:`.
    pub fn wants_token(&self) -> bool {
        self.0.contains(TOKEN)
    }

    /// The text with the token in its place. The token is put in as it is, without any escaping.
    pub fn fill(&self, token: &str) -> String {
        self.0.replace(TOKEN, token)
    }
}

/// The text as written.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
