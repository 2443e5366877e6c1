use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::CertificateResult;

use crate::error::WireError;

/// Whose signature on a server's certificate counts. Authorities are PEM texts, each with one certificate or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The authorities of this machine, and these. Those of Mozilla, as they were when this was built, stand in for a machine that has
    /// none, as a container made from nothing.
    System(Vec<String>),
    /// Only these.
    Only(Vec<String>),
}

impl Default for Trust {
    fn default() -> Self {
        Self::System(Vec::new())
    }
}

impl Trust {
    /// How rustls is told, and what it asks about certificates; none where nobody is trusted.
    pub(crate) fn client_config(&self) -> Result<(ClientConfig, Option<Arc<WebPkiServerVerifier>>), WireError> {
        let mut roots = RootCertStore::empty();
        let given = match self {
            Self::System(given) => {
                roots.roots.extend_from_slice(of_this_machine());
                given
            }
            Self::Only(given) => given,
        };
        for pem in given {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| WireError::Trust(error.to_string()))?;
                roots.add(certificate).map_err(|error| WireError::Trust(error.to_string()))?;
            }
            if roots.len() == before {
                return Err(WireError::Trust("it holds no certificate".to_owned()));
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let roots = Arc::new(roots);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let verifier = (!roots.is_empty()).then(|| verifier.build()).transpose();
        let verifier = verifier.map_err(|error| WireError::Trust(error.to_string()))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| WireError::Trust(error.to_string()))?;
        let builder = match &verifier {
            Some(verifier) => builder.with_webpki_verifier(Arc::clone(verifier)),
            None => builder.with_root_certificates(roots),
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((config, verifier))
    }
}

/// The authorities of this machine. Read once: there are more than a hundred.
fn of_this_machine() -> &'static [TrustAnchor<'static>] {
    static READ: OnceLock<Vec<TrustAnchor<'static>>> = OnceLock::new();
    READ.get_or_init(|| anchors(rustls_native_certs::load_native_certs()))
}

/// Where what somebody named as this machine's authorities (`SSL_CERT_FILE`) cannot be read, nothing stands in for them: that would be
/// more than was asked to be trusted.
fn anchors(found: CertificateResult) -> Vec<TrustAnchor<'static>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() && found.errors.is_empty() { webpki_roots::TLS_SERVER_ROOTS.to_vec() } else { roots.roots }
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls_native_certs::{CertificateResult, Error, ErrorKind};

    use super::anchors;

    #[test]
    fn a_machine_without_authorities_trusts_those_that_were_built_in() {
        assert_eq!(anchors(CertificateResult::default()), webpki_roots::TLS_SERVER_ROOTS);
    }

    #[test]
    fn nothing_stands_in_for_authorities_that_cannot_be_read() {
        let mut found = CertificateResult::default();
        let kind = ErrorKind::Io { inner: io::ErrorKind::NotFound.into(), path: "ca.pem".into() };
        found.errors.push(Error { context: "failed to read", kind });
        assert_eq!(anchors(found), []);
    }
}
