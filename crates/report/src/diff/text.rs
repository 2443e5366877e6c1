//! A comparison for people.

use std::fmt::Write as _;

use results::{AnsweredBy, Verdict};

use super::{Change, Diff, Record, Side, Way};
use crate::Style;
use crate::markdown::{Code, Page, Prose, STEP};
use crate::printable::Printable;
use crate::words::count;

/// So many cases that are in one run only are told on a terminal; the others are counted.
const ONE_SIDED: usize = 20;

pub(super) fn console(diff: &Diff, style: Style) -> String {
    let heading = style.heading();
    let label = style.label();
    let mut text = String::new();
    for (name, one) in [("before", &diff.before), ("after", &diff.after)] {
        let _ = writeln!(text, "{label}{name:>6}{label:#}  {}", Printable(&side(one)));
    }
    for way in Way::ALL {
        let changes: Vec<&Change> = diff.changes.iter().filter(|change| change.way == way).collect();
        if changes.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{heading}{} {}{heading:#}", count(changes.len(), "case"), title(way));
        let shown = if matches!(way, Way::Gone | Way::New) { ONE_SIDED } else { changes.len() };
        let mut told = Vec::new();
        for change in changes.iter().take(shown) {
            let _ = writeln!(text, "  {}  {}", Printable(&name(change)), Printable(&went(change)));
            // Many in a row have the same reason.
            let reasons = reasons(change);
            for line in reasons.iter().filter(|_| reasons != told) {
                let _ = writeln!(text, "      {}", Printable(line));
            }
            told = reasons;
        }
        if changes.len() > shown {
            let _ = writeln!(text, "  and {} more, in full with `--format json`", changes.len() - shown);
        }
    }
    text + &format!("\n{}\n", counts(diff))
}

pub(super) fn markdown(diff: &Diff) -> String {
    let mut page = Page::within(STEP);
    let outcome = if diff.count(Way::Weaker) > 0 { "something got weaker" } else { "nothing got weaker" };
    page.add(&format!("## greenlight: {outcome}\n\n{}\n\n", Prose(&counts(diff))));
    for (name, one) in [("before", &diff.before), ("after", &diff.after)] {
        page.add(&format!("- {name}: {}\n", Prose(&side(one))));
    }
    for way in Way::ALL {
        let changes: Vec<&Change> = diff.changes.iter().filter(|change| change.way == way).collect();
        let rows: Vec<String> = changes.iter().map(|change| row(change)).collect();
        let cases = count(changes.len(), "case");
        let heading = format!("\n### {cases} {}\n\n| case | before | after |\n| --- | --- | --- |\n", title(way));
        page.rows(&heading, &rows);
    }
    page.text()
}

fn row(change: &Change) -> String {
    let told = |one: &Option<Record>| {
        one.as_ref().map_or_else(String::new, |one| {
            let reason = one.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            let drift = one.drift.as_ref().map_or_else(String::new, |drift| format!("; drift: {drift}"));
            Prose(&format!("{}{reason}{drift}", answer(one))).to_string()
        })
    };
    // A bar within code would end the cell.
    let name = Code(&name(change)).to_string().replace('|', "\\|");
    format!("| {name} {} | {} | {} |\n", Prose(&change.title), told(&change.before), told(&change.after))
}

fn side(side: &Side) -> String {
    let configuration = side.configuration.as_ref().map_or_else(String::new, |one| format!(", configured by {one}"));
    let verdict = side.verdict.map_or_else(String::new, |verdict| format!(": {verdict}"));
    format!("{}{configuration}, {}{verdict}", side.target, side.started)
}

fn title(way: Way) -> &'static str {
    match way {
        Way::Weaker => "weaker",
        Way::Stronger => "stronger",
        Way::Changed => "changed otherwise",
        Way::Gone => "in the first run only",
        Way::New => "in the second run only",
    }
}

fn name(change: &Change) -> String {
    let slash = if change.theme.is_empty() { "" } else { "/" };
    let key = &change.key;
    let variant = if key.variant.is_empty() { String::new() } else { format!("[{}]", key.variant) };
    let configuration = key.configuration.as_ref().map_or_else(String::new, |one| format!(" ({one})"));
    format!("{}{slash}{}{variant}{configuration}", change.theme, key.id)
}

/// `pass, 401 platform -> fail, 200 app`.
fn went(change: &Change) -> String {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{} -> {}", answer(before), answer(after)),
        (one, other) => one.as_ref().or(other.as_ref()).map_or_else(String::new, answer),
    }
}

/// `fail, 200 app`.
fn answer(record: &Record) -> String {
    match (record.status, record.answered_by) {
        (None, AnsweredBy::Unknown) => record.verdict.word().to_owned(),
        (None, who) => format!("{}, no answer ({who})", record.verdict),
        (Some(status), who) => format!("{}, {status} {who}", record.verdict),
    }
}

/// What else is worth a line: why it is judged as it is now, and how drift changed.
fn reasons(change: &Change) -> Vec<String> {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
    let mut lines = Vec::new();
    // What a recorded case says is its answer, which stands in the line already.
    lines.extend(after.reason.clone().filter(|_| after.verdict != Verdict::Recorded));
    match (&before.drift, &after.drift) {
        (None, Some(drift)) => lines.push(format!("now it drifts: {drift}")),
        (Some(drift), None) => lines.push(format!("it no longer drifts: {drift}")),
        (Some(before), Some(after)) if before != after => lines.push(format!("drift: {after}; before: {before}")),
        _ => {}
    }
    lines
}

fn counts(diff: &Diff) -> String {
    let numbers = Way::ALL.map(|way| (diff.count(way), title(way)));
    let occurring = numbers.iter().filter(|(number, _)| *number > 0);
    let mut told: Vec<String> = occurring.map(|(number, title)| format!("{number} {title}")).collect();
    told.push(format!("{} as before", diff.same));
    told.join(", ")
}
