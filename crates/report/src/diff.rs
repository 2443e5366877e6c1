//! Two runs side by side: blue and green, before and after.

mod json;
mod text;

use std::collections::HashMap;
use std::io::{self, BufRead};

use results::{AnsweredBy, Case, Event, Opening, ReadError, Reporter, RunVerdict, Severity, Verdict, read};

use crate::Style;

/// What differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The run that was named first.
    pub before: Side,
    /// The other one.
    pub after: Side,
    /// Every case that is not answered as before, what got weaker first.
    pub changes: Vec<Change>,
    /// How many cases are answered as before.
    pub same: usize,
}

/// A run, as far as two are told apart by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// What was under test.
    pub target: String,
    /// Its settings, where they are known.
    pub configuration: Option<String>,
    /// When the run started, RFC 3339.
    pub started: String,
    /// What became of it.
    pub verdict: Option<RunVerdict>,
}

/// A case that is not answered as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// By what it is known in both runs.
    pub key: Key,
    /// What it is about; may be empty.
    pub theme: String,
    /// What it claims.
    pub title: String,
    /// How much a failure matters.
    pub severity: Severity,
    /// Which way it went.
    pub way: Way,
    /// What became of it in the first run, if it is there.
    pub before: Option<Record>,
    /// What became of it in the second.
    pub after: Option<Record>,
}

/// By what a case is known in both runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The scenario's id.
    pub id: String,
    /// `key=value,...`; may be empty.
    pub variant: String,
    /// The configuration it was played against, where a run plays several.
    pub configuration: Option<String>,
}

/// Which way a case went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It fails and did not, or lets in whom it refused.
    Weaker,
    /// It failed and no longer does, or refuses whom it let in.
    Stronger,
    /// Something else is answered, by somebody else, or judged otherwise.
    Changed,
    /// Only the first run has it.
    Gone,
    /// Only the second run has it.
    New,
}

impl Way {
    /// In the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Weaker, Self::Stronger, Self::Changed, Self::Gone, Self::New];

    /// The word that stands for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weaker => "weaker",
            Self::Stronger => "stronger",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// What became of a case, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its verdict.
    pub verdict: Verdict,
    /// HTTP status, where an answer came.
    pub status: Option<u16>,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// Why the verdict is what it is. It is shown, and not compared.
    pub reason: Option<String>,
    /// How the answer differed from what the settings say.
    pub drift: Option<String>,
}

/// One of two documents that cannot be read.
#[derive(Debug)]
pub enum DiffError {
    /// The first.
    Before(ReadError),
    /// The second.
    After(ReadError),
}

impl Diff {
    /// Holds two kept documents against each other. Of the first a small record of each case is kept in memory; the second is read
    /// through.
    pub fn of(before: impl BufRead, after: impl BufRead) -> Result<Self, DiffError> {
        let mut first = First::default();
        read(before, &mut first).map_err(DiffError::Before)?;
        let empty = Self { before: first.side, after: Side::default(), changes: Vec::new(), same: 0 };
        let mut second = Second { before: first.cases, diff: empty };
        read(after, &mut second).map_err(DiffError::After)?;
        Ok(second.finish())
    }

    /// How many cases went a way.
    pub fn count(&self, way: Way) -> usize {
        self.changes.iter().filter(|change| change.way == way).count()
    }

    /// For people in a terminal.
    pub fn console(&self, style: Style) -> String {
        text::console(self, style)
    }

    /// For programs, in the form of `schema/diff.schema.json`.
    pub fn json(&self) -> String {
        json::json(self)
    }

    /// For pull requests.
    pub fn markdown(&self) -> String {
        text::markdown(self)
    }
}

/// The first run, as it is kept.
#[derive(Default)]
struct First {
    side: Side,
    cases: HashMap<Key, Kept>,
}

/// What is kept of a case of the first run.
struct Kept {
    /// Its place among the others, by which those that are gone are told in order.
    number: usize,
    theme: String,
    title: String,
    severity: Severity,
    record: Record,
}

