//! The mocks of a run: issuer and identity endpoint, with an authority made for it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

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
    /// The folder for the key file of Azure Arc's agent; none: its endpoint is not served.
    pub arc_keys: Option<PathBuf>,
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
    /// The identity endpoint.
    #[error(transparent)]
    Imds(#[from] mock_imds::StartError),
    /// A certificate or the state folder.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl MocksConfig {
    /// Everything on free loopback ports, nothing kept, under the issuer's own address.
    pub fn new(directory: Directory, clock: Clock) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            directory,
            entra: free,
            entra_http: None,
            imds: Some(free),
            arc_keys: None,
            names: None,
            state: None,
            tls: None,
            control_token: None,
            clock,
        }
    }
}

impl Mocks {
    /// Starts them. Signing keys are made meanwhile; what needs them waits.
    pub async fn start(config: MocksConfig) -> Result<Self, MocksError> {
        let now = (config.clock)();
        let authority = match &config.state {
            Some(folder) => Authority::kept_in(folder, now)?,
            None => Authority::generate(now)?,
        };
        let tls = match config.tls {
            Some(tls) => tls,
            None => MockEntra::tls(&authority, &[])?,
        };
        let entra = mock_entra::Config {
            plain: config.entra_http,
            names: config.names,
            state: config.state,
            control_token: config.control_token,
            ..mock_entra::Config::new(config.entra, tls)
        };
        let entra = MockEntra::start(entra, config.directory, config.clock.clone()).await?;
        let imds = match config.imds {
            Some(address) => Some(start_imds(&entra, address, config.arc_keys, config.clock).await?),
            None => None,
        };
        if let Some(imds) = &imds {
            entra.issuer().announce("imds", imds.url());
        }
        Ok(Self { authority, entra, imds })
    }

    /// Lets running requests finish, then closes the listeners.
    pub async fn stop(self) {
        if let Some(imds) = self.imds {
            imds.stop().await;
        }
        self.entra.stop().await;
    }
}

async fn start_imds(
    entra: &MockEntra,
    address: SocketAddr,
    arc_keys: Option<PathBuf>,
    clock: Clock,
) -> Result<MockImds, MocksError> {
    // One journal and one set of faults, so that the issuer's control API reaches both.
    let config = mock_imds::Config {
        faults: Arc::clone(entra.faults()),
        journal: Arc::clone(entra.journal()),
        arc_keys,
        ..mock_imds::Config::new(address)
    };
    Ok(MockImds::start(config, Arc::clone(entra.issuer()), clock).await?)
}
