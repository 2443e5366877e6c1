//! Numbers and names as people read them.

use results::{AnsweredBy, Case, Milliseconds, Observed, Summary};

use crate::printable::Printable;

/// `1 case`, `2 cases`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `<1 ms`, `12 ms`, `1.5 s`.
pub(crate) fn duration(duration: Milliseconds) -> String {
    match duration.micros() {
        0..1_000 => "<1 ms".to_owned(),
        micros @ 1_000..999_500 => format!("{} ms", (micros + 500) / 1_000),
        micros => {
            let tenths = micros.saturating_add(50_000) / 100_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
    }
}

/// `theme/id[variant] (configuration)`, by which `greenlight run` knows it too.
pub(crate) fn place(case: &Case) -> String {
    let slash = if case.theme.is_empty() { "" } else { "/" };
    format!("{}{slash}{}{}", Printable(&case.theme), Printable(&case.id), distinction(case))
}

/// `[variant] (configuration)`: what tells a case from others of its scenario; empty where there are none.
pub(crate) fn distinction(case: &Case) -> String {
    let (open, close) = if case.variant.is_empty() { ("", "") } else { ("[", "]") };
    let configuration = case.configuration.as_ref().map_or_else(String::new, |one| format!(" ({})", Printable(one)));
    format!("{open}{}{close}{configuration}", Printable(&case.variant))
}

/// `401, answered by platform: Bearer realm="localhost"`.
pub(crate) fn observed(observed: &Observed) -> String {
    let mut text = match (observed.status, observed.answered_by) {
        (Some(status), AnsweredBy::Unknown) => format!("{status}, who answered is unknown"),
        (Some(status), who) => format!("{status}, answered by {who}"),
        (None, AnsweredBy::Unknown) => "nothing was sent".to_owned(),
        (None, _) => "no answer".to_owned(),
    };
    if let Some(detail) = &observed.detail {
        text += ": ";
        text += detail.as_str();
    }
    text
}

/// What the summary says of cases whose answers differ from what the settings would answer; nothing where there are none.
pub(crate) fn drifting(number: usize) -> String {
    match number {
        0 => String::new(),
        1 => "; 1 differs from what the settings say".to_owned(),
        many => format!("; {many} differ from what the settings say"),
    }
}

/// `9 passed, 1 failed`; verdicts that no case ended in are left out.
pub(crate) fn tally(summary: &Summary) -> String {
    let Summary { pass, fail, warn, recorded, skip, inconclusive, error } = *summary;
    let words = [
        (pass, "passed"),
        (fail, "failed"),
        (warn, "passed with a warning"),
        (recorded, "recorded"),
        (skip, "skipped"),
        (inconclusive, "inconclusive"),
        (error, "in error"),
    ];
    let told: Vec<_> =
        words.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if told.is_empty() { "nothing was played".to_owned() } else { told.join(", ") }
}
