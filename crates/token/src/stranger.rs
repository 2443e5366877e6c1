//! Keys that no issuer publishes. Those on curves are made in microseconds, so that each forgery makes its own; an RSA key is made
//! once and signs for all.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::{Algorithm, SigningKey, TokenError};

/// An RSA key that no issuer publishes.
///
/// Scenarios let it sign the same bytes over and over, a flood of one token or one forgery in many places. RSASSA-PKCS1-v1_5 gives
/// the same signature for them each time (RFC 8017 section 8.2), so it is computed once.
#[derive(Debug)]
pub struct Stranger {
    key: SigningKey,
    signed: Mutex<VecDeque<Signed>>,
}

/// What was signed, and how. The message stands there by its hash.
#[derive(Debug)]
struct Signed {
    algorithm: Algorithm,
    message: [u8; 32],
    signature: Vec<u8>,
}

/// So many signatures are remembered.
const REMEMBERED: usize = 256;

impl From<SigningKey> for Stranger {
    fn from(key: SigningKey) -> Self {
        Self { key, signed: Mutex::default() }
    }
}

impl Stranger {
    /// The key itself.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs a message, as [`SigningKey::sign`].
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        if !algorithm.is_deterministic() {
            return self.key.sign(algorithm, message);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&SHA256, message).as_ref());
        let signed = || self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = signed()
            .iter()
            .find(|one| one.algorithm == algorithm && one.message == hash)
            .map(|one| one.signature.clone());
        known.unwrap_or_else(|| {
            let signature = self.key.sign(algorithm, message);
            let mut signed = signed();
            signed.truncate(REMEMBERED - 1);
            signed.push_front(Signed { algorithm, message: hash, signature: signature.clone() });
            signature
        })
    }
}

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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{REMEMBERED, Stranger};
    use crate::{Algorithm, SigningKey};

    #[rstest]
    #[case::rs256(Algorithm::Rs256, 1)]
    #[case::rs512(Algorithm::Rs512, 1)]
    #[case::ps256(Algorithm::Ps256, 0)]
    fn what_was_signed_is_remembered_where_it_would_be_the_same(
        #[case] algorithm: Algorithm,
        #[case] remembered: usize,
    ) {
        let stranger = Stranger::from(SigningKey::generate(0).unwrap());
        let [first, again] = [(); 2].map(|()| stranger.sign(algorithm, b"message"));
        assert_eq!(stranger.signed.lock().unwrap().len(), remembered);
        assert_eq!(
            (first == again, stranger.key().sign(algorithm, b"message") == first),
            (remembered == 1, remembered == 1)
        );
    }

    #[test]
    fn another_message_or_algorithm_is_signed_anew_and_the_oldest_forgotten() {
        let stranger = Stranger::from(SigningKey::generate(0).unwrap());
        let first = stranger.sign(Algorithm::Rs256, &[0, 0]);
        assert_ne!(stranger.sign(Algorithm::Rs384, &[0, 0]), first);
        for number in 0..REMEMBERED {
            let message = number.to_be_bytes();
            assert_eq!(stranger.sign(Algorithm::Rs256, &message), stranger.key().sign(Algorithm::Rs256, &message));
        }
        assert_eq!(stranger.signed.lock().unwrap().len(), REMEMBERED);
        assert_eq!(stranger.sign(Algorithm::Rs256, &[0, 0]), first);
    }
}
