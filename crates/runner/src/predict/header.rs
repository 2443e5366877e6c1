//! What a recipe says of the header and the signature of a token.

use authsettings::Fact;
use serde_json::Value;
use token::{Encoding, Forge, Recipe, Signature};

use super::part;

/// The only algorithm that Entra's metadata announces; the others of its family sign as truly, and whether they are taken is not
/// known.
const ANNOUNCED: &str = "RS256";
const OF_THE_FAMILY: [&str; 5] = ["RS384", "RS512", "PS256", "PS384", "PS512"];

/// Header members that a reader may heed, pass over or refuse.
const HEEDED: [&str; 16] = [
    "typ", "crit", "b64", "cty", "zip", "enc", "jku", "x5u", "jwk", "x5c", "x5t", "x5t#S256", "jwks", "jwks_uri",
    "iss", "nonce",
];

/// The header of a recipe's token.
pub(super) struct Header {
    /// Whether it is read, and asks for nothing that a reader may refuse.
    pub(super) readable: Fact,
    /// `alg`; none where it is not one text.
    algorithm: Option<String>,
    /// Whether the algorithm is written twice, or cannot be told.
    unclear: bool,
    /// Whether `kid` is the one of the issuer's key.
    names_key: bool,
}

impl Header {
    /// The header that a recipe makes.
    pub(super) fn of(recipe: &Recipe) -> Self {
        let forge = &recipe.forge;
        let part = part::read(&forge.header_bytes, forge.base64.header);
        let algorithm = Some(ANNOUNCED.to_owned());
        let mut header = Self { readable: part.readable, algorithm, unclear: false, names_key: true };
        if let Some(instead) = &part.instead {
            (header.algorithm, header.names_key) = (None, false);
            for (name, value) in instead {
                header.set(name, Some(value));
            }
        } else {
            for (name, value) in &forge.header {
                header.set(name, value.as_ref());
            }
        }
        let removed = |name: &str| forge.header.iter().any(|(known, value)| known == name && value.is_none());
        for (name, value) in &part.added {
            let twice = ["typ", "alg", "kid", "x5t"].contains(&name.as_str()) && !removed(name);
            if twice {
                header.readable = header.readable.and(Fact::Unknown);
                header.unclear = true;
            } else {
                header.set(name, Some(value));
            }
        }
        header
    }

    fn set(&mut self, name: &str, value: Option<&Value>) {
        let text = value.and_then(Value::as_str);
        match name {
            "alg" => self.algorithm = text.map(str::to_owned),
            "kid" => self.names_key = text == Some("${issued.header.kid}"),
            "typ" if text == Some("JWT") => {}
            _ if HEEDED.contains(&name) => self.readable = self.readable.and(Fact::Unknown),
            _ => {}
        }
    }

    /// Whether the signature verifies by a key that the issuer publishes and an algorithm that is allowed.
    pub(super) fn signed(&self, recipe: &Recipe) -> Fact {
        let verifies = match &recipe.forge.signature {
            Signature::Issuer => self.by_its_algorithm(),
            Signature::Keep if is_as_issued(recipe) => Fact::Yes,
            Signature::By(algorithm) if self.algorithm.as_deref() == Some(algorithm.name()) => self.by_its_algorithm(),
            Signature::By(_) if self.unclear => Fact::Unknown,
            // A signature over something else, by nobody's key, by none, or of another length than the key's (RFC 8017 section 8.2.2).
            _ => Fact::No,
        };
        // A validator may try every key where none is named.
        if self.names_key { verifies } else { verifies.and(Fact::Unknown) }
    }

    /// Signed by the issuer's key in the way that the header names.
    fn by_its_algorithm(&self) -> Fact {
        match self.algorithm.as_deref() {
            _ if self.unclear => Fact::Unknown,
            Some(ANNOUNCED) => Fact::Yes,
            Some(other) if OF_THE_FAMILY.contains(&other) || other.contains("${") => Fact::Unknown,
            _ => Fact::No,
        }
    }
}

fn is_as_issued(recipe: &Recipe) -> bool {
    let forge = &recipe.forge;
    let untouched = forge.header.is_empty() && forge.header_bytes.is_none() && forge.payload_bytes.is_none();
    let spelt = forge.base64.header == Encoding::Url && forge.base64.payload == Encoding::Url;
    untouched && spelt && recipe.claims.is_empty() && recipe.lifetime == token::Lifetime::default()
}

/// Whether the parts are put together as the compact serialisation asks (RFC 7515 section 7.1): three segments, and nothing else.
pub(super) fn shaped(forge: &Forge) -> Fact {
    if forge.base64.signature == Encoding::None {
        return Fact::Unknown;
    }
    let spelt = if forge.base64.signature == Encoding::Url { Fact::Yes } else { Fact::Unknown };
    let Some(shape) = &forge.shape else {
        return spelt.and(Fact::from(forge.signature != Signature::Absent));
    };
    let Some(text) = part::text(shape) else { return Fact::Unknown };
    let segments = text.replace("${header}", "h").replace("${payload}", "p").replace("${signature}", "s");
    if segments == "h.p.s" {
        return spelt;
    }
    if segments.starts_with(['{', '[']) || (!segments.contains("${") && segments.split('.').count() != 3) {
        return Fact::No;
    }
    Fact::Unknown
}
