use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::error::ServeError;
use crate::message::UnixTime;
use crate::state::StateFolder;

const NAME: &str = "greenlight test authority";
const CERTIFICATE_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca.key";
/// The authority's certificate is valid for ten years: a state folder may be kept and trusted for long.
const AUTHORITY_DAYS: i64 = 3650;
/// Clients refuse server certificates that are valid for longer than 398 days (CA/Browser Forum Baseline Requirements 6.3.2).
const SERVER_DAYS: i64 = 397;

/// A certificate authority (P-256), made for one run or kept in a state folder. It signs server certificates for the names that
/// mocks are reached by, which may be Microsoft's; whoever trusts it should be a test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    now: OffsetDateTime,
}

impl Authority {
    /// Makes a new authority, whose certificates are valid from a day before `now`.
    pub fn generate(now: UnixTime) -> Result<Self, ServeError> {
        let key = KeyPair::generate()?;
        let now = instant(now)?;
        let parameters = parameters(now);
        let pem = parameters.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(parameters, key), pem, now })
    }

    /// The authority kept in a folder; makes and keeps one if there is none.
    pub fn kept_in(folder: &StateFolder, now: UnixTime) -> Result<Self, ServeError> {
        if let (Some(pem), Some(key)) = (folder.read(CERTIFICATE_FILE)?, folder.read(KEY_FILE)?) {
            let broken = |what: &str| ServeError::Certificate(format!("{} {what}", folder.path("ca.*").display()));
            let pem = String::from_utf8(pem).map_err(|_| broken("is not PEM; delete both files"))?;
            let key = String::from_utf8(key).map_err(|_| broken("is not PEM; delete both files"))?;
            let key = KeyPair::from_pem(&key).map_err(|error| broken(&format!("{error}; delete both files")))?;
            let now = instant(now)?;
            return Ok(Self { issuer: Issuer::new(parameters(now), key), pem, now });
        }
        let authority = Self::generate(now)?;
        folder.write(KEY_FILE, authority.issuer.key().serialize_pem().as_bytes())?;
        folder.write(CERTIFICATE_FILE, authority.pem.as_bytes())?;
        Ok(authority)
    }

    /// The authority's certificate: what clients are told to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A new server certificate for these DNS names (also `*.example.net`) and IP addresses.
    ///
    /// # Errors
    /// [`ServeError::Certificate`] if a name cannot stand in a certificate.
    pub fn tls(&self, names: &[String]) -> Result<Tls, ServeError> {
        let mut parameters = CertificateParams::new(names)
            .map_err(|error| ServeError::Certificate(format!("for the names {}: {error}", names.join(", "))))?;
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, "greenlight test server");
        parameters.not_before = self.now - Duration::DAY;
        parameters.not_after = parameters.not_before + Duration::days(SERVER_DAYS);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        Tls::new(vec![certificate.into()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// The parameters of every authority of ours: an issuer's name must be the same when it is read back.
fn parameters(now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, NAME);
    parameters.not_before = now - Duration::DAY;
    parameters.not_after = parameters.not_before + Duration::days(AUTHORITY_DAYS);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn instant(now: UnixTime) -> Result<OffsetDateTime, ServeError> {
    // Certificates write years with four digits; ten years must fit behind.
    OffsetDateTime::from_unix_timestamp(now)
        .ok()
        .filter(|at| (1951..9900).contains(&at.year()))
        .ok_or_else(|| ServeError::Certificate(format!("time {now} is out of range; it is in seconds since 1970")))
}

/// What a listener needs to speak TLS: a certificate chain and its key. TLS 1.2 and 1.3, HTTP/1.1 only.
#[derive(Clone)]
pub struct Tls {
    pub(crate) config: Arc<rustls::ServerConfig>,
}

impl Tls {
    /// Takes a given certificate chain (leaf first) and its private key, both PEM.
    ///
    /// # Errors
    /// [`ServeError::Certificate`] if either holds none, or if they do not belong together.
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, ServeError> {
        let chain = CertificateDer::pem_slice_iter(certificates.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ServeError::Certificate(format!("its PEM is broken: {error}")))?;
        if chain.is_empty() {
            return Err(ServeError::Certificate("its PEM holds no `BEGIN CERTIFICATE`".into()));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|error| ServeError::Certificate(format!("its key's PEM is not one private key: {error}")))?;
        Self::new(chain, key)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, ServeError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => ServeError::Certificate("its key belongs to another one".into()),
                other => ServeError::Certificate(other.to_string()),
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config) })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl From<rcgen::Error> for ServeError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}
