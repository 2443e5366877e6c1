//! The mocks of a run: issuer and identity endpoint, with an authority made for it.

use std::net::SocketAddr;

use mock_entra::{Directory, MockEntra, Secret, StartError};
use mock_imds::MockImds;
use serve::{Authority, Clock, ServeError, StateFolder, Tls};
use token::Names;

/// How the mocks are set up.
pub struct MocksConfig {
    /// Who exists.
    pub directory: Directory,
    /// Where the issuer listens over HTTPS.
    pub entra: SocketAddr,
    /// Where it listens over plain HTTP too.
    pub entra_http: Option<SocketAddr>,
    /// Where the identity endpoint listens; none: it is not started.
    pub imds: Option<SocketAddr>,
    /// Under which names the issuer speaks of itself; none: its own address.
    pub names: Option<Names>,
    /// Where keys and authority are kept.
    pub state: Option<StateFolder>,
    /// The issuer's server certificate; none: one by the authority.
    pub tls: Option<Tls>,
    /// Opens the control API to other machines.
    pub control_token: Option<Secret>,
    /// The time.
    pub clock: Clock,
}

/// Running mocks.
pub struct Mocks {
    /// Who signed their certificates; also signs for others that are started beside them.
    pub authority: Authority,
    /// The issuer.
    pub entra: MockEntra,
    /// The identity endpoint.
    pub imds: Option<MockImds>,
}

/// Why the mocks could not be started.
#[derive(Debug, thiserror::Error)]
pub enum MocksError {
    /// The issuer, or what it keeps.
    #[error(transparent)]
    Entra(#[from] StartError),
    /// A listener, a certificate or the state folder.
    #[error(transparent)]
    Serve(#[from] ServeError),
}
