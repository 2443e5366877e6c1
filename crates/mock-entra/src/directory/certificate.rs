//! Client certificates: public halves, by their thumbprints.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use aws_lc_rs::rsa::PublicKey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;

/// The public half of a client certificate.
#[derive(Debug, Clone)]
pub struct Certificate {
    sha1: Vec<u8>,
    sha256: Vec<u8>,
    key: Vec<u8>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not PEM, or not one certificate.
    #[error("not one certificate in PEM: {0}")]
    Pem(String),
    /// Not a certificate that can be read.
    #[error("not an X.509 certificate: {0}")]
    Unreadable(String),
    /// The key is not RSA; Entra takes no others.
    #[error("the certificate's key is not RSA of 2048 bits or more")]
    NotRsa,
}

impl Certificate {
    /// Reads a certificate, PEM. A private key beside it is refused: it has no business in a directory.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        if pem.contains("PRIVATE KEY") {
            return Err(CertificateError::Pem("there is a private key too; leave only the certificate".to_owned()));
        }
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| CertificateError::Pem(error.to_string()))?;
        let parsed =
            ParsedCertificate::try_from(&der).map_err(|error| CertificateError::Unreadable(error.to_string()))?;
        let key =
            PublicKey::from_der(parsed.subject_public_key_info().as_ref()).map_err(|_| CertificateError::NotRsa)?;
        Ok(Self {
            sha1: digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref().to_vec(),
            sha256: digest::digest(&SHA256, &der).as_ref().to_vec(),
            key: key.as_ref().to_vec(),
        })
    }

    /// Whether this is its SHA-1 (`x5t`) or SHA-256 (`x5t#S256`).
    pub(crate) fn has_thumbprint(&self, thumbprint: &[u8]) -> bool {
        thumbprint == self.sha1 || thumbprint == self.sha256
    }

    /// The public key, PKCS#1 DER.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }
}
