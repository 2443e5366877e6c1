//! Keys on curves that no issuer publishes. Made in microseconds, so that each forgery makes its own.

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::TokenError;

/// A key pair on a curve, with the names that JOSE has for it.
pub(crate) struct CurveKey {
    pair: Pair,
    /// JOSE's name of its only algorithm.
    pub(crate) algorithm: &'static str,
    /// The JWK thumbprint (RFC 7638).
    pub(crate) kid: String,
    /// The public half.
    pub(crate) jwk: Value,
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl CurveKey {
    /// A P-256 key, for ES256 (RFC 7518 section 3.4).
    pub(crate) fn p256() -> Result<Self, TokenError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| failed("P-256"))?;
        // The uncompressed point: 04, then x and y of 32 bytes each.
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let public = json!({"crv": "P-256", "kty": "EC", "x": text(x), "y": text(y)});
        Ok(Self::new(Pair::P256(pair), "ES256", public))
    }

    /// An Ed25519 key, for `EdDSA` (RFC 8037 section 3.1).
    pub(crate) fn ed25519() -> Result<Self, TokenError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| failed("Ed25519"))?;
        let public = json!({"crv": "Ed25519", "kty": "OKP", "x": text(pair.public_key().as_ref())});
        Ok(Self::new(Pair::Ed25519(pair), "EdDSA", public))
    }

    /// `public` has exactly the members of a thumbprint, in its order.
    fn new(pair: Pair, algorithm: &'static str, public: Value) -> Self {
        let kid = text(digest::digest(&SHA256, public.to_string().as_bytes()).as_ref());
        let mut jwk = public;
        jwk["use"] = "sig".into();
        jwk["alg"] = algorithm.into();
        jwk["kid"] = kid.as_str().into();
        Self { pair, algorithm, kid, jwk }
    }

    /// The signature, 64 bytes: `r` and `s` of 32 bytes each for ES256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let signature = match &self.pair {
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).map_err(|_| failed("P-256"))?,
            Pair::Ed25519(pair) => pair.sign(message),
        };
        Ok(signature.as_ref().to_vec())
    }
}

fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn failed(curve: &str) -> TokenError {
    TokenError::Key(format!("the generator of {curve} keys failed"))
}
