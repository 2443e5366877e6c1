//! The compact serialisation of signed tokens, to the byte (RFC 7515 section 7.1).

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::{Algorithm, KeyError, OctetsError};

/// A token as it goes over the wire. `Debug` and `Display` withhold the signature, so that a log cannot be replayed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The bytes as text; what is no UTF-8 in them is replaced.
    text: String,
    /// The bytes, where the text is not all that they say.
    bytes: Option<Vec<u8>>,
    /// The compact serialisation, where the token has another shape.
    compact: Option<String>,
}

/// A token's bytes before signing. Both parts are any bytes: nothing says that they are JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The header, decoded.
    pub header: Vec<u8>,
    /// The payload, decoded.
    pub payload: Vec<u8>,
}

/// Why a token cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts.
    #[error("not a signed token: {0} parts where header, payload and signature are needed")]
    Parts(usize),
    /// A part is not base64url.
    #[error("the {part} is not base64url: {reason}")]
    Encoding {
        /// `header`, `payload` or `signature`.
        part: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// A part is not a JSON object.
    #[error("the {part} is not a JSON object: {reason}")]
    Json {
        /// `header` or `payload`.
        part: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// The key of a signature was needed and could not be used.
    #[error("the key for the signature cannot be used: {0}")]
    Key(String),
    /// A variable of a recipe cannot be filled.
    #[error("`${{{name}}}` cannot be filled: {reason}")]
    Variable {
        /// Its name, without a prefix.
        name: String,
        /// What is missing.
        reason: String,
    },
    /// Bytes of a recipe are none.
    #[error(transparent)]
    Octets(#[from] OctetsError),
    /// An edit finds no place in a part.
    #[error("the {part} cannot be edited: {reason}")]
    Edit {
        /// `header` or `payload`.
        part: &'static str,
        /// What is missing.
        reason: &'static str,
    },
    /// A part reads the same in the encoding that was asked for as in the canonical one, so nothing would be forged.
    #[error("the {part} cannot be written otherwise: {reason}")]
    Canonical {
        /// `header`, `payload` or `signature`.
        part: &'static str,
        /// Why, and what to do.
        reason: &'static str,
    },
}

impl From<KeyError> for TokenError {
    fn from(error: KeyError) -> Self {
        Self::Key(error.to_string())
    }
}

impl Token {
    /// Takes any text as a token.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), bytes: None, compact: None }
    }

    /// Takes any bytes as a token that says in its own form what `compact` says in the compact serialisation.
    pub(crate) fn of_bytes(bytes: Vec<u8>, compact: Self) -> Self {
        let compact = (bytes != compact.text.as_bytes()).then_some(compact.text);
        match String::from_utf8(bytes) {
            Ok(text) => Self { text, bytes: None, compact },
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Self { text, bytes: Some(error.into_bytes()), compact }
            }
        }
    }

    /// The whole token, signature included: never for a log. What is no UTF-8 in it is replaced; for the wire take
    /// [`Token::expose_bytes`].
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The whole token, signature included: for the wire, never for a log.
    pub fn expose_bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The token in the compact serialisation, whatever its shape and encoding on the wire: this tells a redactor its signature.
    pub fn compact(&self) -> &str {
        self.compact.as_deref().unwrap_or(&self.text)
    }

    /// Takes the token apart: what was signed, and the signature.
    pub fn open(&self) -> Result<(Draft, Vec<u8>), TokenError> {
        let parts: Vec<&str> = self.text.split('.').collect();
        let [header, payload, signature] = parts[..] else { return Err(TokenError::Parts(parts.len())) };
        let draft = Draft { header: decode("header", header)?, payload: decode("payload", payload)? };
        Ok((draft, decode("signature", signature)?))
    }
}

/// Shows what is signed where the text is a compact serialisation, else nothing.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=.".contains(&byte));
        match self.text.rsplit_once('.') {
            Some((signed, _)) if plain && signed.matches('.').count() == 1 => {
                write!(f, "{signed}.(signature withheld)")
            }
            _ => f.write_str("(token withheld)"),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

impl Draft {
    /// A draft of JSON parts, written without blanks, members in their order.
    pub fn of(header: &Map<String, Value>, payload: &Map<String, Value>) -> Self {
        Self { header: json(header), payload: json(payload) }
    }

    /// What is signed: `b64url(header).b64url(payload)`.
    pub fn signing_input(&self) -> String {
        let mut input = String::with_capacity((self.header.len() + self.payload.len()) * 4 / 3 + 360);
        BASE64_URL_SAFE_NO_PAD.encode_string(&self.header, &mut input);
        input.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(&self.payload, &mut input);
        input
    }

    /// The algorithm that the header names; RS256 where it names none that an RSA key can sign with.
    pub fn algorithm(&self) -> Algorithm {
        let named = self.header_text("alg").and_then(|name| name.parse().ok());
        named.unwrap_or(Algorithm::Rs256)
    }

    /// The key id that the header names.
    pub fn kid(&self) -> Option<String> {
        self.header_text("kid")
    }

    /// The token with this signature; an empty one leaves the last dot standing.
    pub fn signed(&self, signature: &[u8]) -> Token {
        append(self.signing_input(), signature).into()
    }

    /// The token without a signature and without the dot before it.
    pub fn unsigned(&self) -> Token {
        self.signing_input().into()
    }

    /// The header as JSON.
    pub fn header_json(&self) -> Result<Map<String, Value>, TokenError> {
        object("header", &self.header)
    }

    /// The payload as JSON.
    pub fn payload_json(&self) -> Result<Map<String, Value>, TokenError> {
        object("payload", &self.payload)
    }

    fn header_text(&self, name: &str) -> Option<String> {
        let header = self.header_json().ok()?;
        header.get(name)?.as_str().map(str::to_owned)
    }
}

/// Completes a signing input to a token.
pub(crate) fn append(mut signing_input: String, signature: &[u8]) -> String {
    signing_input.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut signing_input);
    signing_input
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

pub(crate) fn json(map: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(map).expect("a JSON object can always be written")
}

fn object(part: &'static str, bytes: &[u8]) -> Result<Map<String, Value>, TokenError> {
    serde_json::from_slice(bytes).map_err(|error| TokenError::Json { part, reason: error.to_string() })
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, TokenError> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|error| TokenError::Encoding { part, reason: error.to_string() })
}
