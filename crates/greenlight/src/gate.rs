//! `greenlight gate`: go, no-go or inconclusive, before traffic is switched.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use results::{Decision, Go, RunVerdict, Strength};
use runner::{Demands, Gate, Intent};
use scenario::{Platform, Profile, Scenario, is_case};
use time::OffsetDateTime;

use crate::arguments::{Protection, seconds};
use crate::exit::Exit;
use crate::files;
use crate::library::Library;
use crate::mocks;
use crate::outputs::Outputs;
use crate::run::{Assembled, assemble, read_profile};
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// What the command takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File that says what is known about the new instance, the gateway in front of it, and the instance that it replaces.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: PathBuf,
    /// Take the scenarios from this folder instead of those that come along.
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) protection: Protection,
    /// Tell every request that would be sent, and whose token it would bear; send none.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long to wait for the instance to be warm, and for its answers to be the same each time.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    pub(crate) wait: Duration,
    #[command(flatten)]
    pub(crate) outputs: Outputs,
    /// Show every case in full, with its requests and answers; tokens without their signatures.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// Without these nobody can tell whether the right callers get in and nobody else.
const ALWAYS: [&str; 5] = ["valid-caller", "missing-token", "key-of-a-stranger", "unlisted-caller", "wrong-audience"];
/// The same of the gateway, where one is named.
const AT_THE_GATEWAY: [&str; 1] = ["gateway-lets-in"];
/// The same of the previous instance.
const AT_THE_PREVIOUS: [&str; 1] = ["previous-lets-in"];

/// Cases that the gate makes of others.
const OWN: [&str; 2] = ["answers-alike", "settings-in-force"];

/// Plays everything that the profile makes possible, and decides.
pub(crate) async fn gate(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Trouble> {
    arguments.outputs.distinct()?;
    let profile = read_profile(&files::read(&arguments.profile)?)?;
    let scenarios = scenarios(&profile, arguments.scenarios.as_deref(), terminal)?;
    let demands = demands(&profile, &scenarios)?;
    let Assembled { run, started } = assemble(scenarios, profile, &arguments.protection, terminal).await?;
    let run = runner::Run { wait: Some(arguments.wait), steady: true, ..run };
    // Of a target that is said to be Easy Auth it is known what settings mean to it.
    let strength = if run.profile.target.platform == Platform::EasyAuth { Strength::Must } else { Strength::Should };
    let demands = Demands { in_force: run.settings.as_ref().map(|_| strength), ..demands };
    let ended =
        if arguments.dry_run { outline(&run, &demands).await } else { decide(run, demands, arguments, terminal).await };
    if let Some(started) = started {
        started.stop().await;
    }
    ended
}

async fn decide(
    run: runner::Run,
    demands: Demands,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Exit, Trouble> {
    // From here on whoever stops the program finds valid reports.
    let stop = mocks::asked_to_stop();
    let mut gate = Gate::new(demands, arguments.outputs.open(arguments.verbose, terminal)?);
    let closing = runner::play(run, &mut gate, stop).await.map_err(Trouble::fault)?;
    let Some(decision) = gate.decision().cloned() else { return Err(Trouble::fault("the run did not end")) };
    drop(gate);
    Ok(exit(&decision, closing.verdict))
}

/// A fault on this side is told apart from a target that proves too little.
pub(crate) fn exit(decision: &Decision, verdict: RunVerdict) -> Exit {
    match decision.word {
        Go::Go => Exit::Passed,
        Go::NoGo => Exit::Failed,
        Go::Inconclusive if verdict == RunVerdict::Error => Exit::Fault,
        Go::Inconclusive => Exit::Inconclusive,
    }
}

/// All scenarios that this profile has a place for. A gate that leaves some out for the mistakes in them would not be one.
pub(crate) fn scenarios(
    profile: &Profile,
    folder: Option<&Path>,
    terminal: &Terminal,
) -> Result<Vec<Arc<Scenario>>, Trouble> {
    let library = Library::open(folder)?;
    if !library.diagnostics.is_empty() {
        terminal.diagnostics(&library.diagnostics);
        return Err(Trouble::usage("scenarios with mistakes cannot be part of a gate"));
    }
    Ok(library.scenarios.into_iter().filter(|scenario| profile.has(scenario)).collect())
}

/// What the profile asks for, or what a gate asks for by itself.
pub(crate) fn demands(profile: &Profile, scenarios: &[Arc<Scenario>]) -> Result<Demands, Trouble> {
    let required = profile.required.clone().unwrap_or_else(|| {
        let gateway = profile.gateway.iter().flat_map(|_| AT_THE_GATEWAY);
        let previous = profile.previous.iter().flat_map(|_| AT_THE_PREVIOUS);
        ALWAYS.into_iter().chain(gateway).chain(previous).map(str::to_owned).collect()
    });
    let is_known = |name: &str| {
        let mut cases = scenarios.iter().flat_map(|scenario| scenario.cases());
        cases.any(|case| is_case(name, &case.id, &case.variant))
    };
    let named = required.iter().chain(profile.waivers.iter().map(|waived| &waived.case));
    for name in named {
        if !is_known(name) && !OWN.contains(&name.as_str()) {
            let message =
                format!("the profile requires or waives `{name}`, and there is no such scenario or case to play");
            return Err(Trouble::usage(message)
                .hint("`greenlight list` shows the scenarios, `greenlight explain ID` their cases"));
        }
    }
    Ok(Demands {
        required,
        waivers: profile.waivers.clone(),
        compares: profile.previous.is_some(),
        in_force: None,
        today: OffsetDateTime::now_utc().date().to_string(),
    })
}

/// Tells every request that would be sent, and sends none.
async fn outline(run: &runner::Run, demands: &Demands) -> Result<Exit, Trouble> {
    let tell = |line: String| terminal::output(&format!("{line}\n"));
    let intents = runner::outline(run).await.map_err(Trouble::fault)?;
    let name = |intent: &Intent| format!("{}/{}", intent.scenario.theme(), intent.case.name());
    let mut requests = 0;
    for intent in &intents {
        let Ok(intended) = &intent.requests else { continue };
        for request in intended {
            requests += request.times;
            let times = if request.times > 1 { format!(" ({} times)", request.times) } else { String::new() };
            let token = request.token.as_deref().unwrap_or("no token");
            tell(format!("{:<44} {}{times}; {token}", name(intent), request.line));
        }
    }
    let skipped: Vec<(&Intent, &String)> =
        intents.iter().filter_map(|intent| Some((intent, intent.requests.as_ref().err()?))).collect();
    for (intent, reason) in &skipped {
        tell(format!("{:<44} would be skipped: {reason}", name(intent)));
    }
    let required =
        |Intent { case, .. }: &Intent| demands.required.iter().any(|one| is_case(one, &case.id, &case.variant));
    let lost = skipped.iter().filter(|(intent, _)| required(intent)).count();
    let played = intents.len() - skipped.len();
    terminal::say(&format!(
        "{played} cases would be played with {requests} requests, {} skipped{}; nothing was sent",
        skipped.len(),
        if lost > 0 { format!(", {lost} of them required: this gate could not say GO") } else { String::new() }
    ));
    Ok(if lost > 0 { Exit::Inconclusive } else { Exit::Passed })
}
