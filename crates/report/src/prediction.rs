//! What settings would answer: as a page for a reviewer, and held against what they answered before.

mod baseline;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use crate::Style;
use crate::words::count;

pub use baseline::{Baseline, BaselineError};

/// What one configuration would answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction<'a> {
    /// The file, by its name.
    pub file: String,
    /// What the file calls the configuration; may be empty.
    pub name: String,
    /// The kinds of callers, in the order in which they are told.
    pub kinds: Vec<&'static str>,
    /// Every case that is foretold, in playing order.
    pub cases: Vec<Foretold<'a>>,
    /// What the file does not say and the answers take as set: properties by their paths.
    pub taken_as_set: Vec<&'static str>,
    /// Why nothing is foretold, where nothing is.
    pub unknown: Option<String>,
}

/// What is answered to one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold<'a> {
    /// `id[variant]`.
    pub case: &'a str,
    /// The kind of caller that it is about, in a few words; empty where no words fit.
    pub callers: &'static str,
    /// The answer, in a phrase whose subject is the request.
    pub answer: Cow<'static, str>,
    /// What the case proves, in a sentence.
    pub title: &'a str,
    /// Whether the answer keeps what the case asks for, as far as can be told.
    pub keeps: Keeps,
}

/// Whether an answer keeps a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// It does.
    Yes,
    /// It does not: the case would fail.
    No,
    /// It depends on what is not known, or others than the platform answer.
    Unknown,
}

/// Examples that are named of many cases.
const EXAMPLES: usize = 3;

impl Prediction<'_> {
    /// The configuration as a person would call it.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.file.clone() } else { format!("{} ({})", self.file, self.name) }
    }

    /// The page: who gets what, and which scenarios would be lost.
    pub fn console(&self, style: Style) -> String {
        let heading = style.heading();
        let mut page = format!("{heading}{} would answer{heading:#}\n", self.title());
        if let Some(unknown) = &self.unknown {
            let _ = writeln!(page, "  nothing that can be foretold: {unknown}");
            return page;
        }
        for path in &self.taken_as_set {
            let _ = writeln!(page, "  once `{path}` is set, which the file does not tell");
        }
        page.push('\n');
        let width = self.kinds.iter().map(|callers| callers.len()).max().unwrap_or_default();
        let mut answers = self.answers();
        for callers in &self.kinds {
            for (at, (answer, cases)) in answers.remove(callers).unwrap_or_default().iter().enumerate() {
                let callers = if at == 0 { *callers } else { "" };
                // What is answered to a few of many is shown by name.
                let shown = if at == 0 { String::new() } else { format!("  ({})", examples(cases)) };
                let _ = writeln!(page, "  {callers:width$}  {answer}{shown}");
            }
        }
        page.push('\n');
        page.push_str(&self.losses(style));
        page
    }

    /// What each kind of caller gets, and the cases that show it; the commonest answer first.
    fn answers(&self) -> HashMap<&str, Vec<(&str, Vec<&str>)>> {
        let mut kinds: HashMap<&str, Vec<(&str, Vec<&str>)>> = HashMap::new();
        for case in self.cases.iter().filter(|case| !case.callers.is_empty()) {
            let answers = kinds.entry(case.callers).or_default();
            match answers.iter_mut().find(|(answer, _)| *answer == case.answer) {
                Some((_, cases)) => cases.push(case.case),
                None => answers.push((&case.answer, vec![case.case])),
            }
        }
        for answers in kinds.values_mut() {
            answers.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
        }
        kinds
    }

    /// The scenarios that would fail, each with its first case; then how many cases are foretold at all.
    fn losses(&self, style: Style) -> String {
        let heading = style.heading();
        let mut text = String::new();
        let mut lost: Vec<(&str, &Foretold<'_>, usize)> = Vec::new();
        for case in self.cases.iter().filter(|case| case.keeps == Keeps::No) {
            let id = case.case.split('[').next().unwrap_or_default();
            // The cases of a scenario come one after the other.
            match lost.iter_mut().rev().find(|(known, _, _)| *known == id) {
                Some((_, _, cases)) => *cases += 1,
                None => lost.push((id, case, 1)),
            }
        }
        if lost.is_empty() {
            text.push_str("  no scenario would fail\n");
        } else {
            let _ = writeln!(text, "  {heading}{} would fail{heading:#}", count(lost.len(), "scenario"));
            for (id, case, cases) in lost {
                let _ = writeln!(text, "    {id}: {} - {}, in {}", case.title, case.answer, count(cases, "case"));
            }
        }
        let open = self.cases.iter().filter(|case| case.keeps == Keeps::Unknown).count();
        let told = self.cases.len() - open;
        let _ = writeln!(
            text,
            "  {} foretold; {open} more depend on what is not known, or others than the platform answer them",
            count(told, "case")
        );
        text
    }
}

/// The first few of some names.
fn examples(cases: &[&str]) -> String {
    let more = cases.len().saturating_sub(EXAMPLES);
    let named = cases.iter().take(EXAMPLES).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

#[cfg(test)]
mod tests;
