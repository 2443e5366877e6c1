//! A comparison for programs.

use serde_json::{Map, Value, json};

use super::{Change, Diff, Record, Side, Way};

/// The form of the document; another form has another number.
const SCHEMA: &str = "greenlight/diff/1";

pub(super) fn json(diff: &Diff) -> String {
    let mut summary = Map::new();
    for way in Way::ALL {
        summary.insert(way.word().to_owned(), diff.count(way).into());
    }
    summary.insert("same".to_owned(), diff.same.into());
    let document = json!({
        "schema": SCHEMA,
        "before": side(&diff.before),
        "after": side(&diff.after),
        "summary": summary,
        "changes": diff.changes.iter().map(change).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn side(side: &Side) -> Value {
    let mut told = json!({ "target": side.target, "started": side.started });
    tell(&mut told, "configuration", side.configuration.as_deref());
    tell(&mut told, "verdict", side.verdict.map(results::RunVerdict::word));
    told
}

fn change(change: &Change) -> Value {
    let mut told = json!({ "way": change.way.word(), "id": change.key.id, "variant": change.key.variant });
    tell(&mut told, "configuration", change.key.configuration.as_deref());
    tell(&mut told, "theme", Some(change.theme.as_str()).filter(|theme| !theme.is_empty()));
    told["title"] = change.title.clone().into();
    told["severity"] = change.severity.word().into();
    for (name, one) in [("before", &change.before), ("after", &change.after)] {
        if let Some(one) = one {
            told[name] = record(one);
        }
    }
    told
}

fn record(record: &Record) -> Value {
    let mut told = json!({
        "verdict": record.verdict.word(),
        "status": record.status,
        "answered_by": record.answered_by.word(),
    });
    tell(&mut told, "reason", record.reason.as_deref());
    tell(&mut told, "drift", record.drift.as_deref());
    told
}

/// A member that is left out where there is nothing to tell.
fn tell(told: &mut Value, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        told[name] = text.into();
    }
}
