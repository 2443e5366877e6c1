//! `greenlight watch`: the burn-in after the switch. Round by round the positive controls and a share of the other cases are played at
//! a low rate, until the time is over or something gets in that must not.

mod rounds;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use runner::{Demands, Gate};
use scenario::{Profile, Scenario};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;

use crate::arguments::Protection;
use crate::exit::Exit;
use crate::files;
use crate::gate::{demands, scenarios};
use crate::mocks;
use crate::outputs::Outputs;
use crate::run::{Assembled, assemble, read_profile};
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;
use rounds::{Named, Rounds};

/// What the command takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File that says what is known about the instance.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: PathBuf,
    /// How long to watch, such as `30m`, `90s` or `2h`.
    #[arg(long = "for", value_name = "TIME", value_parser = span, default_value = "30m")]
    pub(crate) time: Duration,
    /// How long from the start of one round to that of the next.
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "30s")]
    pub(crate) every: Duration,
    /// So many cases are played in a round beside the controls; the next round goes on where this one ends.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) share: u16,
    /// Take the scenarios from this folder instead of those that come along.
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) protection: Protection,
    #[command(flatten)]
    pub(crate) outputs: Outputs,
}

/// Requests a second, unless the profile allows fewer.
const RATE: u64 = 5;
/// Requests under way at one time.
const CONCURRENCY: usize = 2;

/// Watches an instance. Standard output has one line of JSON for each round; people are told on the other one.
pub(crate) async fn watch(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Trouble> {
    arguments.outputs.distinct()?;
    let profile = slowly(read_profile(&files::read(&arguments.profile)?)?);
    let scenarios = scenarios(&profile, arguments.scenarios.as_deref(), terminal)?;
    let required = scenarios.iter().filter(|one| one.control).map(|one| one.id.clone()).collect();
    let demands = Demands { required, compares: false, ..demands(&profile, &scenarios)? };
    let Assembled { run, started } = assemble(scenarios, profile, &arguments.protection, terminal).await?;
    let ended = burn_in(run, demands, arguments, terminal).await;
    if let Some(started) = started {
        started.stop().await;
    }
    ended
}

fn slowly(mut profile: Profile) -> Profile {
    let limits = &mut profile.limits;
    limits.requests_per_second = Some(limits.requests_per_second.unwrap_or(RATE).min(RATE));
    limits.concurrency = limits.concurrency.min(CONCURRENCY);
    profile
}

async fn burn_in(
    run: runner::Run,
    demands: Demands,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Exit, Trouble> {
    let (controls, others) = playable(&run).await?;
    if controls.is_empty() {
        let message =
            "no positive control can be played with this profile, so that nothing it watches would prove anything";
        return Err(Trouble::usage(message).hint("`greenlight gate --dry-run` says what is missing"));
    }
    let rounds = plan(&controls, &others, arguments);
    let planned = rounds.iter().flatten().map(|scenario| scenario.case_count()).sum();
    let (stop, stopped) = watch::channel(false);
    let asked = mocks::asked_to_stop();
    let by_hand = stop.clone();
    tokio::spawn(async move {
        asked.await;
        let _ = by_hand.send(true);
    });

    let named = Named::new(arguments.outputs.open_beside(false, terminal)?, stop);
    let seen = named.seen();
    let mut telling = Rounds::new(Gate::new(demands, named), planned);
    let begun = Instant::now();
    for (number, scenarios) in rounds.into_iter().enumerate() {
        let at = begun + arguments.every * u32::try_from(number).unwrap_or(u32::MAX);
        let mut over = stopped.clone();
        tokio::select! {
            biased;
            _ = over.wait_for(|stopped| *stopped) => break,
            () = tokio::time::sleep_until(at.into()) => {}
        }
        seen.begin(number + 1);
        let run = runner::Run { scenarios, ..run.clone() };
        let over = async move { drop(over.wait_for(|stopped| *stopped).await) };
        runner::play(run, &mut telling, over).await.map_err(Trouble::fault)?;
        terminal::output(&format!("{}\n", seen.line(&now()?)));
    }
    let stopped = *stopped.borrow();
    telling.close(stopped, begun.elapsed())
}

/// The time in UTC, RFC 3339.
fn now() -> Result<String, Trouble> {
    OffsetDateTime::now_utc().truncate_to_second().format(&Rfc3339).map_err(Trouble::fault)
}

/// The scenarios that can be played here beside others: the controls, and the rest.
async fn playable(run: &runner::Run) -> Result<(Vec<Arc<Scenario>>, Vec<Arc<Scenario>>), Trouble> {
    let intents = runner::outline(run).await.map_err(Trouble::fault)?;
    let can = |scenario: &Scenario| intents.iter().any(|one| one.scenario.id == scenario.id && one.requests.is_ok());
    let all = run.scenarios.iter().filter(|scenario| !scenario.disturbs() && can(scenario)).cloned();
    Ok(all.partition(|scenario| scenario.control))
}

/// What each round plays: the controls and the next of the others, all of them in turn.
fn plan(controls: &[Arc<Scenario>], others: &[Arc<Scenario>], arguments: &Arguments) -> Vec<Vec<Arc<Scenario>>> {
    let rounds = arguments.time.as_millis().div_ceil(arguments.every.as_millis().max(1)).max(1);
    let mut turn = others.iter().cycle();
    let mut round = || {
        let (mut cases, mut chosen) = (0, controls.to_vec());
        while cases < usize::from(arguments.share)
            && let Some(next) = turn.next()
            && !chosen.iter().any(|one| one.id == next.id)
        {
            cases += next.case_count();
            chosen.push(Arc::clone(next));
        }
        chosen
    };
    (0..rounds).map(|_| round()).collect()
}

/// A span of time: a number and `s`, `m` or `h`.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and a unit: 90s, 30m, 2h".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => number,
        "m" => number.saturating_mul(60),
        "h" => number.saturating_mul(3600),
        _ => return Err(wrong()),
    };
    if seconds == 0 { Err("write more than nothing".to_owned()) } else { Ok(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests;
