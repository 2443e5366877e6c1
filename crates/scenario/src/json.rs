//! Values of a file as JSON.

use diagnostics::{Node, Problems, Value};
use serde_json::Number;

/// The value as JSON, or an error where JSON has no word for it.
pub(crate) fn json(node: &Node, problems: &Problems) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(boolean) => (*boolean).into(),
        Value::Integer(integer) => (*integer).into(),
        Value::Number(number) => {
            let known = Number::from_f64(*number);
            if known.is_none() {
                problems.error(node.span, "JSON has no such number", "write a finite one, or put it in quotes as text");
            }
            known?.into()
        }
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(|item| json(item, problems)).collect::<Option<Vec<_>>>()?.into(),
        Value::Map(entries) => {
            let members = entries.iter().map(|(key, value)| Some((key.text.clone(), json(value, problems)?)));
            serde_json::Value::Object(members.collect::<Option<_>>()?)
        }
        // Nobody reads a scenario into one.
        Value::Unknown => return None,
    })
}
