//! What a check of auth configurations found, in each form in which it is told.

mod console;
mod json;
mod log;

use diagnostics::{Diagnostic, Level};

use crate::annotations::{Server, annotations};
use crate::prediction::Prediction;
use crate::sarif;

pub use console::Look;

/// What was checked and what was found.
pub struct Check<'a> {
    /// Version of the program.
    pub version: String,
    /// The folder that names of files are seen from, as seen from the root of the repository: empty where it is the root.
    pub folder: String,
    /// The configurations that could be read, in the order in which they came.
    pub configurations: Vec<Checked>,
    /// What each of them would answer, by its place among them, where that is asked for. Of many, one at a time is made and told.
    pub predict: Option<&'a Predict<'a>>,
    /// What kept others from being read, and what is doubtful about the suppressions: diagnostics without a rule.
    pub problems: Vec<Diagnostic>,
}

/// One configuration that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The file, by its name.
    pub file: String,
    /// What the file calls it; may be empty.
    pub name: String,
    /// What kind of settings these are, in a word or two: `authsettingsV2`.
    pub kind: String,
    /// Line and column at which it begins.
    pub begins: (usize, usize),
    /// What the rules found.
    pub findings: Vec<Finding>,
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What, and where.
    pub diagnostic: Diagnostic,
    /// That somebody accepts it, if so.
    pub accepted: Option<Accepted>,
}

/// That somebody accepts a finding for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Why.
    pub reason: String,
    /// The last day, `YYYY-MM-DD`.
    pub until: String,
}

/// Foretells what one of the configurations would answer.
pub type Predict<'a> = dyn Fn(usize) -> Prediction<'a> + 'a;

/// How many findings there are, those that are accepted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Of level error.
    pub errors: usize,
    /// Of level warning.
    pub warnings: usize,
    /// Of level note.
    pub notes: usize,
    /// Of any level, accepted.
    pub suppressed: usize,
}

impl<'a> Check<'a> {
    /// What they would answer, one after the other.
    pub(crate) fn predictions(&self) -> impl Iterator<Item = Prediction<'a>> {
        let predict = self.predict.into_iter();
        predict.flat_map(|predict| (0..self.configurations.len()).map(predict))
    }

    /// How many findings there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for finding in self.configurations.iter().flat_map(|one| &one.findings) {
            let count = match (finding.accepted.is_some(), finding.diagnostic.level) {
                (true, _) => &mut counts.suppressed,
                (false, Level::Error) => &mut counts.errors,
                (false, Level::Warning) => &mut counts.warnings,
                (false, Level::Note) => &mut counts.notes,
            };
            *count += 1;
        }
        counts
    }

    /// For people: each finding with the lines at fault, and what it comes to. The problems are not told here.
    pub fn console(&self, look: Look) -> String {
        console::console(self, look)
    }

    /// What it comes to, in one line.
    pub fn summary(&self) -> String {
        console::summary(self)
    }

    /// For programs, in the form of `schema/check.schema.json`.
    pub fn json(&self) -> String {
        json::json(self)
    }

    /// For code scanning. The rules are all that were looked for.
    pub fn sarif(&self, rules: Vec<sarif::Rule>) -> String {
        sarif::document(&log::log(self, rules))
    }

    /// For a CI server, beside the lines at fault: problems and findings, without what is accepted.
    pub fn annotations(&self, server: Server) -> String {
        let findings = self.configurations.iter().flat_map(Checked::open).map(|finding| &finding.diagnostic);
        annotations(server, self.problems.iter().chain(findings), &self.folder)
    }
}

impl Checked {
    /// What is found and not accepted.
    fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.accepted.is_none())
    }
}
