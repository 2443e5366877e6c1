//! A check for programs.

use diagnostics::Diagnostic;
use serde_json::{Map, Value, json};

use super::{Check, Checked, Finding};
use crate::Place;
use crate::prediction::{Foretold, Keeps, Prediction};

/// The form of the document; another form has another number.
const SCHEMA: &str = "greenlight/check/1";

pub(super) fn json(check: &Check<'_>) -> String {
    let counts = check.counts();
    let findings = check.configurations.iter().flat_map(|one| one.findings.iter().map(|found| finding(one, found)));
    let mut document = json!({
        "schema": SCHEMA,
        "version": check.version,
        "configurations": check.configurations.iter().map(configuration).collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "problems": check.problems.iter().map(|problem| Value::Object(told(problem))).collect::<Vec<_>>(),
        "summary": {
            "errors": counts.errors,
            "warnings": counts.warnings,
            "notes": counts.notes,
            "suppressed": counts.suppressed,
        },
    });
    if check.predict.is_some() && !check.configurations.is_empty() {
        document["predictions"] = check.predictions().map(|one| prediction(&one)).collect();
    }
    format!("{document:#}\n")
}

fn prediction(one: &Prediction<'_>) -> Value {
    let mut told = json!({ "file": one.file, "name": one.name });
    if let Some(unknown) = &one.unknown {
        told["unknown"] = unknown.clone().into();
    }
    if !one.taken_as_set.is_empty() {
        told["taken_as_set"] = one.taken_as_set.clone().into();
    }
    let case = |case: &Foretold<'_>| {
        let keeps = match case.keeps {
            Keeps::Yes => "yes",
            Keeps::No => "no",
            Keeps::Unknown => "unknown",
        };
        json!({ "case": case.case, "callers": case.callers, "answer": case.answer, "keeps": keeps })
    };
    told["cases"] = one.cases.iter().map(case).collect();
    told
}

fn configuration(checked: &Checked) -> Value {
    let (line, column) = checked.begins;
    json!({ "file": checked.file, "name": checked.name, "kind": checked.kind, "line": line, "column": column })
}

fn finding(checked: &Checked, finding: &Finding) -> Value {
    let mut members = Map::new();
    members.insert("rule".into(), finding.diagnostic.rule.into());
    members.append(&mut told(&finding.diagnostic));
    members.insert("configuration".into(), checked.name.clone().into());
    if let Some(accepted) = &finding.accepted {
        members.insert("suppressed".into(), json!({ "reason": accepted.reason, "until": accepted.until }));
    }
    Value::Object(members)
}

/// What is told of every diagnostic. What it has not is left out.
fn told(diagnostic: &Diagnostic) -> Map<String, Value> {
    let mut members = Map::new();
    let mut tell = |name: &str, value: Value| members.insert(name.to_owned(), value);
    tell("level", diagnostic.level.word().into());
    tell("message", diagnostic.message.clone().into());
    if let Some(help) = &diagnostic.help {
        tell("help", help.clone().into());
    }
    tell("file", diagnostic.source.name.clone().into());
    if let Some(place) = Place::of(diagnostic) {
        tell("line", place.line.into());
        tell("column", place.column.into());
        tell("end_line", place.end_line.into());
        tell("end_column", place.end_column.into());
    }
    members
}
