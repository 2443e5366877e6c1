//! A run that is under way: cases side by side, told in order.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use results::{Closing, Comparison, Event, Reporter, Strength, Tally, Verdict};
use scenario::{Case, Door, Scenario};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::clocks;
use crate::control::{Controls, got_in};
use crate::instances::led_to;
use crate::plan::Planned;
use crate::player::{Ended, Player};
use crate::ready::{ready, steady};

/// How far ahead of the case that is told next others are launched, in multiples of what may be under way at one time: one slow case
/// must not hold up those behind it.
const LOOK_AHEAD: usize = 8;
/// A target that calls back does so while it looks at a token or right after; it is given at least so long.
const GRACE: Duration = Duration::from_millis(150);
/// So many cases are held back for that to the end of the run; of more, the first are told before.
const HELD: usize = 1024;

/// The state of a run that is under way.
pub(crate) struct Session<'a> {
    player: Arc<Player>,
    reporter: &'a mut dyn Reporter,
    controls: Controls,
    tally: Tally,
    turns: Arc<Semaphore>,
    concurrency: usize,
    /// Cases that need to be alone.
    alone: Vec<(Arc<Scenario>, Case)>,
    /// Cases that told the target where to call back to: they are told last, for it may come late.
    held: VecDeque<Held>,
    /// Why the target cannot be reached at all.
    unreachable: Option<String>,
    interrupted: bool,
}

/// A case that has ended and is not told yet.
struct Held {
    way: Door,
    takes_refusal: bool,
    ended: Ended,
    at: Instant,
}

/// A case that is under way, or that was decided without being played.
struct Flight {
    scenario: Arc<Scenario>,
    case: Case,
    state: State,
}

enum State {
    /// How it ended is there before its turn is passed on: whoever stops the run once the next has begun finds this one.
    Playing {
        task: JoinHandle<()>,
        ended: oneshot::Receiver<Ended>,
    },
    Decided(Box<results::Case>),
}

impl<'a> Session<'a> {
    /// Before anything was sent.
    pub(crate) fn new(player: Arc<Player>, reporter: &'a mut dyn Reporter, concurrency: usize) -> Self {
        let concurrency = concurrency.max(1);
        Self {
            player,
            reporter,
            controls: Controls::default(),
            tally: Tally::default(),
            turns: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            alone: Vec::new(),
            held: VecDeque::new(),
            unreachable: None,
            interrupted: false,
        }
    }

    /// Nothing is played from now on.
    pub(crate) fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// Waits for a target that is still starting; see [`ready`].
    pub(crate) async fn reach(
        &mut self,
        patience: Duration,
        insist: bool,
        steadily: bool,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) {
        if self.interrupted {
            return;
        }
        let reach = async {
            let reached = ready(&self.player, patience, insist).await;
            reached.map_err(|reason| format!("the target cannot be reached: {reason}"))?;
            if steadily { steady(&self.player, patience).await } else { Ok(()) }
        };
        tokio::select! {
            biased;
            () = stop => self.interrupted = true,
            readiness = reach => self.unreachable = readiness.err(),
        }
    }

