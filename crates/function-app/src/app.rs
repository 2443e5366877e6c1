//! The app: what it is configured with, and how it answers a request.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use authsettings::{OsProfile, Settings};
use http::header::{HeaderValue, SERVER};
use serve::{Request, Response, ServeError, Server, ServerConfig, Service};

use crate::decisions::Decisions;
use crate::key_cache::KeyCache;
use crate::{Call, Chain, Decision, Documents, FunctionSpec, Keys};

/// How an app is set up.
pub struct AppConfig {
    /// Where it listens, with what certificate, by whose clock.
    pub server: ServerConfig,
    /// How it is protected, with knobs and app settings.
    pub settings: Settings,
    /// How the authority's documents are reached: a client that knows where the authority lives.
    pub documents: Arc<dyn Documents>,
    /// Its functions.
    pub functions: Vec<FunctionSpec>,
    /// The keys of its host.
    pub keys: Keys,
    /// The stages that a request goes through.
    pub chain: Chain,
}

impl AppConfig {
    /// An app without a flaw, with one function, [`FunctionSpec::orders`], and fresh keys; it listens on a free loopback port,
    /// without TLS until [`ServerConfig::tls`] is set.
    pub fn new(settings: Settings, documents: Arc<dyn Documents>) -> Self {
        Self {
            server: ServerConfig::new("function app", SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            settings,
            documents,
            functions: vec![FunctionSpec::orders()],
            keys: Keys::generate(),
            chain: Chain::standard(),
        }
    }
}

/// What an app is, for its stages.
pub struct Site {
    /// How it is protected.
    pub settings: Settings,
    /// Its functions.
    pub functions: Vec<FunctionSpec>,
    /// The keys of its host.
    pub keys: Keys,
    pub(crate) published: KeyCache,
}

/// What answers the requests of an app, without a listener.
pub struct App {
    site: Arc<Site>,
    chain: Chain,
    decisions: Decisions,
}

impl App {
    /// An app by its configuration; how it would listen is left to others.
    pub fn new(config: AppConfig) -> Self {
        let AppConfig { server: _, settings, documents, functions, keys, chain } = config;
        let published = KeyCache::new(&settings, documents);
        let site = Arc::new(Site { settings, functions, keys, published });
        Self { site, chain, decisions: Decisions::default() }
    }

    /// What was decided lately and why, oldest first.
    pub fn decisions(&self) -> Vec<Decision> {
        self.decisions.list()
    }
}

impl Service for App {
    async fn call(&self, request: Request) -> Response {
        let (at, method, path) = (request.at, request.method.to_string(), request.path().to_owned());
        let mut call = Call::new(Arc::clone(&self.site), request);
        let (stage, mut response) = self.chain.play(&mut call).await;
        if self.site.settings.knobs.os_profile == OsProfile::Linux {
            response.headers_mut().insert(SERVER, HeaderValue::from_static("Kestrel"));
        }
        let status = response.status().as_u16();
        let Call { reason, notes, .. } = call;
        self.decisions.keep(Decision { at, method, path, stage, status, reason, notes });
        response
    }
}

/// A running app.
pub struct FunctionApp {
    server: Server,
    app: Arc<App>,
}

impl FunctionApp {
    /// Starts an app.
    ///
    /// # Errors
    /// [`ServeError`] where it cannot listen.
    pub async fn start(config: AppConfig) -> Result<Self, ServeError> {
        let listen = config.server.clone();
        let app = Arc::new(App::new(config));
        let server = Server::start(listen, Arc::clone(&app)).await?;
        Ok(Self { server, app })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What was decided lately and why, oldest first.
    pub fn decisions(&self) -> Vec<Decision> {
        self.app.decisions()
    }

    /// Stops listening.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
