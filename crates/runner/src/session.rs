//! A run that is under way: cases side by side, told in order.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use results::{Closing, Event, Reporter, Tally, Verdict};
use scenario::{Case, Scenario};
use tokio::task::JoinHandle;

use crate::control::Control;
use crate::plan::Planned;
use crate::player::Player;
use crate::ready::ready;

/// The state of a run that is under way.
pub(crate) struct Session<'a> {
    player: Arc<Player>,
    reporter: &'a mut dyn Reporter,
    control: Control,
    tally: Tally,
    concurrency: usize,
    /// Why the target cannot be reached at all.
    unreachable: Option<String>,
    interrupted: bool,
}

/// A case that is under way, or that was decided without being played.
struct Flight {
    scenario: Arc<Scenario>,
    case: Case,
    state: State,
}

enum State {
    Playing(JoinHandle<results::Case>),
    Decided(Box<results::Case>),
}

impl<'a> Session<'a> {
    /// Before anything was sent.
    pub(crate) fn new(player: Arc<Player>, reporter: &'a mut dyn Reporter, concurrency: usize) -> Self {
        Self {
            player,
            reporter,
            control: Control::default(),
            tally: Tally::default(),
            concurrency: concurrency.max(1),
            unreachable: None,
            interrupted: false,
        }
    }

    /// Waits for a target that is still starting; see [`ready`].
    pub(crate) async fn reach(&mut self, patience: Duration, insist: bool, stop: Pin<&mut impl Future<Output = ()>>) {
        tokio::select! {
            biased;
            () = stop => self.interrupted = true,
            readiness = ready(&self.player, patience, insist) => self.unreachable = readiness.err(),
        }
    }

    /// Plays the cases of some scenarios side by side and tells them in order. When `stop` completes, what has ended by then is
    /// told and nothing more is played.
    pub(crate) async fn play(
        &mut self,
        scenarios: &[Arc<Scenario>],
        plan: &impl Fn(&Case) -> Planned,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<()> {
        if self.interrupted {
            return Ok(());
        }
        let mut waiting = scenarios.iter().flat_map(|scenario| scenario.cases().map(move |case| (scenario, case)));
        let mut flights: VecDeque<Flight> = VecDeque::new();
        loop {
            while flights.len() < self.concurrency {
                let Some((scenario, case)) = waiting.next() else { break };
                self.reporter.event(&Event::Started { id: &case.id, variant: &case.variant })?;
                let planned = plan(&case);
                flights.push_back(self.launch(scenario, case, planned));
            }
            let Some(first) = flights.front_mut() else { return Ok(()) };
            tokio::select! {
                biased;
                () = stop.as_mut() => {
                    self.interrupted = true;
                    break;
                }
                finished = first.land(&self.player) => {
                    self.tell(first.scenario.control, &first.case, finished)?;
                    flights.pop_front();
                }
            }
        }
        for mut flight in flights {
            if flight.is_over() {
                let finished = flight.land(&self.player).await;
                self.tell(flight.scenario.control, &flight.case, finished)?;
            }
        }
        Ok(())
    }

    /// What the reader should know about the run as a whole.
    pub(crate) fn notes(&self) -> Vec<String> {
        let interrupted = self.interrupted.then(|| "interrupted: what is told was played, the rest was not".to_owned());
        let unreachable = self.unreachable.as_ref().map(|reason| format!("the target cannot be reached: {reason}"));
        interrupted.into_iter().chain(unreachable).collect()
    }

    /// Whether the target could be reached.
    pub(crate) fn reached(&self) -> bool {
        self.unreachable.is_none()
    }

    /// Ends the run.
    pub(crate) fn close(self, finished: String, duration: Duration, notes: Vec<String>) -> io::Result<Closing> {
        let closing = self.tally.close(self.interrupted, finished, duration.into(), notes);
        self.reporter.event(&Event::Closed(&closing))?;
        Ok(closing)
    }

    fn launch(&self, scenario: &Arc<Scenario>, case: Case, planned: Planned) -> Flight {
        let decided = match (planned, &self.unreachable) {
            (Planned::Skipped(reason), _) => Some((Verdict::Skip, reason)),
            (Planned::Ready, Some(reason)) => {
                Some((Verdict::Inconclusive, format!("the target cannot be reached: {reason}")))
            }
            (Planned::Ready, None) => None,
        };
        let scenario = Arc::clone(scenario);
        let state = if let Some((verdict, reason)) = decided {
            State::Decided(Box::new(self.player.unplayed(&scenario, &case, verdict, Some(&reason))))
        } else {
            let (player, scenario, case) = (Arc::clone(&self.player), Arc::clone(&scenario), case.clone());
            State::Playing(tokio::spawn(async move { player.play(&scenario, &case).await }))
        };
        Flight { scenario, case, state }
    }

    fn tell(&mut self, control: bool, case: &Case, finished: results::Case) -> io::Result<()> {
        if control {
            self.control.finished(&finished);
        }
        let denies = case.exchanges().any(|step| step.expect.outcome.is_denial());
        let weighed = self.control.weigh(finished, denies, &self.player.redactor);
        self.tally.finished(&weighed);
        self.reporter.event(&Event::Finished(&weighed))
    }
}

impl Flight {
    fn is_over(&self) -> bool {
        match &self.state {
            State::Decided(_) => true,
            State::Playing(task) => task.is_finished(),
        }
    }

    /// Waits for the case's end. May be given up and asked again, until it has answered.
    async fn land(&mut self, player: &Player) -> results::Case {
        match &mut self.state {
            State::Decided(case) => (**case).clone(),
            State::Playing(task) => match task.await {
                Ok(case) => case,
                Err(fault) => {
                    let reason = format!("greenlight itself failed here, please report it: {fault}");
                    player.unplayed(&self.scenario, &self.case, Verdict::Error, Some(&reason))
                }
            },
        }
    }
}

/// A case that nobody waits for any more is not played on.
impl Drop for Flight {
    fn drop(&mut self) {
        if let State::Playing(task) = &self.state {
            task.abort();
        }
    }
}
