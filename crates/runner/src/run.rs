//! A whole run: reaching the target, the controls, then everything else.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use authsettings::Settings;
use results::{Closing, Event, Opening, Redactor, Reporter};
use scenario::{Act, Address, BaseUrl, Case, Platform, Profile, Scenario, Site, Step, Target};
use serve::Clock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use token::{Forge, Recipe, Signature, Token};
use wire::{Origin, Sender, SenderConfig, Trust};

use crate::certificates;
use crate::compose::{Destination, Elsewhere};
use crate::credentials::{Credentials, Wallet};
use crate::instances::Instances;
use crate::issuer::Issuer;
use crate::known::Known;
use crate::laboratory::Laboratory;
use crate::plan::Plan;
use crate::player::{Allowance, Player};
use crate::predict::World;
use crate::roles::Roles;
use crate::session::Session;
use crate::sink::Sink;
use crate::suspects::Suspects;
use crate::tokens::Tokens;
use crate::trace::Trace;

/// What is to be played, against what, and how.
#[derive(Clone)]
pub struct Run {
    /// The scenarios, positive controls among them, in the order in which they are told.
    pub scenarios: Vec<Arc<Scenario>>,
    /// What is known about the target. Its address is a URL: whoever starts the reference app fills it in.
    pub profile: Profile,
    /// The settings that are believed to be in force.
    pub settings: Option<Settings>,
    /// Where those come from, as the user would say it.
    pub configuration: Option<String>,
    /// Makes the tokens; none: only what needs no trusted signature is played.
    pub issuer: Option<Arc<Issuer>>,
    /// Gets real tokens of callers: each is what the forgeries of that caller's token start from. Those that the scenarios need are
    /// asked for at the beginning; what cannot be had is noted, and skipped.
    pub credentials: Option<Arc<dyn Credentials>>,
    /// Real tokens that were kept until they expired, by role. Where no issuer can mint one they play what needs an expired token.
    pub kept: Vec<(String, Token)>,
    /// Keys by name: those of the Functions host, `gateway` for the subscription key, `previous` for that of the previous instance.
    pub keys: Vec<(String, String)>,
    /// Makes targets for cases that disturb the issuer or the time; none: those are played alone, after all others.
    pub laboratory: Option<Arc<dyn Laboratory>>,
    /// Whom to trust for the target's certificate.
    pub trust: Trust,
    /// Through which https goes to targets on other machines.
    pub proxy: Option<wire::Proxy>,
    /// What must not appear in any output.
    pub secrets: Vec<String>,
    /// How long to wait for a target that says it is starting; `Some` waits for one that refuses connections too.
    pub wait: Option<Duration>,
    /// Whether nothing is played before the target has given the same answer to the same request several times.
    pub steady: bool,
    /// The time.
    pub clock: Clock,
    /// Whether each case is told with what went over the wire and how to send it again. Without it is cheaper.
    pub evidence: bool,
    /// The command that started the run, as typed.
    pub command: String,
    /// Told at the end of the run, after what the run itself has to tell.
    pub notes: Vec<String>,
    /// What knowing more about the target would add; told after the notes where the target could be reached.
    pub advice: Vec<String>,
}

