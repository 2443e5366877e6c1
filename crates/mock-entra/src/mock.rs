//! The mock issuer as a running thing: its listeners and the issuer behind them.

use std::net::SocketAddr;
use std::sync::Arc;

use serve::{
    Authority, Clock, Faults, Journal, Limits, ServeError, Server, ServerConfig, StateFolder, Tls, is_exposed,
};
use token::Names;

use crate::issuer::{Issuer, Place};
use crate::keys::{Keys, KeysError};
use crate::{Directory, Secret};

/// The names by which clients reach the mock: its own, and Entra's where an address map leads them here.
const CERTIFIED: [&str; 6] =
    ["localhost", "127.0.0.1", "::1", "login.microsoftonline.com", "sts.windows.net", "login.windows.net"];

/// The longest body: a fault rule may hold a key set of ten thousand keys.
const CONTROL_BYTES: usize = 16 * 1024 * 1024;

/// How the mock is set up.
#[derive(Debug)]
pub struct Config {
    /// Where HTTPS listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// The server certificate; [`MockEntra::tls`] makes a fitting one.
    pub tls: Tls,
    /// Where plain HTTP listens too, for servers that cannot be told a private CA. Loopback only.
    pub plain: Option<SocketAddr>,
    /// What the issuer calls itself in tokens and metadata; none for the URL it listens on.
    pub names: Option<Names>,
    /// How many signing keys are published from the start, at least one.
    pub keys: usize,
    /// Where the signing keys are kept, rotated ones too, so that a restart publishes the same.
    pub state: Option<StateFolder>,
    /// Opens the control API to whoever presents it; without one only to programs on this machine.
    pub control_token: Option<Secret>,
}

impl Config {
    /// Two keys made afresh, the mock's own URL as issuer, no plain HTTP.
    pub fn new(address: SocketAddr, tls: Tls) -> Self {
        Self { address, tls, plain: None, names: None, keys: 2, state: None, control_token: None }
    }
}

/// Why the mock could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A kept signing key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Plain HTTP would be open to other machines.
    #[error(
        "plain HTTP would listen on {0}, which other machines can reach; give a loopback address such as 127.0.0.1"
    )]
    PlainExposed(SocketAddr),
}

/// A running mock issuer. Dropping it closes its listeners at once; [`MockEntra::stop`] is kinder.
pub struct MockEntra {
    issuer: Arc<Issuer>,
    https: Server,
    http: Option<Server>,
}

impl MockEntra {
    /// A server certificate for all names that clients reach the mock by, and for more of them.
    pub fn tls(authority: &Authority, more: &[String]) -> Result<Tls, ServeError> {
        let names: Vec<String> = CERTIFIED.iter().map(ToString::to_string).chain(more.iter().cloned()).collect();
        authority.tls(&names)
    }

    /// Starts the listeners and returns; the signing keys are made meanwhile, and what needs them waits for them.
    ///
    /// # Errors
    /// A taken port, a state folder that cannot be used: each names the address or file and what to do.
    pub async fn start(config: Config, directory: Directory, clock: Clock) -> Result<Self, StartError> {
        if let Some(plain) = config.plain.filter(|plain| is_exposed(*plain)) {
            return Err(StartError::PlainExposed(plain));
        }
        let now = clock();
        let issuer = Arc::new(Issuer::new(directory, Keys::new(config.keys, config.state), config.control_token));
        let listen = |address, tls| {
            let server = ServerConfig {
                tls,
                clock: Arc::clone(&clock),
                journal: Arc::clone(&issuer.journal),
                faults: Arc::clone(&issuer.faults),
                limits: Limits { body_bytes: CONTROL_BYTES, ..Limits::default() },
                ..ServerConfig::new("mock Entra", address)
            };
            Server::start(server, Arc::clone(&issuer))
        };
        let https = listen(config.address, Some(config.tls)).await?;
        let http = match config.plain {
            Some(address) => Some(listen(address, None).await?),
            None => None,
        };
        let own = https.url();
        issuer.settle(Place {
            names: config.names.unwrap_or_else(|| Names::Own(own.clone())),
            https: own,
            http: http.as_ref().map(Server::url),
        });
        issuer.keys().start(&issuer.tenants().all(), now)?;
        Ok(Self { issuer, https, http })
    }

    /// The issuer itself, for mocks in the same process.
    pub fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// The HTTPS URL, without a slash at the end. The control API is at `/_greenlight/` below it.
    pub fn url(&self) -> String {
        self.https.url()
    }

    /// Where HTTPS listens: what an address map leads Entra's names to.
    pub fn address(&self) -> SocketAddr {
        self.https.address()
    }

    /// The plain HTTP URL, if there is one.
    pub fn plain_url(&self) -> Option<String> {
        self.http.as_ref().map(Server::url)
    }

    /// Whether other machines could reach it.
    pub fn is_exposed(&self) -> bool {
        self.https.is_exposed()
    }

    /// The names that the issuer goes by.
    pub async fn names(&self) -> &Names {
        &self.issuer.place().await.names
    }

    /// Waits until the signing keys are made. What needs them waits by itself; this tells why if they could not be made.
    pub async fn ready(&self) -> Result<(), Arc<KeysError>> {
        self.issuer.keys().first().await.map(drop)
    }

    /// Trouble on demand, shared by both listeners.
    pub fn faults(&self) -> &Arc<Faults> {
        &self.issuer.faults
    }

    /// What was asked, shared by both listeners.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.issuer.journal
    }

    /// Lets running requests finish, then closes the listeners.
    pub async fn stop(self) {
        self.https.stop().await;
        if let Some(http) = self.http {
            http.stop().await;
        }
    }
}
