//! Many short runs, told as one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use results::{AnsweredBy, Case, Closing, Event, Opening, Reporter, Tally, Verdict};
use runner::Gate;
use serde_json::json;
use tokio::sync::watch;

use crate::exit::Exit;
use crate::gate::exit;
use crate::trouble::Trouble;

/// Tells all rounds to a gate as one run: opened once, closed once.
pub(super) struct Rounds {
    gate: Gate<Named>,
    planned: usize,
    opened: bool,
    /// How the latest round ended.
    latest: Option<Closing>,
}

/// Tells cases on under the number of their round, and takes note of what they came to.
pub(super) struct Named {
    inner: Box<dyn Reporter>,
    seen: Seen,
    /// Ends the watch.
    stop: watch::Sender<bool>,
}

/// What a round came to.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Round>>);

#[derive(Default)]
struct Round {
    number: usize,
    tally: Tally,
    breaches: Vec<String>,
}

impl Rounds {
    pub(super) fn new(gate: Gate<Named>, planned: usize) -> Self {
        Self { gate, planned, opened: false, latest: None }
    }

    /// Ends the watch with everything that was told so far.
    pub(super) fn close(mut self, stopped: bool, took: Duration) -> Result<Exit, Trouble> {
        let Some(closing) = self.latest.take() else {
            return Err(Trouble::unreachable("the watch was stopped before its first round"));
        };
        let closing =
            Closing { interrupted: closing.interrupted || stopped, duration_ms: Some(took.into()), ..closing };
        self.gate.event(&Event::Closed(&closing)).map_err(Trouble::fault)?;
        let decision = self.gate.decision().ok_or_else(|| Trouble::fault("the watch did not end"))?;
        Ok(exit(decision, closing.verdict))
    }
}

impl Reporter for Rounds {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(_) if self.opened => Ok(()),
            Event::Opened(opening) => {
                self.opened = true;
                let opening = Opening { planned: self.planned, ..(*opening).clone() };
                self.gate.event(&Event::Opened(&opening))
            }
            Event::Started { .. } | Event::Finished(_) => self.gate.event(event),
            Event::Closed(closing) => {
                self.latest = Some((*closing).clone());
                Ok(())
            }
        }
    }
}

impl Named {
    pub(super) fn new(inner: Box<dyn Reporter>, stop: watch::Sender<bool>) -> Self {
        Self { inner, seen: Seen::default(), stop }
    }

    /// What the rounds come to.
    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }
}

impl Reporter for Named {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Event::Finished(case) = event else { return self.inner.event(event) };
        let mut round = self.seen.round();
        round.tally.finished(case);
        if is_breach(case) {
            round.breaches.push(case.id.clone());
            // Nobody waits for the end of a watch that is over.
            let _ = self.stop.send(true);
        }
        let name = format!("round={}", round.number);
        drop(round);
        let variant = if case.variant.is_empty() { name } else { format!("{},{name}", case.variant) };
        self.inner.event(&Event::Finished(&Case { variant, ..(*case).clone() }))
    }
}

impl Seen {
    fn round(&self) -> MutexGuard<'_, Round> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a round.
    pub(super) fn begin(&self, number: usize) {
        *self.round() = Round { number, ..Round::default() };
    }

    /// The round as a line of JSON, at a time in RFC 3339.
    pub(super) fn line(&self, at: &str) -> String {
        let round = self.round();
        let counts = serde_json::to_value(round.tally.summary()).unwrap_or_default();
        json!({ "round": round.number, "at": at, "summary": counts, "breaches": round.breaches }).to_string()
    }
}

/// Whether the function answered where it must not.
fn is_breach(case: &Case) -> bool {
    case.verdict == Verdict::Fail && !case.lets_in() && case.observed.answered_by == AnsweredBy::App
}
