//! Signing keys and the self-signed certificates that name them.

use std::fmt;

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_RSA_SHA256};
use time::{Duration, OffsetDateTime};

use crate::jwk::pem;
use crate::{Algorithm, Jwk, KeyComponents, UnixTime};

/// Entra's own certificates live 1826 days: five years with a leap day.
const CERTIFICATE_DAYS: i64 = 1826;
const CERTIFICATE_NAME: &str = "accounts.accesscontrol.windows.net";

/// One RSA key pair with its certificate, parsed once: signing costs the RSA operation and nothing else.
pub struct SigningKey {
    pair: RsaKeyPair,
    certificate: Vec<u8>,
    kid: String,
}

/// A private key as PKCS#8 DER. Its `Debug` shows nothing.
pub struct Pkcs8(Vec<u8>);

/// Why a key could not be made or taken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The generator failed.
    #[error("an RSA key could not be generated")]
    Generate,
    /// The bytes are no RSA private key.
    #[error("not an RSA private key in PKCS#8 DER: {0}")]
    Private(String),
    /// The certificate could not be made.
    #[error("the key's certificate could not be made: {0}")]
    Certificate(String),
    /// Key and certificate belong to different keys.
    #[error("the certificate is not the one of this key; remove both and let them be made again")]
    Mismatch,
    /// `n` and `e` of a JWK are unusable.
    #[error("not an RSA public key: {0}")]
    Jwk(String),
}

impl SigningKey {
    /// Makes a fresh RSA-2048 key and its certificate, valid from `now` for 1826 days as Entra's are. Takes 24 to 146 ms of CPU.
    pub fn generate(now: UnixTime) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
        let certificate = self_sign(&pair, now)?;
        Ok(Self::new(pair, certificate))
    }

    /// Takes a key and its certificate back from where [`SigningKey::to_der`] put them.
    pub fn from_der(pkcs8: &[u8], certificate: &[u8]) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|error| KeyError::Private(error.to_string()))?;
        Self::of(pair, certificate.to_vec())
    }

    /// A key and the certificate that belongs to it.
    pub(crate) fn of(pair: RsaKeyPair, certificate: Vec<u8>) -> Result<Self, KeyError> {
        let key = Self::new(pair, certificate);
        // The certificate holds the public key as it is, so finding it there is enough to tell that the two belong together.
        let public = key.public_der();
        if !key.certificate.windows(public.len()).any(|window| window == public) {
            return Err(KeyError::Mismatch);
        }
        Ok(key)
    }

    fn new(pair: RsaKeyPair, certificate: Vec<u8>) -> Self {
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate));
        Self { pair, certificate, kid }
    }

    /// The private key and the certificate, DER both, for a folder that only the owner can read.
    pub fn to_der(&self) -> Result<(Pkcs8, Vec<u8>), KeyError> {
        Ok((Pkcs8::of(&self.pair)?, self.certificate.clone()))
    }

    /// Which key this is: base64url SHA-1 of the certificate (`x5t`), 27 characters, the `kid` of Entra's keys.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as Entra's JWKS shows it, without `issuer`.
    pub fn jwk(&self) -> Jwk {
        let KeyComponents { n, e } = self.components();
        Jwk {
            kty: "RSA",
            use_: "sig",
            kid: self.kid.clone(),
            x5t: self.kid.clone(),
            n: BASE64_URL_SAFE_NO_PAD.encode(n),
            e: BASE64_URL_SAFE_NO_PAD.encode(e),
            x5c: [BASE64_STANDARD.encode(&self.certificate)],
            issuer: None,
        }
    }

    /// The public half by its numbers.
    pub fn components(&self) -> KeyComponents {
        let public = self.pair.public_key();
        KeyComponents {
            n: public.modulus().big_endian_without_leading_zero().to_vec(),
            e: public.exponent().big_endian_without_leading_zero().to_vec(),
        }
    }

    /// Signs a message. The signature is as long as the modulus.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(algorithm.encoding(), &SystemRandom::new(), message, &mut signature)
            .expect("an accepted RSA key of 2048 bits or more signs any message");
        signature
    }

    /// The certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate, PEM.
    pub fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    /// The public half as `SubjectPublicKeyInfo`, DER.
    pub fn public_der(&self) -> Vec<u8> {
        self.components().spki_der().expect("the public half of an accepted key is a key")
    }

    /// The public half as `SubjectPublicKeyInfo`, PEM (`BEGIN PUBLIC KEY`), as servers are configured with.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public_der())
    }
}

/// Shows which key it is, nothing private.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Pkcs8 {
    fn of(pair: &RsaKeyPair) -> Result<Self, KeyError> {
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(pair)
            .map_err(|_| KeyError::Private("the key cannot be written".to_owned()))?;
        Ok(Self(der.as_ref().to_vec()))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pkcs8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pkcs8(withheld)")
    }
}

fn self_sign(pair: &RsaKeyPair, now: UnixTime) -> Result<Vec<u8>, KeyError> {
    let failed = |error: &dyn fmt::Display| KeyError::Certificate(error.to_string());
    let private = Pkcs8::of(pair)?;
    let signer = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&private.expose().into(), &PKCS_RSA_SHA256)
        .map_err(|error| failed(&error))?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, CERTIFICATE_NAME);
    parameters.not_before = OffsetDateTime::from_unix_timestamp(now).map_err(|error| failed(&error))?;
    parameters.not_after = parameters
        .not_before
        .checked_add(Duration::days(CERTIFICATE_DAYS))
        .ok_or_else(|| failed(&"the time is out of range"))?;
    let certificate = parameters.self_signed(&signer).map_err(|error| failed(&error))?;
    Ok(certificate.der().to_vec())
}
