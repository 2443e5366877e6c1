//! A check as SARIF has it.

use diagnostics::Diagnostic;

use super::{Check, Checked, Finding};
use crate::Place;
use crate::annotations::message;
use crate::place::uri;
use crate::sarif::{Found, Log, Notification, Rule};

pub(super) fn log(check: &Check<'_>, rules: Vec<Rule>) -> Log {
    let findings = check.configurations.iter().flat_map(|one| one.findings.iter().map(move |finding| (one, finding)));
    Log {
        version: check.version.clone(),
        rules,
        results: findings.map(|(one, finding)| found(check, one, finding)).collect(),
        notifications: check.problems.iter().map(|problem| notification(check, problem)).collect(),
    }
}

fn found(check: &Check<'_>, checked: &Checked, finding: &Finding) -> Found {
    let diagnostic = &finding.diagnostic;
    let words = diagnostic.span.and_then(|span| diagnostic.source.text.get(span.start..span.end));
    Found {
        rule: diagnostic.rule.unwrap_or_default().to_owned(),
        level: diagnostic.level,
        message: message(diagnostic),
        uri: uri(&check.folder, &diagnostic.source.name),
        place: Place::of(diagnostic),
        subject: checked.name.clone(),
        words: words.unwrap_or_default().to_owned(),
        accepted: finding.accepted.as_ref().map(|accepted| format!("{} (until {})", accepted.reason, accepted.until)),
    }
}

fn notification(check: &Check<'_>, problem: &Diagnostic) -> Notification {
    Notification {
        level: problem.level,
        message: message(problem),
        uri: uri(&check.folder, &problem.source.name),
        place: Place::of(problem),
    }
}
