//! Recipes: how one token is made, as plain data.
//!
//! A recipe crosses the control API of the mock issuer as JSON; names are kebab-case and what is left out has its default.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Algorithm, Octets};

#[cfg(test)]
mod tests;
mod texts;

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

/// What is forged beyond the claims. Applied in the order of the fields: members, bytes, base64, signature, shape.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Forge {
    /// Header members that are set or removed, like [`Recipe::claims`]. `kid: unknown` means a fresh key id that nobody has.
    #[serde(default, with = "changes", skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<(String, Option<Value>)>,
    /// What is done to the header's bytes.
    #[serde(default, skip_serializing_if = "Edit::is_none")]
    pub header_bytes: Edit,
    /// What is done to the payload's bytes.
    #[serde(default, skip_serializing_if = "Edit::is_none")]
    pub payload_bytes: Edit,
    /// How each part is written.
    #[serde(default, skip_serializing_if = "Encodings::is_canonical")]
    pub base64: Encodings,
    /// Where the signature comes from.
    #[serde(default)]
    pub signature: Signature,
    /// How the parts are put together, with `${header}`, `${payload}` and `${signature}`, each as `base64` wrote it; left out:
    /// the compact serialisation. It never changes what is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Octets>,
}

/// What is done to the bytes of one part, after its members were changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Edit {
    /// These bytes in place of the whole part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Octets>,
    /// Written right behind the opening brace, a comma of its own included: `"alg":"none",`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Octets>,
    /// Written right before the closing brace, a comma of its own included: `,"alg":"none"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Octets>,
    /// Written before everything, such as a byte order mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Octets>,
    /// Written after everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Octets>,
    /// In which character set the whole is written in the end.
    #[serde(default, skip_serializing_if = "Charset::is_utf8")]
    pub charset: Charset,
}

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charset {
    /// As every JSON text between machines (RFC 8259 section 8.1).
    #[default]
    Utf8,
    /// Little endian, without a byte order mark.
    Utf16Le,
    /// Big endian, without a byte order mark.
    Utf16Be,
}

/// How each of the three parts is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Encodings {
    /// The header.
    #[serde(default)]
    pub header: Encoding,
    /// The payload.
    #[serde(default)]
    pub payload: Encoding,
    /// The signature.
    #[serde(default)]
    pub signature: Encoding,
}

/// How bytes of a part become text. What is signed is the text as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// base64url without padding (RFC 7515 section 2).
    #[default]
    Url,
    /// The alphabet with `+` and `/`, without padding. A part in which neither stands is refused; `???` in a member's text puts a
    /// `/` there wherever it stands.
    Standard,
    /// base64url with `=` to the full length. Where nothing needs padding a blank is put at the end of a JSON part first.
    Padded,
    /// base64url whose last letter has its unused bits set. Where there are none a blank is put at the end of a JSON part first.
    SpareBits,
    /// The bytes as they are, as for an unencoded payload (RFC 7797).
    None,
}

impl Edit {
    /// Whether nothing is done.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Charset {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
    fn is_utf8(&self) -> bool {
        *self == Self::Utf8
    }
}

impl Encodings {
    /// Whether all three are written as the standard asks.
    pub fn is_canonical(&self) -> bool {
        *self == Self::default()
    }
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
    /// As issued, with one more byte at its end.
    Extended,
    /// As issued, with a zero byte before it.
    ZeroLed,
    /// A true signature of the issuer's, of another token of the same caller.
    Spliced,
    /// The issuer's key, over the header with the SHA-256 of its `nonce` in the place of the nonce: how Entra signs tokens for
    /// Microsoft's own APIs, which no other can verify.
    HashedNonce,
    /// The issuer's key, by this algorithm whatever the header names.
    By(Algorithm),
    /// A true signature by a key that no issuer publishes. The header names that key unless its `kid` is forged.
    Stranger,
    /// A true ES256 signature by a P-256 key that no issuer publishes. `alg` becomes ES256 and the header names that key unless
    /// they are forged.
    StrangerEc,
    /// A true `EdDSA` signature by an Ed25519 key that no issuer publishes; the header as with [`Signature::StrangerEc`].
    StrangerEd,
    /// Random bytes of a signature's length.
    Garbage,
    /// A number of 256 bytes whose power with this small exponent, 1 or 3, begins like a PKCS#1 v1.5 padded SHA-256 of the token:
    /// it passes for a signature under any key of that exponent and size where the padding is not read to its end
    /// (CVE-2006-4339). It takes no private key.
    LowExponent(u8),
    /// These bytes.
    Bytes(Octets),
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
    /// Like [`HmacSecret::SpkiPem`], without the newline at its end.
    SpkiPemTrimmed,
    /// Like [`HmacSecret::Pkcs1Pem`], without the newline at its end.
    Pkcs1PemTrimmed,
    /// The issuer's key as the JSON text that its key set has.
    Jwk,
    /// The modulus as its key set has it: base64url text.
    Modulus,
    /// The issuer's certificate, PEM.
    CertificatePem,
    /// The issuer's certificate, DER.
    CertificateDer,
    /// The issuer's certificate as its key set has it: base64 text.
    CertificateText,
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
            Signature::Issuer | Signature::Spliced | Signature::HashedNonce | Signature::By(_) => Need::Mintable,
            Signature::Keep
            | Signature::Empty
            | Signature::Absent
            | Signature::Flipped
            | Signature::Truncated
            | Signature::Extended
            | Signature::ZeroLed
            | Signature::Stranger
            | Signature::StrangerEc
            | Signature::StrangerEd
            | Signature::Garbage
            | Signature::LowExponent(_)
            | Signature::Bytes(_)
            | Signature::Hmac(_) => Need::Forgeable,
        }
    }

    /// Whether an issuer would hand out this header and payload when asked by this caller.
    fn is_as_issued(&self) -> bool {
        self.version == TokenVersion::Settings && !self.changes_header() && !self.changes_payload()
    }

    fn changes_payload(&self) -> bool {
        let forge = &self.forge;
        let members = self.lifetime != Lifetime::default() || !self.claims.is_empty();
        members || !forge.payload_bytes.is_none() || forge.base64.payload != Encoding::Url
    }

    fn changes_header(&self) -> bool {
        let forge = &self.forge;
        !forge.header.is_empty() || !forge.header_bytes.is_none() || forge.base64.header != Encoding::Url
    }
}

impl HmacSecret {
    /// Whether it is made of the issuer's public key.
    pub fn is_of_issuer(&self) -> bool {
        !matches!(self, Self::Empty | Self::Text(_))
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
