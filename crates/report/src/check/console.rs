//! A check for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style as Ansi;
use diagnostics::{Diagnostic, render};

use super::{Check, Checked, Counts};
use crate::Style;
use crate::printable::Printable;
use crate::words::count;

/// So many findings are told in full, the gravest first; the others are counted by rule.
const TOLD_IN_FULL: usize = 50;

/// So many lines are spent on what gives no cause for complaint, and as many on what is accepted.
const CALM_LINES: usize = 20;

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Whether to use colours.
    pub colour: bool,
    /// Whether to tell nothing but findings.
    pub quiet: bool,
}

pub(super) fn console(check: &Check<'_>, look: Look) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let (mut calm, mut accepted) = (Vec::new(), Vec::new());
    for (checked, told) in check.configurations.iter().zip(told_in_full(check)) {
        if checked.open().next().is_none() {
            calm.push(format!("{}: nothing to complain about", title(checked)));
        } else {
            blocks.push(complaints(checked, &told, check.configurations.len() > 1, look));
        }
        accepted.extend(suppressed(checked));
    }
    if !look.quiet && !check.configurations.is_empty() {
        blocks.extend(some(&calm, "configurations: nothing to complain about"));
        blocks.extend(some(&accepted, "suppressed"));
        if check.configurations.len() > 1 || check.counts() != Counts::default() {
            blocks.push(format!("{}\n", summary(check)));
        }
    }
    blocks.extend(check.predictions().map(|one| one.console(Style { colour: look.colour, verbose: false })));
    blocks.join("\n")
}

/// `2 errors, 1 warning in 3 configurations; ...`.
pub(super) fn summary(check: &Check<'_>) -> String {
    let Counts { errors, warnings, notes, suppressed } = check.counts();
    let told = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let told: Vec<String> =
        told.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    let told = if told.is_empty() { "nothing to complain about".to_owned() } else { told.join(", ") };
    let apart = if suppressed > 0 { format!(" ({suppressed} suppressed)") } else { String::new() };
    let gravest = check.configurations.iter().flat_map(Checked::open).map(|finding| &finding.diagnostic);
    let more = gravest
        .min_by_key(|diagnostic| diagnostic.level)
        .and_then(|diagnostic| diagnostic.rule)
        .map_or_else(String::new, |rule| format!("; `greenlight explain {rule}` says more"));
    format!("{told} in {}{apart}{more}", count(check.configurations.len(), "configuration"))
}

/// Which findings are told in full: for each configuration, for each of its open findings.
fn told_in_full(check: &Check<'_>) -> Vec<Vec<bool>> {
    let mut told: Vec<Vec<bool>> =
        check.configurations.iter().map(|checked| vec![false; checked.open().count()]).collect();
    let mut all: Vec<_> = check.configurations.iter().enumerate().flat_map(places).collect();
    all.sort_by_key(|(level, ..)| *level);
    for (_, configuration, finding) in all.into_iter().take(TOLD_IN_FULL) {
        told[configuration][finding] = true;
    }
    told
}

fn places((configuration, checked): (usize, &Checked)) -> impl Iterator<Item = (diagnostics::Level, usize, usize)> {
    checked.open().enumerate().map(move |(finding, one)| (one.diagnostic.level, configuration, finding))
}

/// The findings of a configuration, the gravest first.
fn complaints(checked: &Checked, told: &[bool], headed: bool, look: Look) -> String {
    let (mut full, mut others): (Vec<Diagnostic>, BTreeMap<&str, usize>) = (Vec::new(), BTreeMap::new());
    for (finding, told) in checked.open().zip(told) {
        if *told {
            full.push(finding.diagnostic.clone());
        } else {
            *others.entry(finding.diagnostic.rule.unwrap_or_default()).or_default() += 1;
        }
    }
    full.sort_by_key(|one| one.level);
    let mut text = String::new();
    if headed {
        let bold = if look.colour { Ansi::new().bold() } else { Ansi::new() };
        let _ = writeln!(text, "{bold}{}{bold:#}\n", title(checked));
    }
    text.push_str(&render(&full, look.colour));
    if !others.is_empty() {
        let number = others.values().sum::<usize>();
        let rules: Vec<String> = others.iter().map(|(rule, number)| format!("{rule} {number}")).collect();
        let gap = if full.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{number} more, in full with `--format json`: {}", rules.join(", "));
    }
    text
}

/// What is accepted in a configuration, a line each.
fn suppressed(checked: &Checked) -> impl Iterator<Item = String> {
    checked.findings.iter().filter_map(|finding| {
        let accepted = finding.accepted.as_ref()?;
        let (rule, place) = (finding.diagnostic.rule.unwrap_or_default(), finding.diagnostic.place());
        let (place, reason) = (Printable(&place), Printable(&accepted.reason));
        Some(format!("{place}: {rule} suppressed until {}: {reason}", accepted.until))
    })
}

/// Some lines as one block, as many as a person wants to read; none where there are none.
fn some(lines: &[String], noun: &str) -> Option<String> {
    let (told, others) = lines.split_at(lines.len().min(CALM_LINES));
    let more = if others.is_empty() { String::new() } else { format!("and {} more {noun}\n", others.len()) };
    (!told.is_empty()).then(|| format!("{}\n{more}", told.join("\n")))
}

/// `infra/x.json: authsettingsV2 of func-orders`.
fn title(checked: &Checked) -> String {
    let name = if checked.name.is_empty() { String::new() } else { format!(" of {}", Printable(&checked.name)) };
    format!("{}: {}{name}", Printable(&checked.file), checked.kind)
}
