//! Predictions that are committed, so that a change of settings shows as a change of answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Prediction, examples};
use crate::words::count;

/// What configurations answered when the baseline was written. As JSON it has a line for each case, so that version control shows
/// which answers change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema: String,
    configurations: Vec<Kept>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    file: String,
    name: String,
    answers: BTreeMap<String, String>,
}

/// Why a baseline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON of this form.
    #[error("it is no baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another version of the form.
    #[error("it is of the form `{0}`, this program reads `{SCHEMA}`")]
    Schema(String),
}

/// The form of the document; another form has another number.
const SCHEMA: &str = "greenlight/baseline/1";
/// What stands in the place of answers that cannot be foretold.
const NOTHING: &str = "nothing can be foretold";

impl Baseline {
    /// What configurations answer now.
    pub fn of(predictions: &[Prediction<'_>]) -> Self {
        let kept = |one: &Prediction<'_>| Kept {
            file: one.file.clone(),
            name: one.name.clone(),
            answers: match &one.unknown {
                Some(_) => BTreeMap::from([("*".to_owned(), NOTHING.to_owned())]),
                None => {
                    one.cases.iter().map(|case| (case.case.to_string(), case.answer.clone().into_owned())).collect()
                }
            },
        };
        Self { schema: SCHEMA.to_owned(), configurations: predictions.iter().map(kept).collect() }
    }

    /// Reads one that was written before.
    ///
    /// # Errors
    /// [`BaselineError`] where the text is something else.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text)?;
        if baseline.schema == SCHEMA { Ok(baseline) } else { Err(BaselineError::Schema(baseline.schema)) }
    }

    /// Its text.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// How predictions differ from it, as a reviewer would say it; none where they do not. What got weaker comes first.
    pub fn review(&self, predictions: &[Prediction<'_>]) -> Option<String> {
        let mut text = String::new();
        for now in predictions {
            match self.configurations.iter().find(|kept| (&kept.file, &kept.name) == (&now.file, &now.name)) {
                None => {
                    let _ = writeln!(text, "{}: is not in the baseline", now.title());
                }
                Some(kept) => text.push_str(&changes(kept, now)),
            }
        }
        for kept in &self.configurations {
            if !predictions.iter().any(|now| (&kept.file, &kept.name) == (&now.file, &now.name)) {
                let name = if kept.name.is_empty() { String::new() } else { format!(" ({})", kept.name) };
                let _ = writeln!(text, "{}{name}: is in the baseline, and was not checked", kept.file);
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

/// One change of an answer, and the cases that show it.
struct Change<'a> {
    callers: &'a str,
    before: &'a str,
    after: &'a str,
    cases: Vec<&'a str>,
}

impl Change<'_> {
    /// Whether somebody gets further than before.
    fn is_weaker(&self) -> bool {
        let reaches = |answer: &str| answer.contains("reaches");
        reaches(self.after) && !reaches(self.before)
    }
}

fn changes(kept: &Kept, now: &Prediction<'_>) -> String {
    if let Some(unknown) = &now.unknown {
        let known = kept.answers.get("*").is_some_and(|answer| answer == NOTHING);
        return if known {
            String::new()
        } else {
            format!("{}: nothing can be foretold any more: {unknown}\n", now.title())
        };
    }
    let mut changes: Vec<Change<'_>> = Vec::new();
    for case in &now.cases {
        let before = kept.answers.get(case.case).map_or("not in the baseline", String::as_str);
        if before == case.answer {
            continue;
        }
        let callers = if case.callers.is_empty() { "other requests" } else { case.callers };
        let same = |one: &&mut Change<'_>| (one.callers, one.before, one.after) == (callers, before, &*case.answer);
        match changes.iter_mut().find(same) {
            Some(change) => change.cases.push(case.case),
            None => changes.push(Change { callers, before, after: &case.answer, cases: vec![case.case] }),
        }
    }
    let gone = kept.answers.keys().filter(|case| !now.cases.iter().any(|one| one.case == *case)).count();
    if changes.is_empty() && gone == 0 {
        return String::new();
    }
    changes.sort_by_key(|change| !change.is_weaker());
    let mut text = format!("{}: answers have changed since the baseline\n", now.title());
    for change in &changes {
        let weaker = if change.is_weaker() { "weaker: " } else { "" };
        let _ = writeln!(
            text,
            "  {weaker}{}: {} -> {}  ({}: {})",
            change.callers,
            change.before,
            change.after,
            count(change.cases.len(), "case"),
            examples(&change.cases)
        );
    }
    if gone > 0 {
        let _ = writeln!(text, "  {} of the baseline no longer foretold", count(gone, "case"));
    }
    text
}
