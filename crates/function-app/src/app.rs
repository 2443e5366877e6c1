//! The app: what it is configured with, and how it answers a request.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use authsettings::Settings;
use serve::{Request, Response, ServeError, Server, ServerConfig, Service, Unread};

use crate::decisions::Decisions;
use crate::published::Published;
use crate::{Call, Chain, Decision, Documents, FunctionSpec, KeyCache, Keys, Upstream};

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
    /// An app without a flaw, with the functions of the reference app and fresh keys; it listens on a free loopback port, without
    /// TLS until [`ServerConfig::tls`] is set.
    pub fn new(settings: Settings, documents: Arc<dyn Documents>) -> Self {
        Self {
            server: ServerConfig::new("function app", SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            settings,
            documents,
            functions: FunctionSpec::reference(),
            keys: Keys::generate(),
            chain: Chain::standard(),
        }
    }

    /// The same platform before a host that runs elsewhere.
    #[must_use]
    pub fn before(mut self, upstream: Upstream) -> Self {
        self.chain = Chain::before(upstream);
        self.server.limits.body_bytes = Upstream::BODY_BYTES;
        self
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
    /// How the authority's documents are reached.
    pub documents: Arc<dyn Documents>,
    /// The authority's keys.
    pub published: KeyCache,
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
        let source = Published::new(&settings, Arc::clone(&documents));
        let published = KeyCache::new(Box::new(source), &settings.knobs);
        let site = Arc::new(Site { settings, functions, keys, documents, published });
        Self { site, chain, decisions: Decisions::default() }
    }

    /// What was decided lately and why, oldest first.
    pub fn decisions(&self) -> Vec<Decision> {
        self.decisions.list()
    }

    async fn answer(&self, request: Request, unread: Option<Unread>) -> Response {
        let (at, method, path) = (request.at, request.method.to_string(), request.path().to_owned());
        let mut call = Call::new(Arc::clone(&self.site), request, unread);
        let stage = self.chain.play(&mut call).await;
        let Call { response, reason, notes, .. } = call;
        let status = response.status().as_u16();
        self.decisions.keep(Decision { at, method, path, stage, status, reason, notes });
        response
    }
}

impl Service for App {
    async fn call(&self, request: Request) -> Response {
        self.answer(request, None).await
    }

    async fn call_unread(&self, request: Request, unread: Unread) -> Response {
        self.answer(request, Some(unread)).await
    }

    fn reads_bodies(&self) -> bool {
        self.chain.reads_bodies()
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
