//! Client assertions: signed statements by which a caller proves who it is (RFC 7523).
//!
//! SDKs differ in what they send: RS256 or PS256, thumbprints in every flavour of base64, times as whole or broken numbers, `nbf`
//! or none. All that is accepted, as Entra does.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use token::UnixTime;

use crate::OAuthError;

/// How far the caller's clock may be off.
const SKEW: f64 = 300.0;

/// Standard base64 with or without padding; the other alphabet is translated before.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An assertion taken apart. Nothing of it is believed before [`Assertion::verify`] has passed.
pub(crate) struct Assertion<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl<'a> Assertion<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, OAuthError> {
        Self::take_apart(text)
            .ok_or_else(|| OAuthError::unreadable_assertion("The token is not a JWS in compact form."))
    }

    fn take_apart(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            signed,
            signature: decode(signature)?,
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
        })
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    pub(crate) fn issuer(&self) -> &str {
        self.text("iss")
    }

    pub(crate) fn subject(&self) -> &str {
        self.text("sub")
    }

    /// For whom it is: a text, or a list, as Kubernetes writes it even of one.
    pub(crate) fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            one => one.and_then(Value::as_str).into_iter().collect(),
        }
    }

    /// The thumbprint of the certificate that signed: `x5t#S256` or `x5t`, or the `kid` that older libraries put it in.
    pub(crate) fn thumbprint(&self) -> Option<Vec<u8>> {
        let named = ["x5t#S256", "x5t", "kid"].iter().find_map(|name| self.header.get(*name));
        decode(named?.as_str()?)
    }

    /// Whether a key (PKCS#1 DER) made the signature, by an algorithm that Entra takes.
    pub(crate) fn is_signed_by(&self, key: &[u8]) -> bool {
        let algorithm = match self.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
            Some("PS256") => &RSA_PSS_2048_8192_SHA256,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, key).verify(self.signed.as_bytes(), &self.signature).is_ok()
    }

    /// Whether it is neither expired nor premature. `exp` must be there, `nbf` may.
    pub(crate) fn check_times(&self, at: UnixTime) -> Result<(), OAuthError> {
        let time = |name| self.claims.get(name).and_then(Value::as_f64);
        let (from, until) = (time("nbf"), time("exp"));
        #[expect(clippy::cast_precision_loss, reason = "times of this age of the world are exact in 52 bits")]
        let now = at as f64;
        if until.is_some_and(|until| now < until + SKEW) && from.is_none_or(|from| from - SKEW <= now) {
            return Ok(());
        }
        Err(OAuthError::untimely_assertion(at, from, until))
    }

    fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Decodes base64 or base64url, padded or not.
fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text.replace('-', "+").replace('_', "/")).ok()
}
