//! The parts of a result document, in the order in which they are written.

use serde::{Deserialize, Serialize};

use crate::{AnsweredBy, Coverage, Go, Means, Milliseconds, Redacted, RunVerdict, Severity, Summary, Verdict};

/// What is known before the first case is played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// Version of the program that played the run.
    pub version: String,
    /// The command that started it, as typed; it may hold a key, so it passes the redactor too.
    pub command: Redacted,
    /// URL of what is under test.
    pub target: Redacted,
    /// The configuration that the target is believed to have, by file or name; `None` where the run plays several, or none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// When it started, RFC 3339 in UTC.
    pub started: String,
    /// The id of the trace that its requests belong to (W3C Trace Context), by which logs show them; `None` where they bear none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// How many scenarios were chosen.
    pub scenarios: usize,
    /// How many cases they become: this many finish unless the run is interrupted, and one more for each
    /// control that is refused when it is played again at the end.
    pub planned: usize,
}

/// One case: a scenario with one choice of its variants, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The scenario's id.
    pub id: String,
    /// What the scenario is about: the folder that its file stands in. Empty where that says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub theme: String,
    /// `key=value,...` in the order the scenario declares; empty where it declares no variants.
    pub variant: String,
    /// The configuration it was played against, where a run plays several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// What it claims, one line.
    pub title: String,
    /// Why that matters; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// How much a failure matters.
    pub severity: Severity,
    /// What became of it.
    pub verdict: Verdict,
    /// Why the verdict is what it is; `None` only for a pass.
    pub reason: Option<Redacted>,
    /// How the tokens that it sends came to be; `None` where it was not played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Means>,
    /// What was promised, in the words of the scenario.
    pub expected: String,
    /// What the settings that the target is believed to have would answer where [`Case::observed`] was seen; `None` where none are
    /// known, or the case was not played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Predicted>,
    /// What came back.
    pub observed: Observed,
    /// How an answer differs from the predicted one. It says nothing of the verdict: a promise does not bend to settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Redacted>,
    /// Every value that was compared, whether it held or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Comparison>,
    /// The requests and answers, in the order sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeRecord>,
    /// A curl line that sends the deciding request again; the token is to be filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Redacted>,
    /// What to change in the settings, or in what stands behind them. Empty where nothing failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
    /// Who answers for letting a failure of it pass for a time. Such a failure is told as a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
    /// The sections and pages that the expectation rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cite: Vec<String>,
    /// From the first byte sent to the verdict.
    pub duration_ms: Milliseconds,
}

impl Case {
    /// The case among those of its scenario; see [`case_name`].
    pub fn name(&self) -> String {
        case_name(&self.id, &self.variant)
    }

    /// Whether somebody was to get in, and nobody to be kept out.
    pub fn lets_in(&self) -> bool {
        self.expected == "accepted"
    }
}

/// How a case is called: the scenario's id, and behind it in brackets what tells it from the others: `key-alone[send=function]`.
pub fn case_name(id: &str, variant: &str) -> String {
    if variant.is_empty() { id.to_owned() } else { format!("{id}[{variant}]") }
}

/// Who answers for letting a failure pass for a time, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Whom to ask.
    pub owner: String,
    /// The last day on which it counts, as `2027-01-31`, in UTC.
    pub until: String,
    /// Why the failure is accepted.
    pub reason: String,
}

/// What settings would answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicted {
    /// The answer in a phrase: `401`, `reaches the function as the caller`, `depends on the audience`.
    pub phrase: String,
    /// HTTP status, where the platform answers by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Who answers, where that is foretold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<AnsweredBy>,
}

/// The answer that decided a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    /// Who gave it.
    pub answered_by: AnsweredBy,
    /// What else is worth saying in a few words: the challenge, the error of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Redacted>,
}

/// One expected value beside the observed one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What was compared: `status`, `answered by`, `header www-authenticate`.
    pub what: String,
    /// What was to come.
    pub expected: String,
    /// What came.
    pub observed: Redacted,
    /// Whether it is as expected.
    pub holds: bool,
    /// What follows where it is not.
    pub strength: Strength,
}

impl Comparison {
    /// As one phrase: `status: 403, expected 401`. It is the reason of the case that it decides.
    pub fn phrase(&self) -> String {
        format!("{}: {}, expected {}", self.what, self.observed.as_str(), self.expected)
    }
}

/// What follows where a comparison does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Safety rests on it: the case fails.
    Must,
    /// Good form: the case warns.
    Should,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// The request as sent.
    pub request: Redacted,
    /// The answer as received, up to the bound of the run.
    pub response: Redacted,
    /// From the first byte sent to the last byte received.
    pub milliseconds: Milliseconds,
}

/// What is known when no case is left to play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    /// The run's verdict.
    pub verdict: RunVerdict,
    /// How many cases ended in which verdict.
    pub summary: Summary,
    /// How many cases were played by which means.
    #[serde(default, skip_serializing_if = "Coverage::is_empty")]
    pub coverage: Coverage,
    /// Whether traffic may be switched; `None` where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// How many of all cases have a [`Case::drift`].
    #[serde(default, skip_serializing_if = "is_none")]
    pub drift: usize,
    /// What about the settings that are in force would explain answers that differ from the predicted ones, the likeliest first. A
    /// hint for people: no verdict rests on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<Redacted>,
    /// What the reader should know about the run as a whole: what a profile would add, what was left out and why.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Whether the run was stopped before every planned case was played.
    pub interrupted: bool,
    /// When it ended, RFC 3339 in UTC; `None` where the run died before it could say.
    #[serde(default)]
    pub finished: Option<String>,
    /// How long it took; `None` as above.
    #[serde(default)]
    pub duration_ms: Option<Milliseconds>,
}

/// Whether traffic may be switched to the target, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The decision.
    pub word: Go,
    /// What it rests on, in one line.
    pub why: Redacted,
    /// What to change before asking again, the likeliest first. Empty where it may be switched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Redacted>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}
