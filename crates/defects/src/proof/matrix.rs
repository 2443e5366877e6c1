//! Who caught what, and what follows from it.

mod shown;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use results::Verdict;
use scenario::Outcome;
use serde::Serialize;

use super::bout::Told;
use super::{Played, Subject, Suite};

/// Who caught what, as it is written to `matrix.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    /// How many defects were planted.
    total: usize,
    /// How many of them failed a case.
    caught: usize,
    /// How many cases failed or proved nothing against an app without a flaw, all configurations together.
    false_alarms: usize,
    /// How many configurations the app without a flaw was played in.
    configurations: usize,
    /// How many cases the chosen scenarios have.
    cases: usize,
    /// How many different sets of cases catch a defect.
    sets: usize,
    /// Defects that no case caught.
    uncaught: Vec<&'static str>,
    /// Cases that caught no defect, those apart whose answer is only recorded.
    idle: Vec<String>,
    defects: Vec<Row>,
    alarms: Vec<Alarm>,
    timings: Timings,
    #[serde(skip)]
    scope: Scope,
}

/// One defect.
#[derive(Debug, Serialize)]
struct Row {
    id: &'static str,
    title: &'static str,
    theme: &'static str,
    /// The cases that failed, in playing order.
    caught_by: Vec<String>,
    /// Cases that could not be judged, by a fault on this side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Alarm>,
    milliseconds: u128,
    #[serde(skip)]
    reasons: Vec<String>,
}

/// A case that should have passed.
#[derive(Debug, Clone, Serialize)]
struct Alarm {
    #[serde(skip_serializing_if = "String::is_empty")]
    configuration: String,
    case: String,
    verdict: Verdict,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Timings {
    seconds: f64,
    /// One for each defect and each configuration.
    bouts: usize,
    /// Sent in all bouts together; what a flawed app answers as a sound one does is not sent.
    cases: usize,
    milliseconds_a_case: f64,
}

/// What the matrix is about: a part of the proof proves less.
#[derive(Debug, Default)]
struct Scope {
    whole: bool,
    every_defect: bool,
    every_scenario: bool,
    /// Why cases were not played against an app without a flaw.
    skipped: HashMap<String, String>,
}

impl Matrix {
    pub(super) fn of(suite: &Suite, played: Vec<Played>, duration: Duration) -> Self {
        let sent = played.iter().map(|played| played.cases).sum();
        let (bouts, mut rows, mut alarms, mut skipped, mut configurations) =
            (played.len(), Vec::new(), Vec::new(), HashMap::new(), 0);
        for Played { subject, told, duration, .. } in played {
            match subject {
                Subject::Flawed(theme, defect) => rows.push(Row::of(theme, &defect, told, duration)),
                Subject::Sound(configuration) => {
                    configurations += 1;
                    if configuration.name.is_empty() {
                        let unplayed = told.iter().filter(|told| told.verdict == Verdict::Skip);
                        skipped = unplayed.map(|told| (told.case.clone(), told.reason.clone())).collect();
                    }
                    alarms.extend(told.into_iter().filter(is_alarm).map(|told| Alarm::of(&configuration.name, told)));
                }
            }
        }
        let cases = suite.scenarios.iter().map(|scenario| scenario.case_count()).sum();
        let sets: HashSet<&[String]> =
            rows.iter().map(|row| &row.caught_by[..]).filter(|set| !set.is_empty()).collect();
        let uncaught: Vec<&str> = rows.iter().filter(|row| row.caught_by.is_empty()).map(|row| row.id).collect();
        let every_defect = suite.choice.defects.is_empty();
        Self {
            total: rows.len(),
            caught: rows.len() - uncaught.len(),
            false_alarms: alarms.len(),
            configurations,
            cases,
            sets: sets.len(),
            idle: if every_defect { idle(suite, &rows) } else { Vec::new() },
            timings: Timings::of(duration, bouts, sent),
            scope: Scope {
                whole: suite.choice.is_whole(),
                every_defect,
                every_scenario: suite.choice.scenarios.is_empty(),
                skipped,
            },
            uncaught,
            defects: rows,
            alarms,
        }
    }

    /// Whether nothing is wrong. Of a few scenarios nobody expects that they catch every defect.
    pub(crate) fn holds(&self) -> bool {
        let unjudged = self.defects.iter().any(|row| !row.errors.is_empty());
        let uncaught = self.scope.every_scenario && !self.uncaught.is_empty();
        self.alarms.is_empty() && self.idle.is_empty() && !unjudged && !uncaught
    }

    /// Writes it; where to is returned.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join(if self.scope.whole { "matrix.json" } else { "partial.json" });
        let write = || {
            fs::create_dir_all(folder)?;
            fs::write(&file, serde_json::to_string_pretty(self)? + "\n")
        };
        write().with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(file)
    }
}

impl Row {
    fn of(theme: &'static str, defect: &defects::Defect, told: Vec<Told>, duration: Duration) -> Self {
        let errors = told.iter().filter(|told| told.verdict == Verdict::Error).cloned();
        let errors = errors.map(|told| Alarm::of("", told)).collect();
        let caught = told.into_iter().filter(|told| told.verdict == Verdict::Fail);
        let (caught_by, reasons) = caught.map(|told| (told.case, told.reason)).unzip();
        let milliseconds = duration.as_millis();
        Self { id: defect.id, title: defect.title, theme, caught_by, errors, milliseconds, reasons }
    }
}

impl Alarm {
    fn of(configuration: &str, Told { case, verdict, reason }: Told) -> Self {
        Self { configuration: configuration.to_owned(), case, verdict, reason }
    }
}

impl Timings {
    fn of(duration: Duration, bouts: usize, cases: usize) -> Self {
        let seconds = duration.as_secs_f64();
        let a_case = u32::try_from(cases).map_or(0.0, |cases| seconds * 1000.0 / f64::from(cases.max(1)));
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        Self { seconds: round(seconds), bouts, cases, milliseconds_a_case: round(a_case) }
    }
}

fn is_alarm(told: &Told) -> bool {
    matches!(told.verdict, Verdict::Fail | Verdict::Inconclusive | Verdict::Error)
}

/// The cases that caught nothing, in playing order.
fn idle(suite: &Suite, rows: &[Row]) -> Vec<String> {
    let busy: BTreeSet<&str> = rows.iter().flat_map(|row| &row.caught_by).map(String::as_str).collect();
    let cases = suite.scenarios.iter().flat_map(|scenario| scenario.cases());
    let judged = cases.filter(|case| case.exchanges().any(|step| step.expect.outcome != Outcome::Recorded));
    judged.map(|case| case.name()).filter(|case| !busy.contains(case.as_str())).collect()
}
