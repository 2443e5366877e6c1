//! A whole run: the controls first, then everything else, side by side but told in order.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authsettings::{Request, Settings};
use results::{Closing, Event, Opening, Redactor, Reporter, Tally, Verdict};
use scenario::{Address, Case, Platform, Profile, Scenario};
use serve::Clock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::task::JoinHandle;
use wire::{Origin, Sender, SenderConfig, Trust};

use crate::compose::Destination;
use crate::control::Control;
use crate::form::Form;
use crate::issuer::Issuer;
use crate::plan::{Planned, plan};
use crate::player::{Allowance, Player};
use crate::ready::ready;
use crate::roles::Roles;
use crate::tokens::Tokens;

/// What is to be played, against what, and how.
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
    /// Whom to trust for the target's certificate.
    pub trust: Trust,
    /// What must not appear in any output.
    pub secrets: Vec<String>,
    /// How long to wait for a target that says it is starting; `Some` waits for one that refuses connections too.
    pub wait: Option<Duration>,
    /// The time.
    pub clock: Clock,
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
    let begun = Instant::now();
    let roles = Roles::new(&run.profile, run.settings.as_ref());
    let player = Arc::new(player(&run, &roles)?);
    let planned = run.scenarios.iter().map(|scenario| scenario.case_count()).sum();
    reporter.event(&Event::Opened(&Opening {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: player.redactor.text(&run.command),
        target: player.redactor.text(&format!("{}{}", player.destination.origin, player.destination.path)),
        configuration: run.configuration.clone(),
        started: rfc3339((run.clock)()),
        scenarios: run.scenarios.len(),
        planned,
    }))?;

    let mut session = Session {
        unreachable: None,
        control: Control::default(),
        tally: Tally::default(),
        concurrency: run.profile.limits.concurrency.max(1),
        player,
        reporter,
    };
    let (controls, others): (Vec<_>, Vec<_>) = run.scenarios.iter().cloned().partition(|scenario| scenario.control);
    let directory = run.issuer.as_deref().map(Issuer::directory);
    let planning = |case: &Case| plan(case, &run.profile, &roles, directory);
    let whole = async {
        let readiness = ready(&session.player, run.wait.unwrap_or(PATIENCE), run.wait.is_some());
        session.unreachable = readiness.await.err();
        session.play_all(&controls, &planning, true).await?;
        session.play_all(&others, &planning, false).await
    };
    let mut stop = pin!(stop);
    let interrupted = tokio::select! {
        played = whole => { played?; false }
        () = &mut stop => true,
    };

    let mut notes = session.notes(interrupted);
    notes.extend(run.notes);
    if session.unreachable.is_none() {
        notes.extend(run.advice);
    }
    let closing = session.tally.close(interrupted, rfc3339((run.clock)()), begun.elapsed().into(), notes);
    session.reporter.event(&Event::Closed(&closing))?;
    Ok(closing)
}

/// The state of a run that is under way.
struct Session<'a> {
    player: Arc<Player>,
    reporter: &'a mut dyn Reporter,
    control: Control,
    tally: Tally,
    concurrency: usize,
    /// Why the target cannot be reached at all.
    unreachable: Option<String>,
}

/// A case that is under way or was decided without being played.
enum Flight {
    Playing(JoinHandle<results::Case>),
    Decided(Box<results::Case>),
}

