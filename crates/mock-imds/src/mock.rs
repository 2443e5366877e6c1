use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use mock_entra::{Identity, Issuer, Secret};
use serve::{Clock, Faults, Journal, ServeError, Server, ServerConfig};

use crate::arc::Challenge;
use crate::endpoint::{APP_SERVICE, ARC, Endpoints};
use crate::identities::Served;
use crate::tokens::Tokens;

/// What `X-IDENTITY-HEADER` must say unless another value is configured. It is a word of this mock, known to all, and no secret.
pub const DEFAULT_IDENTITY_HEADER: &str = "greenlight";

/// How the mock is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens, over plain HTTP; port 0 takes a free one.
    pub address: SocketAddr,
    /// The tenant of the identities, by name, id or domain; none for the directory's first.
    pub tenant: Option<String>,
    /// The managed identities served, by name, client id or object id; empty for every one of the tenant.
    pub identities: Vec<String>,
    /// What App Service's clients must present: `IDENTITY_HEADER`, `MSI_SECRET`.
    pub identity_header: Secret,
    /// The folder for the Azure Arc agent's key file (clients insist on `/var/opt/azcmagent/tokens` on Linux); none: no Azure Arc.
    pub arc_keys: Option<PathBuf>,
    /// Trouble on demand. Share the issuer's to have it in reach of its control API.
    pub faults: Arc<Faults>,
    /// What was asked.
    pub journal: Arc<Journal>,
}

impl Config {
    /// Every managed identity of the first tenant, the documented header, no Azure Arc.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            tenant: None,
            identities: Vec::new(),
            identity_header: Secret::new(DEFAULT_IDENTITY_HEADER),
            arc_keys: None,
            faults: Arc::default(),
            journal: Arc::default(),
        }
    }
}

/// Why the mock could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The listener, or the key file of Azure Arc.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The directory has no such tenant.
    #[error("the directory has no tenant `{name}` whose identities could be served; there is {known}")]
    NoTenant {
        /// What was asked for.
        name: String,
        /// What could be.
        known: String,
    },
    /// The tenant has no such managed identity.
    #[error("tenant {tenant} has no managed identity `{name}` that could be served; there is {known}")]
    NoIdentity {
        /// Its name.
        tenant: String,
        /// What was asked for.
        name: String,
        /// What could be.
        known: String,
    },
}

/// The running mock. Dropping it closes its listener at once; [`MockImds::stop`] is kinder.
pub struct MockImds {
    server: Server,
    faults: Arc<Faults>,
    journal: Arc<Journal>,
    has_arc: bool,
}

impl MockImds {
    /// Starts the endpoints. Tokens come from `issuer`; the first may wait until its keys are made.
    ///
    /// # Errors
    /// A taken port, an identity that the directory does not have, a folder that cannot be written to.
    pub async fn start(config: Config, issuer: Arc<Issuer>, clock: Clock) -> Result<Self, StartError> {
        let endpoints = Endpoints {
            served: served(&config, &issuer)?,
            tokens: Tokens::new(issuer),
            identity_header: config.identity_header,
            challenge: config.arc_keys.as_deref().map(Challenge::new).transpose()?,
        };
        let has_arc = endpoints.challenge.is_some();
        let server = ServerConfig {
            clock,
            journal: Arc::clone(&config.journal),
            faults: Arc::clone(&config.faults),
            ..ServerConfig::new("mock IMDS", config.address)
        };
        let server = Server::start(server, Arc::new(endpoints)).await?;
        Ok(Self { server, faults: config.faults, journal: config.journal, has_arc })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The URL of IMDS without a path, as `AZURE_POD_IDENTITY_AUTHORITY_HOST` wants it.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// `IDENTITY_ENDPOINT` for clients that shall take it for App Service.
    pub fn app_service_url(&self) -> String {
        format!("{}{APP_SERVICE}", self.url())
    }

    /// `IDENTITY_ENDPOINT` for clients that shall take it for Azure Arc, if it was given a folder for the key file.
    pub fn arc_url(&self) -> Option<String> {
        self.has_arc.then(|| format!("{}{ARC}", self.url()))
    }

    /// Whether other machines could reach it, and so get tokens of every identity.
    pub fn is_exposed(&self) -> bool {
        self.server.is_exposed()
    }

    /// Trouble on demand. A rule for `/metadata/identity/oauth2/token*` covers clients that append a slash too.
    pub fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    /// What was asked.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Lets running requests finish, then closes the listener.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn served(config: &Config, issuer: &Issuer) -> Result<Served, StartError> {
    let directory = issuer.directory();
    let tenant = match &config.tenant {
        Some(name) => directory.tenant(name),
        None => directory.tenants().first(),
    };
    let tenant = tenant.ok_or_else(|| StartError::NoTenant {
        name: config.tenant.clone().unwrap_or_default(),
        known: list(directory.tenants().iter().map(|one| one.name.as_str())),
    })?;
    let managed = || tenant.identities.iter().filter(|one| one.is_managed());
    let identities: Vec<Identity> = if config.identities.is_empty() {
        managed().cloned().collect()
    } else {
        let find = |name: &String| {
            let found = tenant.identity(name).filter(|one| one.is_managed()).cloned();
            found.ok_or_else(|| StartError::NoIdentity {
                tenant: tenant.name.clone(),
                name: name.clone(),
                known: list(managed().map(|one| one.name.as_str())),
            })
        };
        config.identities.iter().map(find).collect::<Result<_, _>>()?
    };
    Ok(Served { tenant_id: tenant.id.clone(), identities })
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
