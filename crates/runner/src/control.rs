//! The positive control: no denial counts unless a caller that should get in got in, in the same run, on the same target.

use results::{Case, Redactor, Verdict};

/// What the positive controls of a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Control {
    passed: usize,
    /// Why the first one that did not pass did not.
    trouble: Option<String>,
}

impl Control {
    /// Takes note of a control that was played, or skipped.
    pub(crate) fn finished(&mut self, case: &Case) {
        match case.verdict {
            Verdict::Pass | Verdict::Warn => self.passed += 1,
            verdict => {
                let reason = case.reason.as_ref().map_or("", results::Redacted::as_str);
                self.trouble.get_or_insert_with(|| format!("`{}` ended in {verdict}: {reason}", case.id));
            }
        }
    }

    /// Whether a denial proves anything.
    pub(crate) fn holds(&self) -> bool {
        self.passed > 0 && self.trouble.is_none()
    }

    /// Takes back what a denial seems to prove where the control does not hold. Breaches stand: they need no control.
    pub(crate) fn weigh(&self, mut case: Case, denies: bool, redactor: &Redactor) -> Case {
        if denies && !self.holds() && matches!(case.verdict, Verdict::Pass | Verdict::Warn) {
            let why = self.trouble.as_deref().unwrap_or("no positive control was played");
            case.verdict = Verdict::Inconclusive;
            case.reason =
                Some(redactor.text(&format!("refused, but nothing shows that this target lets anyone in: {why}")));
        }
        case
    }
}