impl Session<'_> {
    /// Plays the cases of some scenarios side by side and tells them in order.
    async fn play_all(
        &mut self,
        scenarios: &[Arc<Scenario>],
        plan: &impl Fn(&Case) -> Planned,
        control: bool,
    ) -> Result<(), RunError> {
        let mut waiting = scenarios.iter().flat_map(|scenario| scenario.cases().map(move |case| (scenario, case)));
        let mut flights: VecDeque<(Arc<Scenario>, Case, AbortOnDrop)> = VecDeque::new();
        loop {
            while flights.len() < self.concurrency {
                let Some((scenario, case)) = waiting.next() else { break };
                self.reporter.event(&Event::Started { id: &case.id, variant: &case.variant })?;
                let flight = self.launch(scenario, &case, plan(&case));
                flights.push_back((Arc::clone(scenario), case, AbortOnDrop(flight)));
            }
            let Some((scenario, case, mut flight)) = flights.pop_front() else { return Ok(()) };
            let finished = self.land(&scenario, &case, &mut flight.0).await;
            let denies = case.steps.iter().any(|step| step.expect.outcome.is_denial());
            if control {
                self.control.finished(&finished);
            }
            let weighed = self.control.weigh(finished, denies, &self.player.redactor);
            self.tally.finished(&weighed);
            self.reporter.event(&Event::Finished(&weighed))?;
        }
    }

    fn launch(&self, scenario: &Arc<Scenario>, case: &Case, planned: Planned) -> Flight {
        let decided = match (planned, &self.unreachable) {
            (Planned::Skipped(reason), _) => Some((Verdict::Skip, reason)),
            (Planned::Ready, Some(reason)) => {
                Some((Verdict::Inconclusive, format!("the target cannot be reached: {reason}")))
            }
            (Planned::Ready, None) => None,
        };
        if let Some((verdict, reason)) = decided {
            return Flight::Decided(Box::new(self.player.unplayed(scenario, case, verdict, Some(&reason))));
        }
        let (player, scenario, case) = (Arc::clone(&self.player), Arc::clone(scenario), case.clone());
        Flight::Playing(tokio::spawn(async move { player.play(&scenario, &case).await }))
    }

    async fn land(&self, scenario: &Scenario, case: &Case, flight: &mut Flight) -> results::Case {
        match flight {
            Flight::Decided(case) => (**case).clone(),
            Flight::Playing(task) => match task.await {
                Ok(case) => case,
                Err(fault) => {
                    let reason = format!("greenlight itself failed here, please report it: {fault}");
                    self.player.unplayed(scenario, case, Verdict::Error, Some(&reason))
                }
            },
        }
    }

    /// What the reader should know about the run as a whole.
    fn notes(&self, interrupted: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if interrupted {
            notes.push("interrupted: what is told was played, the rest was not".to_owned());
        }
        if let Some(reason) = &self.unreachable {
            notes.push(format!("the target cannot be reached: {reason}"));
        }
        notes
    }
}

/// A case that nobody waits for any more is not played on.
struct AbortOnDrop(Flight);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Flight::Playing(task) = &self.0 {
            task.abort();
        }
    }
}

fn player(run: &Run, roles: &Roles) -> Result<Player, RunError> {
    let target = &run.profile.target;
    let Address::Url(url) = &target.address else { return Err(RunError::NoReference) };
    let limits = &run.profile.limits;
    let origin = Origin::new(url.https, &url.host, url.port);
    let host = origin.authority();
    let usual = Request { https: url.https, path: &target.path, query: None, host: &host, user_agent: None };
    Ok(Player {
        sender: Sender::new(SenderConfig {
            trust: run.trust.clone(),
            connect: limits.connect,
            first_byte: limits.answer,
            answer: limits.answer,
            max_body: limits.body_bytes,
            ..SenderConfig::default()
        })?,
        destination: Destination { origin, path: target.path.clone(), method: target.method.clone() },
        marker: target.marker.clone(),
        principal: target.principal.clone(),
        form: match target.platform {
            Platform::EasyAuth => run.settings.as_ref().map_or(Form::USUAL, |settings| Form::of(settings, &usual)),
            Platform::Other => Form::Any,
        },
        strict: run.profile.strict,
        tokens: Tokens::new(run.issuer.clone(), roles.clone()),
        redactor: Redactor::new(&run.secrets),
        clock: Arc::clone(&run.clock),
        allowance: Allowance::new(limits),
        ca: target.ca.as_ref().map(|file| file.display().to_string()),
    })
}

fn rfc3339(at: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
