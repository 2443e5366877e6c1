use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use rustls::{ClientConfig, RootCertStore};

use crate::error::WireError;

/// Whose signature on a server's certificate counts. Authorities are PEM texts, each with one certificate or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The authorities of this machine, if it has any, and these.
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
    /// How rustls is told. A machine without authorities of its own is no error here: plain HTTP needs none, and over TLS the
    /// server's certificate is then not trusted, which says what to do.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, WireError> {
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
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| WireError::Trust(error.to_string()))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The authorities of this machine. Read once: there are more than a hundred.
fn of_this_machine() -> &'static [TrustAnchor<'static>] {
    static READ: OnceLock<Vec<TrustAnchor<'static>>> = OnceLock::new();
    READ.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.roots
    })
}