/// Why a run could not begin or could not be told.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The target's address or trust cannot be used.
    #[error("{0}")]
    Target(#[from] wire::WireError),
    /// A reporter failed.
    #[error("the results cannot be written: {0}")]
    Report(#[from] io::Error),
    /// The reference app was meant, but nobody started it.
    #[error("the reference Function App is not running")]
    NoReference,
}

/// How long a target that is starting is waited for unless the user says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Plays a run and tells it to a reporter, case by case. When `stop` completes the run ends there, with everything told so far.
pub async fn play(run: Run, reporter: &mut dyn Reporter, stop: impl Future<Output = ()>) -> Result<Closing, RunError> {
    // What a run remembers while it waits is much: whoever waits for it need not hold that too.
    Box::pin(played(run, reporter, stop)).await
}

async fn played(run: Run, reporter: &mut dyn Reporter, stop: impl Future<Output = ()>) -> Result<Closing, RunError> {
    let begun = Instant::now();
    let roles = Roles::new(&run.profile, run.settings.as_ref());
    let mut stop = pin!(stop);
    let (wallet, stopped) = tokio::select! {
        biased;
        // Who gives tokens may take long to answer. What was not asked for has not been played either.
        () = stop.as_mut() => (wallet(&run, &roles, None).await, true),
        filled = wallet(&run, &roles, run.credentials.clone()) => (filled, false),
    };
    let player = Arc::new(player(&run, &roles, wallet).await?);
    let planned = run.scenarios.iter().map(|scenario| scenario.case_count()).sum();
    reporter.event(&Event::Opened(&Opening {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: player.redactor.text(&run.command),
        target: player.redactor.text(&format!("{}{}", player.destination.origin, player.destination.function.path)),
        configuration: run.configuration.clone(),
        started: rfc3339((run.clock)()),
        trace: Some(player.trace.id().to_owned()),
        scenarios: run.scenarios.len(),
        planned,
    }))?;

    let (controls, others): (Vec<_>, Vec<_>) = run.scenarios.iter().cloned().partition(|scenario| scenario.control);
    let plan = Plan::new(&run, &roles, &player);
    let planning = |scenario: &Scenario, case: &Case| plan.of(scenario, case);
    prepare(&run, &player);
    let mut session = Session::new(Arc::clone(&player), reporter, run.profile.limits.concurrency);
    if stopped {
        session.interrupt();
    }
    session.reach(run.wait.unwrap_or(PATIENCE), run.wait.is_some(), run.steady, stop.as_mut()).await;
    session.play(&controls, &planning, stop.as_mut()).await?;
    // A target that takes what anybody can make is open, and everything else that is sent to it says less.
    let (strangers, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|scenario| run.issuer.is_none() && is_of_stranger(scenario));
    session.play(&strangers, &planning, stop.as_mut()).await?;
    session.play(&others, &planning, stop.as_mut()).await?;
    session.play_at_instances(&run.scenarios, &planning, stop.as_mut()).await?;
    session.play_again(&controls, &planning, stop.as_mut()).await?;
    session.play_alone(&controls, &planning, stop.as_mut()).await?;
    session.tell_held().await?;
    player.restore().await;

    let mut notes = session.notes();
    notes.extend(player.tokens.wallet().notes().iter().map(|note| player.redactor.text(note).as_str().to_owned()));
    notes.extend(run.notes);
    if session.reached() {
        // Of targets that are made for a run nobody expects that they last.
        if run.laboratory.is_none() && !session.is_interrupted() {
            notes.extend(certificates::doubts(&player, (run.clock)()).await);
        }
        notes.extend(run.advice);
    }
    Ok(session.close(rfc3339((run.clock)()), begun.elapsed(), notes)?)
}

/// Whether a scenario sends perfectly shaped tokens, one at a time, of which nothing but the signature is wrong: it is by a key that
/// nobody publishes.
fn is_of_stranger(scenario: &Scenario) -> bool {
    let is_bare = |recipe: &Recipe| {
        let forge = Forge { signature: Signature::Stranger, ..Forge::default() };
        *recipe == Recipe { caller: recipe.caller.clone(), forge, ..Recipe::default() }
    };
    let is_one = |case: Case| case.steps.len() == 1 && case.recipes().count() == 1 && case.recipes().all(is_bare);
    scenario.cases().all(is_one)
}

/// Starts making keys while others wait for the network.
fn prepare(run: &Run, player: &Arc<Player>) {
    if player.tokens.want_stranger(&run.scenarios) {
        let (player, now) = (Arc::clone(player), (run.clock)());
        tokio::spawn(async move { player.tokens.prepare(now).await });
    }
    // The first case of each scenario tells enough: a key that is then still missing is made when it is needed.
    let rotations = |case: Case| case.steps.iter().filter(|step| matches!(step, Step::Issuer(Act::Rotate))).count();
    let most =
        run.scenarios.iter().filter_map(|scenario| scenario.cases().next()).map(rotations).max().unwrap_or_default();
    if let (Some(issuer), true) = (run.issuer.clone(), most > 0) {
        tokio::spawn(async move { issuer.prepare(most).await });
    }
}

/// Asks for the real tokens that the scenarios need, where there is somebody to ask.
pub(crate) async fn wallet(run: &Run, roles: &Roles, asked: Option<Arc<dyn Credentials>>) -> Wallet {
    Wallet::fill(asked, run.kept.clone(), roles, &run.scenarios, (run.clock)()).await
}

pub(crate) async fn player(run: &Run, roles: &Roles, wallet: Wallet) -> Result<Player, RunError> {
    let target = &run.profile.target;
    let Address::Url(url) = &target.address else { return Err(RunError::NoReference) };
    let limits = &run.profile.limits;
    let redactor = Redactor::new(run.secrets.iter().chain(run.keys.iter().map(|(_, key)| key)));
    let directory = run.issuer.as_deref().map(Issuer::directory);
    let tokens = Arc::new(Tokens::new(run.issuer.clone(), roles.clone(), wallet, &redactor));
    let redactor = (*tokens.redactor()).clone();
    let sink = if run.scenarios.iter().any(|scenario| scenario.source.text.contains("${sink.")) {
        Sink::start(&run.profile, Arc::clone(&tokens), (run.clock)()).await
    } else {
        Err("no scenario names it".to_owned())
    };
    let known =
        Known::new(&run.profile, roles, directory, &run.keys, tokens.wallet()).with_settings(run.settings.as_ref());
    Ok(Player {
        world: World::of_run(&run.profile, roles, &known, run.issuer.as_deref(), url),
        sender: Sender::new(SenderConfig {
            trust: run.trust.clone(),
            addresses: target.resolve.iter().map(|(host, ip)| (host.clone(), SocketAddr::new(*ip, 0))).collect(),
            proxy: run.proxy.clone(),
            connect: limits.connect,
            first_byte: limits.answer,
            answer: limits.answer,
            max_body: limits.body_bytes,
            ..SenderConfig::default()
        })?,
        destination: Destination {
            origin: Origin::new(url.https, &url.host, url.port),
            method: target.method.clone(),
            function: scenario::Opening { path: target.path.clone(), marker: target.marker.clone() },
            excluded: target.excluded.clone(),
            keyed: target.keyed.clone(),
            gateway: run.profile.gateway.as_ref().map(|site| elsewhere(site, "gateway", run)),
            previous: run.profile.previous.as_ref().map(|site| elsewhere(site, "previous", run)),
            warm_up: target.warm_up.clone(),
            scm: target.scm.as_ref().map(|url| {
                let opening = scenario::Opening { path: "/".to_owned(), marker: None };
                (Origin::new(url.https, &url.host, url.port), opening)
            }),
            curl: curl(url, target),
        },
        principal: target.principal.clone(),
        platform: target.platform,
        settings: run.settings.clone(),
        strict: run.profile.strict || target.platform == Platform::EasyAuth,
        roles: roles.clone(),
        known,
        tokens,
        issuer: run.issuer.clone(),
        laboratory: run.laboratory.clone(),
        sink,
        redactor,
        clock: Arc::clone(&run.clock),
        evidence: run.evidence,
        allowance: Allowance::new(limits),
        trace: Trace::new(),
        instances: Instances::default(),
        ahead: Mutex::default(),
        ca: target.ca.as_ref().map(|file| file.display().to_string()),
        suspects: (run.settings.is_some() && run.laboratory.is_none()).then(Suspects::default),
        in_trouble: Mutex::default(),
    })
}

/// Another way to the function; its key is known by the name of the way.
fn elsewhere(site: &Site, name: &str, run: &Run) -> Elsewhere {
    Elsewhere {
        origin: Origin::new(site.url.https, &site.url.host, site.url.port),
        method: site.method.clone(),
        function: scenario::Opening {
            path: site.path.clone().unwrap_or_else(|| run.profile.target.path.clone()),
            marker: site.marker.clone().or_else(|| run.profile.target.marker.clone()),
        },
        key: run.keys.iter().find(|(known, _)| known == name).map(|(_, key)| key.clone()),
    }
}

/// What else curl must be told to find the target.
fn curl(url: &BaseUrl, target: &Target) -> Vec<String> {
    let mut words = Vec::new();
    for (host, ip) in &target.resolve {
        let ip = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        words.push(format!("--resolve {host}:{}:{ip}", url.port));
    }
    words.extend(match &target.proxy {
        None => None,
        Some(scenario::Proxy::None) => Some("--noproxy '*'".to_owned()),
        Some(scenario::Proxy::At(proxy)) => Some(format!("--proxy {proxy}")),
    });
    words
}

pub(crate) fn rfc3339(at: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
