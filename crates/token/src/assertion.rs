//! How a client proves with a certificate who it is (RFC 7523 section 2.2), as Entra wants it.
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials#assertion-format>

use std::fmt;

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{Algorithm, Draft, KeyError, SigningKey, Token, UnixTime};

/// How long an assertion is good for, in seconds. It is used at once.
const LIFETIME: i64 = 600;

/// The certificate of a client's registration, and its private key.
pub struct ClientCertificate {
    key: SigningKey,
    thumbprint: String,
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientCertificateError {
    /// There is no such block in the text.
    #[error("there is no `-----BEGIN {0}-----` in it: PEM is needed")]
    Missing(&'static str),
    /// The block holds no Base64.
    #[error("what stands under `-----BEGIN {0}-----` is not Base64")]
    Encoding(&'static str),
    /// The key is encrypted.
    #[error("the private key is encrypted: decrypt it (`openssl pkey -in FILE`) where only this program can read it")]
    Encrypted,
    /// No RSA key.
    #[error("the private key cannot be used: {0}; Entra takes RSA keys of 2048 bits or more")]
    Key(String),
    /// Key and certificate belong to different keys.
    #[error("the private key is not the one of the certificate")]
    Mismatch,
}

impl ClientCertificate {
    /// Takes a certificate and its private key (PKCS#8 or PKCS#1), both PEM. Of several certificates the first counts.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, ClientCertificateError> {
        use ClientCertificateError::{Encrypted, Key, Mismatch, Missing};
        let certificate = block(certificate, "CERTIFICATE")?.ok_or(Missing("CERTIFICATE"))?;
        if key.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || key.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(Encrypted);
        }
        let rejected = |error: &dyn fmt::Display| Key(error.to_string());
        let pair = if let Some(der) = block(key, "PRIVATE KEY")? {
            RsaKeyPair::from_pkcs8(&der).map_err(|error| rejected(&error))?
        } else if let Some(der) = block(key, "RSA PRIVATE KEY")? {
            RsaKeyPair::from_der(&der).map_err(|error| rejected(&error))?
        } else {
            return Err(Missing("PRIVATE KEY"));
        };
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&SHA256, &certificate));
        let key = SigningKey::of(pair, certificate).map_err(|error| match error {
            KeyError::Mismatch => Mismatch,
            other => rejected(&other),
        })?;
        Ok(Self { key, thumbprint })
    }

    /// An assertion for a token endpoint, named by its URL. `id` must never be used again.
    pub fn assertion(&self, client_id: &str, endpoint: &str, id: &str, now: UnixTime) -> Token {
        let header = json!({"alg": Algorithm::Ps256.name(), "typ": "JWT", "x5t#S256": self.thumbprint});
        let payload = json!({
            "aud": endpoint, "iss": client_id, "sub": client_id, "jti": id, "iat": now, "nbf": now, "exp": now + LIFETIME,
        });
        let draft = Draft::of(&members(header), &members(payload));
        draft.signed(&self.key.sign(Algorithm::Ps256, draft.signing_input().as_bytes()))
    }
}

/// Shows which certificate it is, nothing private.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

fn members(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

/// The first block of a label in a PEM text (RFC 7468), decoded.
fn block(text: &str, label: &'static str) -> Result<Option<Vec<u8>>, ClientCertificateError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some((_, rest)) = text.split_once(&begin) else { return Ok(None) };
    let (body, _) = rest.split_once(&end).ok_or(ClientCertificateError::Encoding(label))?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    BASE64_STANDARD.decode(body).map(Some).map_err(|_| ClientCertificateError::Encoding(label))
}

#[cfg(test)]
mod tests;
