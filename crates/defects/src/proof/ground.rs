//! What all bouts share: one issuer with its keys, one certificate, one clock.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use authsettings::Settings;
use function_app::{AppConfig, Chain, Documents, FunctionApp, Keys};
use runner::{Issuer, Mocks, MocksConfig};
use serve::{Clock, Limits, ServerConfig, Tls, system_clock};
use token::Names;
use wire::{Client, Trust};

use super::Suite;

/// Entra's public names, which an address map leads to the mock.
const ENTRA_HOSTS: [&str; 3] = ["login.microsoftonline.com", "sts.windows.net", "login.windows.net"];
/// How long an app waits for the issuer; the first answer may wait for a key that is being made.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it does where it was started for one case: keys are made by then, and in some cases the issuer hangs.
const PATIENCE_IN_A_CASE: Duration = Duration::from_millis(1500);

/// What turns the sound chain into that of the app under test.
pub(crate) type Plant = fn(Chain) -> Chain;

/// What all bouts share.
pub(crate) struct Ground {
    pub(super) issuer: Arc<Issuer>,
    pub(super) trust: Trust,
    pub(super) secrets: Vec<String>,
    /// Stands still, so that every bout is sent the same.
    pub(super) clock: Clock,
    /// The host keys of every app.
    pub(super) keys: Keys,
    /// They run for as long as they are kept.
    _mocks: Mocks,
    documents: Arc<Client>,
    documents_in_cases: Arc<Client>,
    tls: Tls,
}

impl Ground {
    /// Starts the mocks.
    pub(crate) async fn start(suite: &Suite) -> Result<Arc<Self>> {
        let now = system_clock()();
        let clock: Clock = Arc::new(move || now);
        let directory = suite.directory().map_err(|mistakes| anyhow!(mistakes))?;
        let config = MocksConfig { names: Some(Names::Entra), ..MocksConfig::new(directory, Arc::clone(&clock)) };
        let mocks = Mocks::start(config).await.context("the mocks do not start")?;
        let authority = mocks.authority.pem().to_owned();
        let trust = Trust::Only(vec![authority.clone()]);
        let addresses = ENTRA_HOSTS.map(|host| (host.to_owned(), mocks.entra.address()));
        Ok(Arc::new(Self {
            issuer: Arc::new(Issuer::connect(&mocks.entra.url(), Some(&authority)).await?.shared()),
            documents: Arc::new(Client::new(&trust, &addresses, PATIENCE)?),
            documents_in_cases: Arc::new(Client::new(&trust, &addresses, PATIENCE_IN_A_CASE)?),
            tls: mocks.authority.tls(&["localhost".to_owned()])?,
            secrets: mocks.entra.issuer().directory().secrets().map(|secret| secret.expose().to_owned()).collect(),
            keys: Keys::generate(),
            trust,
            clock,
            _mocks: mocks,
        }))
    }

    /// The certificate of every app.
    pub(super) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// How the authority's documents are reached.
    pub(super) fn documents(&self) -> Arc<dyn Documents> {
        Arc::clone(&self.documents) as Arc<_>
    }

    /// Starts the app of a bout.
    pub(super) async fn app(&self, settings: Settings, plant: Plant) -> Result<FunctionApp> {
        self.start_app(settings, plant, Arc::clone(&self.clock), &self.documents).await
    }

    /// Starts the app of one case, which has a time of its own.
    pub(super) async fn app_in_case(&self, settings: Settings, plant: Plant, clock: Clock) -> Result<FunctionApp> {
        self.start_app(settings, plant, clock, &self.documents_in_cases).await
    }

    async fn start_app(
        &self,
        settings: Settings,
        plant: Plant,
        clock: Clock,
        documents: &Arc<Client>,
    ) -> Result<FunctionApp> {
        let listener = ServerConfig::new("function app", ([127, 0, 0, 1], 0).into());
        // A flawed app that waits for a body need not be waited for long.
        let limits = Limits { body_time: Duration::from_millis(500), ..listener.limits };
        let app = FunctionApp::start(AppConfig {
            server: ServerConfig { tls: Some(self.tls.clone()), clock, limits, ..listener },
            chain: plant(Chain::standard()),
            keys: self.keys.clone(),
            ..AppConfig::new(settings, Arc::clone(documents) as Arc<_>)
        });
        Ok(app.await?)
    }
}
