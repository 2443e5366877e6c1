//! Go, no-go or inconclusive: what a run means for a switch of traffic.
//!
//! A [`Gate`] stands between a run and its reporters. Failures that somebody waives pass it as warnings, cases that are required are
//! ticked off, and with the end of the run comes the decision. It learns nothing that the result document does not say.

mod alike;
mod in_force;
mod remedy;

use std::io;

use results::{
    AnsweredBy, Case, Closing, Decision, Event, Go, Milliseconds, Observed, Opening, Redacted, Redactor, Reporter,
    RunVerdict, Severity, Strength, Tally, Verdict,
};
use scenario::{Waived, is_case};

use alike::Good;
use in_force::InForce;

/// What a gate asks of a run.
#[derive(Debug, Clone, Default)]
pub struct Demands {
    /// The cases without which it does not open, by scenario or case.
    pub required: Vec<String>,
    /// Failures that somebody answers for, for a time.
    pub waivers: Vec<Waived>,
    /// Whether the good answers of the new instance and of the previous one are held against each other.
    pub compares: bool,
    /// Whether the target must answer as its settings foretell, or should; none: no settings are known.
    pub in_force: Option<Strength>,
    /// The day in UTC, as `2027-01-31`: later than the last day of a waiver, it counts no more.
    pub today: String,
}

/// Decides about a run while it is told to another reporter.
pub struct Gate<R> {
    inner: R,
    tally: Tally,
    required: Vec<Required>,
    waivers: Vec<Waiver>,
    today: String,
    failures: Vec<Failure>,
    /// The first case that proved nothing or could not be played to its end, and why.
    unproven: Option<String>,
    good: Option<Good>,
    in_force: Option<(Strength, InForce)>,
    decision: Option<Decision>,
}

struct Required {
    name: String,
    /// How many of its cases were played to a verdict that counts.
    proven: usize,
    /// Why the first one was not.
    missing: Option<String>,
}

struct Waiver {
    waived: Waived,
    used: bool,
}

/// What is remembered of a failure.
struct Failure {
    severity: Severity,
    control: bool,
    case: String,
    reason: String,
    remedy: String,
}

/// So many remedies are told.
const REMEDIES: usize = 5;
/// So many failures are remembered: one case of each scenario would be enough.
const FAILURES: usize = 2048;

impl<R: Reporter> Gate<R> {
    /// Before the run.
    pub fn new(demands: Demands, inner: R) -> Self {
        let required = demands.required.into_iter().map(|name| Required { name, proven: 0, missing: None });
        let waivers = demands.waivers.into_iter().map(|waived| Waiver { waived, used: false });
        Self {
            inner,
            tally: Tally::default(),
            required: required.collect(),
            waivers: waivers.collect(),
            today: demands.today,
            failures: Vec::new(),
            unproven: None,
            good: demands.compares.then(Good::default),
            in_force: demands.in_force.map(|strength| (strength, InForce::default())),
            decision: None,
        }
    }

    /// What was decided; none before the end of the run.
    pub fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// A case as it is told on: a failure that is waived today is a warning.
    fn weigh(&mut self, case: &Case) -> Case {
        let mut case = case.clone();
        let covers = |waiver: &&mut Waiver| waiver.waived.covers(&case.id, &case.variant);
        if case.verdict == Verdict::Fail
            && let Some(waiver) = self.waivers.iter_mut().find(covers)
        {
            waiver.used = true;
            if waiver.waived.waiver.until >= self.today {
                case.verdict = Verdict::Warn;
                case.waiver = Some(waiver.waived.waiver.clone());
            }
        }
        case
    }

    fn tick_off(&mut self, case: &Case) {
        let required = self.required.iter_mut().filter(|one| is_case(&one.name, &case.id, &case.variant));
        for one in required {
            match case.verdict {
                Verdict::Pass | Verdict::Warn | Verdict::Fail | Verdict::Recorded => one.proven += 1,
                Verdict::Skip | Verdict::Inconclusive | Verdict::Error => {
                    let reason = case.reason.as_ref().map_or("", Redacted::as_str);
                    one.missing.get_or_insert_with(|| format!("`{}` in {}: {reason}", case.name(), case.verdict));
                }
            }
        }
        if matches!(case.verdict, Verdict::Inconclusive | Verdict::Error) {
            let reason = case.reason.as_ref().map_or("", Redacted::as_str);
            self.unproven.get_or_insert_with(|| format!("`{}`: {reason}", case.name()));
        }
        if case.verdict == Verdict::Fail && self.failures.len() < FAILURES {
            self.failures.push(Failure {
                severity: case.severity,
                control: case.lets_in(),
                case: case.name(),
                reason: case.reason.as_ref().map_or_else(String::new, |reason| reason.as_str().to_owned()),
                remedy: remedy::of(case),
            });
        }
    }

