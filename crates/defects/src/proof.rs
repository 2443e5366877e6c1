//! The proof that scenarios and defects are worth something: one bout for each defect, and one for each way of being correct.

mod bout;
mod choice;
mod ground;
mod matrix;
mod replay;
mod setup;
mod suite;
mod variations;

use std::convert::identity;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use defects::Defect;
use results::Verdict;
use scenario::Scenario;
use tokio::runtime::Runtime;

pub(crate) use choice::{Choice, Varied};
pub(crate) use ground::Ground;
pub(crate) use matrix::Matrix;
pub(crate) use suite::Suite;

use bout::{Told, bout, is_apart};
use ground::Plant;
use replay::Replay;
use setup::Setup;
use variations::Configuration;

/// Bouts side by side for each core: while one waits for an issuer that hangs, others work.
const BOUTS_A_CORE: usize = 8;

/// Cases that need an app of their own take ten times as long as others. They are played against the flaws of these themes, which are
/// about keys and how they come, and against every flaw that shows in no other case.
const ABOUT_KEYS: [&str; 2] = ["issuer", "signature"];

/// Whose bout it is.
enum Subject {
    /// An app with one flaw, under the settings of the fixtures.
    Flawed(&'static str, Defect),
    /// An app without a flaw.
    Sound(Box<Configuration>),
}

/// A bout that is over.
struct Played {
    /// Its place in the order in which bouts are told.
    at: usize,
    subject: Subject,
    told: Vec<Told>,
    /// How many cases were sent.
    cases: usize,
    duration: Duration,
}

/// Plays everything that was chosen, several bouts side by side.
pub(crate) fn play(runtime: &Runtime, ground: &Arc<Ground>, suite: &Suite) -> Result<Matrix> {
    let begun = Instant::now();
    let replay = Arc::new(runtime.block_on(Replay::record(ground, &suite.scenarios, &suite.setup))?);
    let subjects = subjects(suite);
    let all = subjects.len();
    let waiting = Mutex::new(subjects.into_iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let played = Mutex::new(Vec::with_capacity(all));
    let work = || -> Result<()> {
        while let Some((at, subject)) = next() {
            let over = runtime.block_on(play_one(ground, suite, &replay, at, subject))?;
            let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
            played.push(over);
            progress(played.len(), all);
        }
        Ok(())
    };
    let at_once = available_parallelism().map_or(1, usize::from) * BOUTS_A_CORE;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a bout panicked")))
    })?;
    let mut played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.sort_by_key(|played: &Played| played.at);
    Ok(Matrix::of(suite, played, begun.elapsed()))
}

fn subjects(suite: &Suite) -> Vec<Subject> {
    let sound = suite.configurations().into_iter().map(|one| Subject::Sound(Box::new(one)));
    sound.chain(suite.defects.iter().map(|(theme, defect)| Subject::Flawed(theme, *defect))).collect()
}

async fn play_one(
    ground: &Arc<Ground>,
    suite: &Suite,
    replay: &Arc<Replay>,
    at: usize,
    subject: Subject,
) -> Result<Played> {
    let begun = Instant::now();
    let (told, cases) = match &subject {
        Subject::Flawed(theme, defect) => flawed(ground, suite, replay, theme, defect.apply).await?,
        Subject::Sound(configuration) => sent(ground, &suite.scenarios, &configuration.setup, identity).await?,
    };
    Ok(Played { at, subject, told, cases, duration: begun.elapsed() })
}

/// Plays what may end otherwise than against a sound app; everything where that catches nothing.
async fn flawed(
    ground: &Arc<Ground>,
    suite: &Suite,
    replay: &Arc<Replay>,
    theme: &str,
    plant: Plant,
) -> Result<(Vec<Told>, usize)> {
    let differing = replay.differing(ground, plant).await;
    let apart = differing.is_empty() || ABOUT_KEYS.contains(&theme);
    let differs = |scenario: &Arc<Scenario>| differing.iter().any(|one| Arc::ptr_eq(one, scenario));
    let chosen = |scenario: &&Arc<Scenario>| scenario.control || differs(scenario) || (apart && is_apart(scenario));
    let scenarios: Vec<Arc<Scenario>> = suite.scenarios.iter().filter(chosen).cloned().collect();
    let (told, cases) = sent(ground, &scenarios, &suite.setup, plant).await?;
    if scenarios.len() == suite.scenarios.len() || told.iter().any(|told| told.verdict == Verdict::Fail) {
        return Ok((told, cases));
    }
    let (told, more) = sent(ground, &suite.scenarios, &suite.setup, plant).await?;
    Ok((told, cases + more))
}

/// Plays scenarios, and says how many cases that were.
async fn sent(
    ground: &Arc<Ground>,
    scenarios: &[Arc<Scenario>],
    setup: &Setup,
    plant: Plant,
) -> Result<(Vec<Told>, usize)> {
    let cases = scenarios.iter().map(|scenario| scenario.case_count()).sum();
    Ok((bout(ground, scenarios, setup, plant).await?, cases))
}

/// Shows a person who waits how far it is.
fn progress(played: usize, all: usize) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let end = if played == all { "\r\x1b[K" } else { "" };
        let _ = write!(stderr, "\r{played} of {all}{end}");
    }
}