    /// Plays the cases of some scenarios side by side and tells them in order. When `stop` completes, what has ended by then is
    /// told and nothing more is played. Those that need to be alone are kept for later.
    pub(crate) async fn play(
        &mut self,
        scenarios: &[Arc<Scenario>],
        plan: &impl Fn(&Scenario, &Case) -> Planned,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<()> {
        let cases =
            scenarios.iter().flat_map(|scenario| scenario.cases().map(move |case| (Arc::clone(scenario), case)));
        let planned = cases.map(|(scenario, case)| {
            let planned = plan(&scenario, &case);
            (scenario, case, planned)
        });
        self.side_by_side(planned, self.concurrency * LOOK_AHEAD, stop).await
    }

    /// Plays those that need to be alone, one after the other. A target may remember what the issuer said in the one before: one that
    /// takes no valid token for it is asked nothing more.
    pub(crate) async fn play_alone(
        &mut self,
        controls: &[Arc<Scenario>],
        plan: &impl Fn(&Scenario, &Case) -> Planned,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<()> {
        let mut before: Option<String> = None;
        for (scenario, case) in std::mem::take(&mut self.alone) {
            let planned = match &before {
                Some(before) if !self.interrupted && !self.still_lets_in(controls, plan).await => {
                    Planned::Skipped(format!(
                        "the target takes no valid token since `{before}`, for it keeps what the issuer said then: play this \
                         case by itself"
                    ))
                }
                _ => {
                    before = Some(case.name());
                    Planned::Ready
                }
            };
            self.side_by_side(std::iter::once((scenario, case, planned)), 1, stop.as_mut()).await?;
        }
        Ok(())
    }

    /// Whether the target lets in whom it let in before.
    async fn still_lets_in(&self, controls: &[Arc<Scenario>], plan: &impl Fn(&Scenario, &Case) -> Planned) -> bool {
        self.player.tokens.begin_anew();
        for scenario in controls {
            let direct = |case: &Case| case.way() == Door::Function && plan(scenario, case) == Planned::Ready;
            for case in scenario.cases().filter(direct) {
                if self.controls.hold(Door::Function)
                    && !self.player.allowance.is_used_up()
                    && !got_in(&self.player.play(scenario, &case).await.case)
                {
                    return false;
                }
            }
        }
        true
    }

    async fn side_by_side(
        &mut self,
        mut waiting: impl Iterator<Item = (Arc<Scenario>, Case, Planned)>,
        most: usize,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<()> {
        if self.interrupted {
            return Ok(());
        }
        let mut flights: VecDeque<Flight> = VecDeque::new();
        loop {
            while flights.len() < most {
                let Some((scenario, case, planned)) = waiting.next() else { break };
                if planned == Planned::Alone && self.unreachable.is_none() {
                    self.alone.push((scenario, case));
                    continue;
                }
                self.reporter.event(&Event::Started { id: &case.id, variant: &case.variant })?;
                flights.push_back(self.launch(scenario, case, planned));
            }
            let Some(first) = flights.front_mut() else { return Ok(()) };
            tokio::select! {
                biased;
                () = stop.as_mut() => {
                    self.interrupted = true;
                    break;
                }
                ended = first.land(&self.player) => {
                    self.ended(first.scenario.control, &first.case, ended)?;
                    flights.pop_front();
                    self.tell_held_but(HELD).await?;
                }
            }
        }
        for mut flight in flights {
            if flight.is_over() {
                let ended = flight.land(&self.player).await;
                self.ended(flight.scenario.control, &flight.case, ended)?;
            }
        }
        Ok(())
    }

    /// Plays what is to be asked of every instance that answered, where several were told apart.
    pub(crate) async fn play_at_instances(
        &mut self,
        scenarios: &[Arc<Scenario>],
        plan: &impl Fn(&Scenario, &Case) -> Planned,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<()> {
        let instances = self.player.instances.several();
        let scenarios = scenarios.iter().filter(|scenario| scenario.every_instance);
        let cases = scenarios.flat_map(|scenario| scenario.cases().map(move |case| (scenario, case)));
        let asked = cases.filter(|(scenario, case)| plan(scenario, case) == Planned::Ready);
        let led = asked.flat_map(|(scenario, case)| {
            let instances = &instances;
            instances.iter().map(move |one| (Arc::clone(scenario), led_to(&case, one, instances), Planned::Ready))
        });
        self.side_by_side(led, self.concurrency * LOOK_AHEAD, stop).await
    }

    /// Plays the controls again that let their caller in. One that does not any more is told as a case of its own: what came in
    /// between may have locked everybody out.
    pub(crate) async fn play_again(
        &mut self,
        controls: &[Arc<Scenario>],
        plan: &impl Fn(&Scenario, &Case) -> Planned,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> io::Result<()> {
        if self.interrupted || self.unreachable.is_some() {
            return Ok(());
        }
        for scenario in controls {
            for mut case in scenario.cases().filter(|case| plan(scenario, case) == Planned::Ready) {
                if !self.controls.hold(case.way()) {
                    continue;
                }
                if self.player.allowance.is_used_up() {
                    return Ok(());
                }
                let again = if case.variant.is_empty() { "played=again" } else { ",played=again" };
                case.variant.push_str(again);
                let ended = tokio::select! {
                    biased;
                    () = stop.as_mut() => {
                        self.interrupted = true;
                        return Ok(());
                    }
                    ended = self.player.play(scenario, &case) => ended,
                };
                if !got_in(&ended.case) {
                    self.reporter.event(&Event::Started { id: &case.id, variant: &case.variant })?;
                    self.ended(false, &case, ended)?;
                }
            }
        }
        Ok(())
    }

    /// Tells the cases that were held back, and whether the target came late.
    pub(crate) async fn tell_held(&mut self) -> io::Result<()> {
        self.tell_held_but(0).await
    }

    /// Tells the first of the cases that were held back, so that no more than `most` are left.
    async fn tell_held_but(&mut self, most: usize) -> io::Result<()> {
        while let Some(Held { way, takes_refusal, mut ended, at }) =
            (self.held.len() > most).then(|| self.held.pop_front()).flatten()
        {
            if !self.interrupted {
                tokio::time::sleep(GRACE.saturating_sub(at.elapsed())).await;
            }
            let hits = self.player.forget_hits(&ended.places);
            if let Some(hit) = hits.first()
                && ended.case.verdict != Verdict::Fail
            {
                let redactor = &self.player.redactor;
                let compared = Comparison {
                    what: "callback".to_owned(),
                    expected: "none".to_owned(),
                    observed: redactor.text(&format!("{hit}, after the case")),
                    holds: false,
                    strength: Strength::Must,
                };
                (ended.case.verdict, ended.case.reason) = (Verdict::Fail, Some(redactor.text(&compared.phrase())));
                ended.case.compared.push(compared);
            }
            self.tell(way, takes_refusal, ended.case)?;
        }
        Ok(())
    }

    /// What the reader should know about the run as a whole.
    pub(crate) fn notes(&self) -> Vec<String> {
        let interrupted = self.interrupted.then(|| "interrupted: what is told was played, the rest was not".to_owned());
        let clocks = self.player.clock_trouble().map(clocks::told);
        let clocks = clocks.map(|told| format!("{told}: cases that rest on a token's times prove nothing"));
        let instances = self.player.instances.told();
        interrupted.into_iter().chain(self.unreachable.clone()).chain(clocks).chain(instances).collect()
    }

    /// Whether the target could be reached.
    pub(crate) fn reached(&self) -> bool {
        self.unreachable.is_none()
    }

    /// Whether it was stopped before its end.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Ends the run.
    pub(crate) fn close(self, finished: String, duration: Duration, notes: Vec<String>) -> io::Result<Closing> {
        let player = &self.player;
        let suspects = player.suspects.as_ref().zip(player.settings.as_ref());
        let likeliest = suspects.map(|(suspects, believed)| suspects.likeliest(believed, &player.world));
        let told = likeliest.into_iter().flatten().map(|one| player.redactor.text(&one)).collect();
        let closing = self.tally.close(self.interrupted, finished, duration.into(), notes);
        let closing = Closing { suspects: told, ..closing };
        self.reporter.event(&Event::Closed(&closing))?;
        Ok(closing)
    }

    fn launch(&self, scenario: Arc<Scenario>, case: Case, planned: Planned) -> Flight {
        let decided = match (planned, &self.unreachable) {
            (Planned::Skipped(reason), _) => Some((Verdict::Skip, reason)),
            (Planned::Ready | Planned::Alone, Some(reason)) => Some((Verdict::Inconclusive, reason.clone())),
            (Planned::Ready | Planned::Alone, None) => None,
        };
        let state = if let Some((verdict, reason)) = decided {
            State::Decided(Box::new(self.player.unplayed(&scenario, &case, verdict, Some(&reason))))
        } else {
            let player = Arc::clone(&self.player);
            let (scenario, case) = (Arc::clone(&scenario), case.clone());
            let (tell, ended) = oneshot::channel();
            // It stands in line from now on: cases are played in the order of the plan, whichever task runs first.
            let mut turn = Box::pin(Arc::clone(&self.turns).acquire_owned());
            let at_once = turn.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let task = tokio::spawn(async move {
                // Nobody ever closes the semaphore; a case that got no turn would be played all the same.
                let _turn = match at_once {
                    Poll::Ready(turn) => turn,
                    Poll::Pending => turn.await,
                };
                // Where nobody waits for it any more the run has been stopped.
                let _ = tell.send(player.play(&scenario, &case).await);
            });
            State::Playing { task, ended }
        };
        Flight { scenario, case, state }
    }

    fn ended(&mut self, control: bool, case: &Case, ended: Ended) -> io::Result<()> {
        if control {
            self.controls.finished(case.way(), &ended.case);
        }
        let (way, takes_refusal) = (case.way(), case.takes_refusal());
        if ended.places.is_empty() {
            return self.tell(way, takes_refusal, ended.case);
        }
        self.held.push_back(Held { way, takes_refusal, ended, at: Instant::now() });
        Ok(())
    }

    fn tell(&mut self, way: Door, takes_refusal: bool, finished: results::Case) -> io::Result<()> {
        let weighed = self.controls.weigh(way, finished, takes_refusal, &self.player.redactor);
        self.tally.finished(&weighed);
        self.reporter.event(&Event::Finished(&weighed))
    }
}

impl Flight {
    fn is_over(&self) -> bool {
        match &self.state {
            State::Decided(_) => true,
            State::Playing { task, ended } => !ended.is_empty() || task.is_finished(),
        }
    }

    /// Waits for the case's end. May be given up and asked again, until it has answered.
    async fn land(&mut self, player: &Player) -> Ended {
        let unplaced = |case| Ended { case, places: Vec::new() };
        match &mut self.state {
            State::Decided(case) => unplaced((**case).clone()),
            State::Playing { task, ended } => {
                if !ended.is_terminated()
                    && let Ok(ended) = ended.await
                {
                    return ended;
                }
                let fault = task.await.err().map_or_else(String::new, |fault| format!(": {fault}"));
                let reason = format!("greenlight itself failed here, please report it{fault}");
                unplaced(player.unplayed(&self.scenario, &self.case, Verdict::Error, Some(&reason)))
            }
        }
    }
}

/// A case that nobody waits for any more is not played on.
impl Drop for Flight {
    fn drop(&mut self) {
        if let State::Playing { task, .. } = &self.state {
            task.abort();
        }
    }
}