    fn decide(&mut self, closing: &Closing) -> Decision {
        let redactor = Redactor::default();
        let told = |text: String| redactor.text(&text);
        // What is wrong with the door as a whole comes before what follows from it.
        self.failures.sort_by_key(|failure| (!failure.control, failure.severity));
        if let Some(first) = self.failures.first() {
            let others = match self.tally.summary().fail.saturating_sub(1) {
                0 => String::new(),
                1 => "; one more case failed".to_owned(),
                others => format!("; {others} more cases failed"),
            };
            let mut remedies: Vec<Redacted> = closing.suspects.clone();
            // Where a caller that should get in does not, what fails beside that follows from it.
            for failure in self.failures.iter().filter(|failure| failure.control || !first.control) {
                let remedy = told(failure.remedy.clone());
                if !failure.remedy.is_empty() && !remedies.contains(&remedy) && remedies.len() < REMEDIES {
                    remedies.push(remedy);
                }
            }
            let why = told(format!("`{}`: {}{others}", first.case, first.reason));
            return Decision { word: Go::NoGo, why, remedies };
        }
        if let Some(why) = self.lacking(closing) {
            return Decision { word: Go::Inconclusive, why: told(why), remedies: Vec::new() };
        }
        let (held, required) = (closing.summary.pass + closing.summary.warn, self.required.len());
        let why = told(format!("{held} cases held, with all {required} that are required"));
        Decision { word: Go::Go, why, remedies: Vec::new() }
    }

    /// Why nothing is decided though nothing failed.
    fn lacking(&self, closing: &Closing) -> Option<String> {
        if closing.interrupted {
            return Some("the run was stopped before its end".to_owned());
        }
        let unmet = self.required.iter().find(|one| one.missing.is_some() || one.proven == 0);
        if let Some(one) = unmet {
            return Some(match &one.missing {
                Some(missing) => format!("a required case ended without proof: {missing}"),
                None => format!("`{}` is required, and no case of it was played", one.name),
            });
        }
        let cases = |count: usize| if count == 1 { "1 case".to_owned() } else { format!("{count} cases") };
        let first = self.unproven.as_ref().map(|first| format!(", first {first}")).unwrap_or_default();
        match closing.verdict {
            RunVerdict::Pass => None,
            RunVerdict::Fail | RunVerdict::Inconclusive => {
                Some(format!("{} proved nothing{first}", cases(closing.summary.inconclusive)))
            }
            RunVerdict::Error => {
                Some(format!("{} could not be played to the end{first}", cases(closing.summary.error)))
            }
        }
    }

    /// Waivers that have run out, or that nothing needed.
    fn doubts(&self) -> Vec<String> {
        let doubt = |one: &Waiver| {
            let Waived { case, waiver } = &one.waived;
            let owner = &waiver.owner;
            if waiver.until < self.today {
                Some(format!("the waiver of `{case}` ended on {}: ask {owner}, or take it out", waiver.until))
            } else {
                (!one.used).then(|| format!("the waiver of `{case}` waived nothing: take it out ({owner})"))
            }
        };
        self.waivers.iter().filter_map(doubt).collect()
    }

    /// Takes note of a case, and tells it.
    fn finished(&mut self, case: &Case) -> io::Result<()> {
        let case = self.weigh(case);
        if let Some(good) = &mut self.good {
            good.finished(&case);
        }
        if let Some((_, in_force)) = &mut self.in_force {
            in_force.finished(&case);
        }
        self.tally.finished(&case);
        self.tick_off(&case);
        self.inner.event(&Event::Finished(&case))
    }

    fn close(&mut self, closing: &Closing) -> io::Result<()> {
        if let Some(good) = self.good.take() {
            self.finished(&good.case())?;
        }
        if let Some((strength, in_force)) = self.in_force.take() {
            self.finished(&in_force.case(strength, closing))?;
        }
        let mut own = Closing {
            verdict: self.tally.verdict(closing.interrupted),
            summary: self.tally.summary(),
            coverage: self.tally.coverage(),
            ..closing.clone()
        };
        own.notes.splice(0..0, self.doubts());
        self.decision = Some(self.decide(&own));
        own.decision.clone_from(&self.decision);
        self.inner.event(&Event::Closed(&own))
    }
}

impl<R: Reporter> Reporter for Gate<R> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => {
                let more = usize::from(self.good.is_some()) + usize::from(self.in_force.is_some());
                self.inner.event(&Event::Opened(&Opening { planned: opening.planned + more, ..(*opening).clone() }))
            }
            Event::Started { .. } => self.inner.event(event),
            Event::Finished(case) => self.finished(case),
            Event::Closed(closing) => self.close(closing),
        }
    }
}

/// A case that a gate makes of others, with nothing to say yet.
fn own_case(id: &str, theme: &str, title: &str, why: &str) -> Case {
    Case {
        id: id.to_owned(),
        theme: theme.to_owned(),
        variant: String::new(),
        configuration: None,
        title: title.to_owned(),
        why: why.to_owned(),
        severity: Severity::Medium,
        verdict: Verdict::Pass,
        reason: None,
        means: None,
        expected: String::new(),
        predicted: None,
        observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
        drift: None,
        compared: Vec::new(),
        exchanges: Vec::new(),
        replay: None,
        fix: String::new(),
        waiver: None,
        cite: Vec::new(),
        duration_ms: Milliseconds::default(),
    }
}

#[cfg(test)]
mod tests;
