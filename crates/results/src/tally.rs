//! Counting verdicts, and what they make of the run.

use serde::{Deserialize, Serialize};

use crate::{Case, Closing, Means, Milliseconds, RunVerdict, Verdict};

/// How many cases ended in which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the verdict of its name")]
pub struct Summary {
    pub pass: usize,
    pub fail: usize,
    pub warn: usize,
    pub recorded: usize,
    pub skip: usize,
    pub inconclusive: usize,
    pub error: usize,
}

impl Summary {
    /// How many cases ended.
    pub fn total(&self) -> usize {
        let Self { pass, fail, warn, recorded, skip, inconclusive, error } = *self;
        pass + fail + warn + recorded + skip + inconclusive + error
    }
}

/// How many cases were played by which means: what a run could prove at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the means of its name")]
pub struct Coverage {
    pub plain: usize,
    pub forged: usize,
    pub real: usize,
    pub minted: usize,
}

impl Coverage {
    /// How many cases were played.
    pub fn total(&self) -> usize {
        let Self { plain, forged, real, minted } = *self;
        plain + forged + real + minted
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

/// Folds finished cases into a [`Summary`] and a [`RunVerdict`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    summary: Summary,
    coverage: Coverage,
    drift: usize,
}

impl Tally {
    /// Counts one finished case.
    pub fn finished(&mut self, case: &Case) {
        let Summary { pass, fail, warn, recorded, skip, inconclusive, error } = &mut self.summary;
        *match case.verdict {
            Verdict::Pass => pass,
            Verdict::Fail => fail,
            Verdict::Warn => warn,
            Verdict::Recorded => recorded,
            Verdict::Skip => skip,
            Verdict::Inconclusive => inconclusive,
            Verdict::Error => error,
        } += 1;
        let Coverage { plain, forged, real, minted } = &mut self.coverage;
        let means = case.means.map(|means| match means {
            Means::Plain => plain,
            Means::Forged => forged,
            Means::Real => real,
            Means::Minted => minted,
        });
        if let Some(count) = means {
            *count += 1;
        }
        self.drift += usize::from(case.drift.is_some());
    }

    /// By which means they were played.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// How many of them differ from what was predicted.
    pub fn drift(&self) -> usize {
        self.drift
    }

    /// The counts so far.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// The run's verdict, were it to end now.
    ///
    /// A failure stands whatever else happened, for a breach needs no control. An error outweighs what is merely inconclusive,
    /// because it is to be repaired on this side. A run in which nothing passed (a warning is a pass with a remark) or that was
    /// interrupted proves nothing.
    pub fn verdict(&self, interrupted: bool) -> RunVerdict {
        let Summary { pass, fail, warn, inconclusive, error, .. } = self.summary;
        if fail > 0 {
            RunVerdict::Fail
        } else if error > 0 {
            RunVerdict::Error
        } else if inconclusive > 0 || pass + warn == 0 || interrupted {
            RunVerdict::Inconclusive
        } else {
            RunVerdict::Pass
        }
    }

    /// The end of a run whose cases these were.
    pub fn close(&self, interrupted: bool, finished: String, duration: Milliseconds, notes: Vec<String>) -> Closing {
        Closing {
            verdict: self.verdict(interrupted),
            summary: self.summary,
            coverage: self.coverage,
            decision: None,
            drift: self.drift,
            suspects: Vec::new(),
            notes,
            interrupted,
            finished: Some(finished),
            duration_ms: Some(duration),
        }
    }
}
