//! Recipes: how one token is made, as plain data.
//!
//! A recipe crosses the control API of the mock issuer as JSON; names are kebab-case and what is left out has its default.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How one token is made: whose it is, for whom, when, with which claims, and what is forged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recipe {
    /// Whose token: a role that a profile fills (`listed`, `unlisted`) or the name or client id of an identity in the directory.
    pub caller: String,
    /// For which API: the name of an app registration, an App ID URI or a client id. Left out: the target's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// By which tenant: its name or id. Left out: the target's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// In which shape.
    #[serde(default)]
    pub version: TokenVersion,
    /// When it is valid.
    #[serde(default)]
    pub lifetime: Lifetime,
    /// Claims that are set (`Some`) or removed (`None`), in this order, after `lifetime`. As JSON: `[["aud", "x"], ["iss"]]`, where
    /// a name alone removes the claim, so that setting it to null can be told from removing it.
    #[serde(default, with = "changes", skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<(String, Option<Value>)>,
    /// What is forged beyond the claims.
    #[serde(default)]
    pub forge: Forge,
}

/// Which shape of token. Entra decides by the registration of the API that is called, never by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenVersion {
    /// The one whose issuer the target's settings name; the mock issuer takes the registration's.
    #[default]
    Settings,
    /// The one whose issuer they do not name.
    Other,
    /// v1.0: issuer `https://sts.windows.net/{tid}/`.
    V1,
    /// v2.0: issuer `https://login.microsoftonline.com/{tid}/v2.0`.
    V2,
}

/// Times in seconds relative to the moment of making; what is left out stays as issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Lifetime {
    /// Sets `exp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    /// Sets `nbf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_in: Option<i64>,
    /// Sets `iat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_in: Option<i64>,
}

/// What is forged in the header and the signature.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Forge {
    /// Header members that are set or removed, like [`Recipe::claims`]. `kid: unknown` means a fresh key id that nobody has.
    #[serde(default, with = "changes", skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<(String, Option<Value>)>,
    /// Where the signature comes from.
    #[serde(default)]
    pub signature: Signature,
}

/// Where a token's signature comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// The issuer's key: the signature as issued, or a new one where header or payload were changed.
    #[default]
    Issuer,
    /// The signature as issued, even over changed content.
    Keep,
    /// None; the dot before it stays.
    Empty,
    /// None, and no dot either.
    Absent,
    /// As issued, with one bit changed.
    Flipped,
    /// As issued, without its last byte.
    Truncated,
    /// A true signature by a key that no issuer publishes. The header names that key unless its `kid` is forged.
    Stranger,
    /// Random bytes of a signature's length.
    Garbage,
    /// An HMAC, as if the issuer's public key were a shared secret (CVE-2015-9235). `alg` becomes HS256 unless it is forged.
    Hmac(HmacSecret),
}

/// What an HMAC signature is keyed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HmacSecret {
    /// The issuer's public key as PEM, `BEGIN PUBLIC KEY`, with the newline at its end.
    SpkiPem,
    /// The issuer's public key as DER `SubjectPublicKeyInfo`.
    SpkiDer,
    /// The issuer's public key as PEM, `BEGIN RSA PUBLIC KEY`.
    Pkcs1Pem,
    /// The issuer's public key as DER `RSAPublicKey`.
    Pkcs1Der,
    /// No bytes at all.
    Empty,
    /// This text.
    Text(String),
}

/// What must be at hand to make a recipe's token. Derived, never declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// A token as the issuer hands it out: from a mock that the target trusts, or for a real credential.
    Issued,
    /// A trusted signature over content that no real issuer would sign: the target must trust the mock issuer.
    Mintable,
    /// No trusted signature: plays against any target.
    Forgeable,
}

impl Recipe {
    /// What must be at hand to make this token.
    pub fn need(&self) -> Need {
        match self.forge.signature {
            Signature::Issuer | Signature::Keep if self.is_as_issued() => Need::Issued,
            Signature::Issuer => Need::Mintable,
            Signature::Keep
            | Signature::Empty
            | Signature::Absent
            | Signature::Flipped
            | Signature::Truncated
            | Signature::Stranger
            | Signature::Garbage
            | Signature::Hmac(_) => Need::Forgeable,
        }
    }

    /// Whether an issuer would hand out this header and payload when asked by this caller.
    fn is_as_issued(&self) -> bool {
        self.version == TokenVersion::Settings && !self.changes_header() && !self.changes_payload()
    }

    pub(crate) fn changes_payload(&self) -> bool {
        self.lifetime != Lifetime::default() || !self.claims.is_empty()
    }

    pub(crate) fn changes_header(&self) -> bool {
        !self.forge.header.is_empty()
    }
}

/// Changes as JSON: a list of `[name, value]` (set) or `[name]` (remove).
mod changes {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    type Changes = Vec<(String, Option<Value>)>;

    pub(super) fn serialize<S: Serializer>(changes: &Changes, serializer: S) -> Result<S::Ok, S::Error> {
        let written = changes.iter().map(|(name, value)| {
            let name = Value::from(name.as_str());
            [name].into_iter().chain(value.clone()).collect::<Vec<_>>()
        });
        written.collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Changes, D::Error> {
        let written = Vec::<Vec<Value>>::deserialize(deserializer)?;
        written.into_iter().map(|parts| change(parts).ok_or_else(|| D::Error::custom(WANTED))).collect()
    }

    const WANTED: &str = "a change is `[name, value]` to set or `[name]` to remove";

    fn change(parts: Vec<Value>) -> Option<(String, Option<Value>)> {
        let mut parts = parts.into_iter();
        let Some(Value::String(name)) = parts.next() else { return None };
        let value = parts.next();
        parts.next().is_none().then_some((name, value))
    }
}
