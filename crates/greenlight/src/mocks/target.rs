//! The reference Function App: one for a whole run or for `greenlight serve`, and one for each case that needs its own.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use authsettings::Settings;
use function_app::{AppConfig, Documents, FunctionApp, Keys, Upstream};
use runner::{Laboratory, Mocks, Specimen};
use scenario::BaseUrl;
use serve::{Clock, ServerConfig, Tls};
use wire::Trust;

use super::{Given, loopback};
use crate::trouble::Trouble;

/// Entra's public names, which an address map leads to the mock.
const ENTRA_HOSTS: [&str; 3] = ["login.microsoftonline.com", "sts.windows.net", "login.windows.net"];
/// How long it waits for the issuer; the first answer may wait for a key that is being made.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it does where it was started for one case: keys are made by then, and in some cases the issuer hangs.
const PATIENCE_IN_A_CASE: Duration = Duration::from_secs(2);

/// How the app is set up, ready to be started any number of times.
pub(crate) struct Reference {
    settings: Settings,
    tls: Tls,
    documents: Arc<dyn Documents>,
    keys: Keys,
}

impl Reference {
    /// An app that trusts the mocks wherever its settings name Entra.
    pub(crate) fn new(mocks: &Mocks, settings: Settings, given: Option<&Given>) -> Result<Self, Trouble> {
        let authority = mocks.authority.pem().to_owned();
        let (tls, trust) = if let Some(given) = given {
            // Whoever signed the given certificate may be known to this machine, or be the certificate itself.
            (given.tls.clone(), Trust::System(vec![authority, given.pem.clone()]))
        } else {
            let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
            (mocks.authority.tls(&names).map_err(Trouble::fault)?, Trust::Only(vec![authority]))
        };
        Ok(Self { settings, tls, documents: documents(mocks, &trust, PATIENCE)?, keys: Keys::generate() })
    }

    /// The same app for single cases.
    pub(crate) fn in_cases(&self, mocks: &Mocks) -> Result<Self, Trouble> {
        let trust = Trust::Only(vec![mocks.authority.pem().to_owned()]);
        Ok(Self {
            settings: self.settings.clone(),
            tls: self.tls.clone(),
            documents: documents(mocks, &trust, PATIENCE_IN_A_CASE)?,
            keys: self.keys.clone(),
        })
    }

    /// The keys of its host, by name.
    pub(crate) fn keys(&self) -> Vec<(String, String)> {
        let Keys { master, host, function, system } = &self.keys;
        let named = [("master", master), ("host", host), ("function", function), ("system", system)];
        named.map(|(name, key)| (name.to_owned(), key.clone())).into()
    }

    /// Starts the app by the machine's clock.
    pub(crate) async fn start(&self, address: SocketAddr) -> Result<FunctionApp, Trouble> {
        let config = self.config(self.settings.clone(), ServerConfig::new("function app", address));
        FunctionApp::start(config).await.map_err(Trouble::usage)
    }

    /// Starts its platform alone, before a host that runs elsewhere.
    pub(crate) async fn start_before(&self, address: SocketAddr, upstream: Upstream) -> Result<FunctionApp, Trouble> {
        let config = self.config(self.settings.clone(), ServerConfig::new("Easy Auth", address));
        FunctionApp::start(config.before(upstream)).await.map_err(Trouble::usage)
    }

    fn config(&self, settings: Settings, server: ServerConfig) -> AppConfig {
        let server = ServerConfig { tls: Some(self.tls.clone()), ..server };
        AppConfig { server, keys: self.keys.clone(), ..AppConfig::new(settings, Arc::clone(&self.documents)) }
    }
}

impl Laboratory for Reference {
    fn app<'a>(
        &'a self,
        tenant: &'a str,
        clock: Clock,
    ) -> Pin<Box<dyn Future<Output = Result<Specimen, String>> + Send + 'a>> {
        Box::pin(async move {
            let server = ServerConfig { clock, ..ServerConfig::new("function app", loopback()) };
            let config = self.config(self.settings.for_tenant(tenant), server);
            let app = FunctionApp::start(config).await.map_err(|error| error.to_string())?;
            Ok(Specimen { url: url(&app), keep: Box::new(app) })
        })
    }
}

/// Where an app is, under the name in its certificate.
pub(crate) fn url(app: &FunctionApp) -> BaseUrl {
    BaseUrl { https: true, host: "localhost".to_owned(), port: app.address().port() }
}

/// What fetches the issuer's documents from the mock.
fn documents(mocks: &Mocks, trust: &Trust, patience: Duration) -> Result<Arc<dyn Documents>, Trouble> {
    let addresses = ENTRA_HOSTS.map(|host| (host.to_owned(), mocks.entra.address()));
    Ok(Arc::new(wire::Client::new(trust, &addresses, patience).map_err(Trouble::fault)?))
}
