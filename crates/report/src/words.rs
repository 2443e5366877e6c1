//! Numbers and names as people read them.

use results::{AnsweredBy, Case, Closing, Decision, Go, Means, Milliseconds, Observed, RunVerdict, Summary, Verdict};

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

/// The verdicts in the order in which they are counted.
pub(crate) const ORDER: [Verdict; 7] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Warn,
    Verdict::Recorded,
    Verdict::Skip,
    Verdict::Inconclusive,
    Verdict::Error,
];

/// How many cases ended in a verdict.
pub(crate) fn number(summary: &Summary, verdict: Verdict) -> usize {
    match verdict {
        Verdict::Pass => summary.pass,
        Verdict::Fail => summary.fail,
        Verdict::Warn => summary.warn,
        Verdict::Recorded => summary.recorded,
        Verdict::Skip => summary.skip,
        Verdict::Inconclusive => summary.inconclusive,
        Verdict::Error => summary.error,
    }
}

/// `9 passed, 1 failed`; verdicts that no case ended in are left out.
pub(crate) fn tally(summary: &Summary) -> String {
    let word = |verdict| match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Warn => "passed with a warning",
        Verdict::Recorded => "recorded",
        Verdict::Skip => "skipped",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Error => "in error",
    };
    let counts = ORDER.map(|verdict| (number(summary, verdict), word(verdict)));
    let told: Vec<_> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if told.is_empty() { "nothing was played".to_owned() } else { told.join(", ") }
}

/// The verdict of a run as the word that is read first.
pub(crate) fn outcome(verdict: RunVerdict) -> &'static str {
    match verdict {
        RunVerdict::Pass => "PASSED",
        RunVerdict::Fail => "FAILED",
        RunVerdict::Inconclusive => "INCONCLUSIVE",
        RunVerdict::Error => "ERROR",
    }
}

/// A decision as the word that is read first.
pub(crate) fn decision(decision: &Decision) -> &'static str {
    match decision.word {
        Go::Go => "GO",
        Go::NoGo => "NO-GO",
        Go::Inconclusive => "INCONCLUSIVE",
    }
}

/// How the tokens of a case came to be.
pub(crate) fn means(means: Means) -> &'static str {
    match means {
        Means::Plain => "without a token",
        Means::Forged => "with a token that nobody whom the target trusts has signed",
        Means::Real => "with a real token, as its issuer handed it out",
        Means::Minted => "with a token of the mock issuer that the target trusts",
    }
}

/// What the run's verdict rests on.
pub(crate) fn sentence(closing: &Closing, planned: usize) -> String {
    let summary = &closing.summary;
    let total = summary.total();
    let share = |number: usize| format!("{number} of {}", count(total, "case"));
    let sentence = match closing.verdict {
        RunVerdict::Pass => "every case that was judged held".to_owned(),
        RunVerdict::Fail => format!("{} failed", share(summary.fail)),
        RunVerdict::Error => format!("{} could not be played to the end", share(summary.error)),
        RunVerdict::Inconclusive if summary.inconclusive > 0 => {
            format!("nothing is proven by {}", share(summary.inconclusive))
        }
        RunVerdict::Inconclusive if summary.pass + summary.warn == 0 => {
            "nothing passed, so nothing is proven".to_owned()
        }
        RunVerdict::Inconclusive => "the run is not complete".to_owned(),
    };
    if closing.interrupted {
        format!("{sentence}; interrupted after {total} of {}", count(planned, "case"))
    } else {
        sentence
    }
}
