//! The keys by which callers prove who they are, and what is signed with them.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use serve::system_clock;

/// The key of `batch`, whose certificate is in the directory.
static REGISTERED: LazyLock<Key> = LazyLock::new(Key::generate);
/// A key that nobody knows.
static STRANGER: LazyLock<Key> = LazyLock::new(Key::generate);
/// The key of the cluster, which is in the directory too.
static CLUSTER: LazyLock<Key> = LazyLock::new(Key::generate);
const CLUSTER_KID: &str = "cluster-key";

/// Whose key signs.
#[derive(Clone, Copy)]
pub(crate) enum Signer {
    Registered,
    Stranger,
    Cluster,
}

impl Signer {
    fn key(self) -> &'static Key {
        match self {
            Self::Registered => &REGISTERED,
            Self::Stranger => &STRANGER,
            Self::Cluster => &CLUSTER,
        }
    }

    /// Its certificate, PEM.
    pub(super) fn certificate(self) -> &'static str {
        &self.key().certificate
    }

    /// The file that SDKs take: private key and certificate.
    pub(crate) fn file(self) -> String {
        format!("{}{}", self.key().private, self.key().certificate)
    }

    /// Its public half as issuers publish it.
    pub(super) fn jwk_set(self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key().signing(), Algorithm::RS256).unwrap();
        jwk.common.key_id = Some(CLUSTER_KID.to_owned());
        json!({"keys": [jwk]})
    }

    /// An assertion as Microsoft's documentation has it: PS256 names the certificate by its SHA-256; RS256 by its SHA-1, as older
    /// libraries do.
    pub(super) fn assertion(self, algorithm: Algorithm, client: &str, audience: &str, expires_in: i64) -> String {
        let (key, now) = (self.key(), system_clock()());
        let mut header = Header::new(algorithm);
        match algorithm {
            Algorithm::PS256 => header.x5t_s256 = Some(key.thumbprint(&SHA256)),
            _ => header.x5t = Some(key.thumbprint(&SHA1_FOR_LEGACY_USE_ONLY)),
        }
        let until = now + expires_in;
        let claims = json!({
            "aud": audience, "iss": client, "sub": client, "jti": "7f6d1c52-3f43-4a5e-8a0d-1c6a0e0f9b11", "iat": until - 600,
            "nbf": until - 600, "exp": until,
        });
        jsonwebtoken::encode(&header, &claims, &key.signing()).unwrap()
    }

    /// A token as Kubernetes projects it into a pod: its audience is a list.
    pub(super) fn service_account_token(self, issuer: &str, subject: &str, audience: &str) -> String {
        let now = system_clock()();
        let header = Header { kid: Some(CLUSTER_KID.to_owned()), ..Header::new(Algorithm::RS256) };
        let claims =
            json!({"aud": [audience], "exp": now + 3600, "iat": now, "iss": issuer, "nbf": now, "sub": subject});
        jsonwebtoken::encode(&header, &claims, &self.key().signing()).unwrap()
    }
}

/// A key pair and its certificate.
struct Key {
    /// PKCS#8, PEM.
    private: String,
    certificate: String,
    der: Vec<u8>,
}

impl Key {
    fn generate() -> Self {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let name = "batch.contoso.example".to_owned();
        let certificate = CertificateParams::new([name]).unwrap().self_signed(&pair).unwrap();
        Self { private: pair.serialize_pem(), certificate: certificate.pem(), der: certificate.der().to_vec() }
    }

    fn signing(&self) -> EncodingKey {
        EncodingKey::from_rsa_pem(self.private.as_bytes()).unwrap()
    }

    fn thumbprint(&self, algorithm: &'static aws_lc_rs::digest::Algorithm) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest(algorithm, &self.der))
    }
}