impl Reporter for First {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => self.side = Side::of(opening),
            Event::Started { .. } => {}
            Event::Finished(case) => {
                let number = self.cases.len();
                let (theme, title) = (case.theme.clone(), case.title.clone());
                let kept = Kept { number, theme, title, severity: case.severity, record: Record::of(case) };
                self.cases.insert(Key::of(case), kept);
            }
            Event::Closed(closing) => self.side.verdict = Some(closing.verdict),
        }
        Ok(())
    }
}

/// The second run, as it is read through.
struct Second {
    /// Cases of the first that did not come yet.
    before: HashMap<Key, Kept>,
    diff: Diff,
}

impl Second {
    fn finished(&mut self, case: &Case) {
        let (key, after) = (Key::of(case), Record::of(case));
        let before = self.before.remove(&key).map(|kept| kept.record);
        let way = match &before {
            None => Way::New,
            Some(before) if before.is_like(&after) => {
                self.diff.same += 1;
                return;
            }
            Some(before) => way(before, &after),
        };
        let (theme, title, severity) = (case.theme.clone(), case.title.clone(), case.severity);
        self.diff.changes.push(Change { key, theme, title, severity, way, before, after: Some(after) });
    }

    fn finish(self) -> Diff {
        let Self { before, mut diff } = self;
        let mut gone: Vec<(Key, Kept)> = before.into_iter().collect();
        gone.sort_by_key(|(_, kept)| kept.number);
        diff.changes.extend(gone.into_iter().map(|(key, kept)| {
            let Kept { theme, title, severity, record, .. } = kept;
            Change { key, theme, title, severity, way: Way::Gone, before: Some(record), after: None }
        }));
        // Stable: within a way and a severity they stay in the order in which they were played.
        diff.changes.sort_by_key(|change| (change.way, change.severity));
        diff
    }
}

impl Reporter for Second {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => self.diff.after = Side::of(opening),
            Event::Started { .. } => {}
            Event::Finished(case) => self.finished(case),
            Event::Closed(closing) => self.diff.after.verdict = Some(closing.verdict),
        }
        Ok(())
    }
}

impl Side {
    fn of(opening: &Opening) -> Self {
        Self {
            target: opening.target.as_str().to_owned(),
            configuration: opening.configuration.clone(),
            started: opening.started.clone(),
            verdict: None,
        }
    }
}

impl Key {
    fn of(case: &Case) -> Self {
        Self { id: case.id.clone(), variant: case.variant.clone(), configuration: case.configuration.clone() }
    }
}

impl Record {
    fn of(case: &Case) -> Self {
        let text = |text: &Option<results::Redacted>| text.as_ref().map(|text| text.as_str().to_owned());
        Self {
            verdict: case.verdict,
            status: case.observed.status,
            answered_by: case.observed.answered_by,
            reason: text(&case.reason),
            drift: text(&case.drift),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        let compared = |one: &Self| (one.verdict, one.status, one.answered_by, one.drift.clone());
        compared(self) == compared(other)
    }

    /// Whether the function answered.
    fn is_let_in(&self) -> bool {
        self.answered_by == AnsweredBy::App
    }

    /// Whether somebody before the function refused.
    fn is_refused(&self) -> bool {
        let before_it = matches!(self.answered_by, AnsweredBy::Platform | AnsweredBy::Host | AnsweredBy::Gateway);
        before_it && self.status.is_some_and(|status| (300..500).contains(&status))
    }
}

/// Which way a case went that is not answered as before. A promise decides where there is one: a valid caller who got in at last is
/// no breach. Where both runs fail, or neither does, it is who got in.
fn way(before: &Record, after: &Record) -> Way {
    let fails = |one: &Record| one.verdict == Verdict::Fail;
    match (fails(before), fails(after)) {
        (false, true) => Way::Weaker,
        (true, false) if matches!(after.verdict, Verdict::Pass | Verdict::Warn | Verdict::Recorded) => Way::Stronger,
        (true, false) => Way::Changed,
        // It proved nothing before and holds now, whoever was meant to answer.
        _ if before.verdict == Verdict::Inconclusive && after.verdict == Verdict::Pass => Way::Changed,
        _ if before.is_refused() && after.is_let_in() => Way::Weaker,
        _ if before.is_let_in() && after.is_refused() => Way::Stronger,
        _ => Way::Changed,
    }
}
