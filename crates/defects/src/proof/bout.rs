//! One run of the suite against one app.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Result;
use authsettings::Settings;
use function_app::Keys;
use results::{Event, Redacted, Reporter, Verdict};
use runner::{Laboratory, Run, Specimen};
use scenario::{Address, BaseUrl, Scenario};
use serve::Clock;

use super::ground::{Ground, Plant};
use super::setup::Setup;

/// A case that did not pass.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// `scenario[variant]`.
    pub(crate) case: String,
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
}

/// Starts an app, plays the suite against it, and tells what did not pass, in playing order.
pub(super) async fn bout(
    ground: &Arc<Ground>,
    scenarios: &[Arc<Scenario>],
    setup: &Setup,
    plant: Plant,
) -> Result<Vec<Told>> {
    let app = ground.app(setup.settings.clone(), plant).await?;
    bout_at(app.address(), ground, scenarios, setup, plant).await
}

/// The same with an app that listens already; what needs an app of its own gets one with this flaw.
pub(super) async fn bout_at(
    address: SocketAddr,
    ground: &Arc<Ground>,
    scenarios: &[Arc<Scenario>],
    setup: &Setup,
    plant: Plant,
) -> Result<Vec<Told>> {
    let mut profile = setup.profile.clone();
    profile.target.address = Address::Url(url(address));
    let run = Run {
        scenarios: scenarios.to_vec(),
        profile,
        settings: Some(setup.settings.clone()),
        configuration: None,
        issuer: Some(Arc::clone(&ground.issuer)),
        credentials: None,
        kept: Vec::new(),
        keys: keys(&ground.keys),
        laboratory: Some(Arc::new(Bench { ground: Arc::clone(ground), settings: setup.settings.clone(), plant })),
        trust: ground.trust.clone(),
        proxy: None,
        secrets: ground.secrets.clone(),
        wait: None,
        steady: false,
        clock: Arc::clone(&ground.clock),
        evidence: false,
        command: String::new(),
        notes: Vec::new(),
        advice: Vec::new(),
    };
    let mut told = Fold::default();
    runner::play(run, &mut told, pending()).await?;
    Ok(told.0)
}

/// Makes apps like the one of a bout, with the same flaw.
struct Bench {
    ground: Arc<Ground>,
    settings: Settings,
    plant: Plant,
}

impl Laboratory for Bench {
    fn app<'a>(
        &'a self,
        tenant: &'a str,
        clock: Clock,
    ) -> Pin<Box<dyn Future<Output = Result<Specimen, String>> + Send + 'a>> {
        Box::pin(async move {
            let app = self.ground.app_in_case(self.settings.for_tenant(tenant), self.plant, clock).await;
            let app = app.map_err(|error| format!("{error:#}"))?;
            Ok(Specimen { url: url(app.address()), keep: Box::new(app) })
        })
    }
}

/// Whether a case of it needs an app of its own.
pub(super) fn is_apart(scenario: &Scenario) -> bool {
    scenario.cases().any(|case| case.needs_own())
}

fn url(address: SocketAddr) -> BaseUrl {
    BaseUrl { https: true, host: "localhost".to_owned(), port: address.port() }
}

fn keys(keys: &Keys) -> Vec<(String, String)> {
    let named =
        [("master", &keys.master), ("host", &keys.host), ("function", &keys.function), ("system", &keys.system)];
    named.map(|(name, key)| (name.to_owned(), key.clone())).into()
}

/// Keeps of each case what the matrix needs.
#[derive(Default)]
struct Fold(Vec<Told>);

impl Reporter for Fold {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::Finished(case) = event
            && case.verdict != Verdict::Pass
        {
            self.0.push(told(case));
        }
        Ok(())
    }
}

fn told(case: &results::Case) -> Told {
    let reason = case.reason.as_ref().map(Redacted::as_str).unwrap_or_default().to_owned();
    Told { case: case.name(), verdict: case.verdict, reason }
}
