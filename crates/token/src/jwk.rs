//! Public keys as a JWKS shows them.

use std::fmt::Write;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::PublicKey;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::KeyError;

/// One key of Entra's JWKS, public members only and in Entra's order. There is no `alg` member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// `RSA`.
    pub kty: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    pub use_: &'static str,
    /// The key id: the same text as `x5t`.
    pub kid: String,
    /// base64url SHA-1 of the certificate.
    pub x5t: String,
    /// base64url modulus.
    pub n: String,
    /// base64url exponent.
    pub e: String,
    /// The certificate, standard base64.
    pub x5c: [String; 1],
    /// The issuer for which this key signs; keys of the v2 endpoint carry it, those of v1 do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

impl Jwk {
    /// The same key with an `issuer` member.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()), ..self }
    }
}

/// An RSA public key by its numbers, as a JWK's `n` and `e` give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyComponents {
    /// Modulus, big-endian, without leading zeros.
    pub n: Vec<u8>,
    /// Exponent, big-endian, without leading zeros.
    pub e: Vec<u8>,
}

impl KeyComponents {
    /// Reads the `n` and `e` members of a JWK.
    pub fn from_jwk(n: &str, e: &str) -> Result<Self, KeyError> {
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|error| KeyError::Jwk(error.to_string()));
        let components = Self { n: decode(n)?, e: decode(e)? };
        components.spki_der().map(|_| components)
    }

    /// The X.509 `SubjectPublicKeyInfo`, DER (RFC 5280 section 4.1).
    pub fn spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let components = RsaPublicKeyComponents { n: &self.n, e: &self.e };
        let der = components.as_der().map_err(|_| KeyError::Jwk("n and e are no RSA key".to_owned()))?;
        Ok(der.as_ref().to_vec())
    }

    /// The PKCS#1 `RSAPublicKey`, DER (RFC 8017 appendix A.1.1).
    pub fn pkcs1_der(&self) -> Result<Vec<u8>, KeyError> {
        let key = PublicKey::from_der(&self.spki_der()?).map_err(|error| KeyError::Jwk(error.to_string()))?;
        Ok(key.as_ref().to_vec())
    }
}

/// PEM (RFC 7468): 64 characters a line, a newline at the end.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    // Writing into a String cannot fail.
    let _ = writeln!(pem, "-----END {label}-----");
    pem
}
