//! The positive control: no denial counts unless a caller that should get in got in, in the same run, on the same target.

use std::collections::HashMap;

use scenario::Door;

use results::{AnsweredBy, Case, Redacted, Redactor, Strength, Verdict};

/// What the positive controls of a run came to, way by way: that somebody gets in at the gateway says nothing of the target itself.
#[derive(Debug, Default)]
pub(crate) struct Controls(HashMap<Door, Control>);

impl Controls {
    /// Those of one way.
    pub(crate) fn of(&self, way: Door) -> Option<&Control> {
        self.0.get(&way)
    }

    /// Takes note of a control that was played, or skipped.
    pub(crate) fn finished(&mut self, way: Door, case: &Case) {
        self.0.entry(way).or_default().finished(case);
    }

    /// Whether a caller that should get in got in by a way, and none was refused.
    pub(crate) fn hold(&self, way: Door) -> bool {
        self.of(way).is_some_and(Control::holds)
    }

    /// Takes back what a refusal seems to prove where the control of its way does not hold.
    pub(crate) fn weigh(&self, way: Door, case: Case, takes_refusal: bool, redactor: &Redactor) -> Case {
        let none = Control::default();
        self.of(way).unwrap_or(&none).weigh(case, takes_refusal, redactor)
    }
}

/// What the positive controls of one way came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Control {
    passed: bool,
    /// Why the first one that was played and did not get in did not.
    refused: Option<String>,
    /// Why the first one that was not played was not. It speaks against nothing where another one passed.
    skipped: Option<String>,
}

impl Control {
    /// Takes note of a control that was played, or skipped.
    pub(crate) fn finished(&mut self, case: &Case) {
        if got_in(case) {
            self.passed = true;
            return;
        }
        let trouble = if case.verdict == Verdict::Skip { &mut self.skipped } else { &mut self.refused };
        trouble.get_or_insert_with(|| {
            let reason = case.reason.as_ref().map_or("", Redacted::as_str);
            format!("`{}` ended in {}: {reason}", case.name(), case.verdict)
        });
    }

    /// Takes back what a refusal seems to prove where the control does not hold. Breaches stand: they need no control.
    pub(crate) fn weigh(&self, mut case: Case, takes_refusal: bool, redactor: &Redactor) -> Case {
        if takes_refusal && !self.holds() && matches!(case.verdict, Verdict::Pass | Verdict::Warn) {
            let why = self.refused.as_ref().or(self.skipped.as_ref());
            let why = why.map_or("no positive control was played", String::as_str);
            case.verdict = Verdict::Inconclusive;
            let doubt = match case.observed.answered_by {
                AnsweredBy::App => "the control does not hold",
                _ => "refused, but nothing shows that this target lets anyone in",
            };
            case.reason = Some(redactor.text(&format!("{doubt}: {why}")));
        }
        case
    }

    /// Whether a caller that should get in got in, and none was refused.
    pub(crate) fn holds(&self) -> bool {
        self.passed && self.refused.is_none()
    }
}

/// Whether a control showed that the target lets its caller in. A strict run fails it for its form too, which does not change that.
pub(crate) fn got_in(case: &Case) -> bool {
    let for_form_only = || case.compared.iter().all(|one| one.holds || one.strength == Strength::Should);
    match case.verdict {
        Verdict::Pass | Verdict::Warn => true,
        Verdict::Fail => for_form_only(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
