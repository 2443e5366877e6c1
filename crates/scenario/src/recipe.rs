//! How a token is made, as a scenario says it.

use diagnostics::{Fields, Key, Node, Problems, Value};
use token::{Lifetime, Recipe, TokenVersion};

use crate::forge;
use crate::json::json;

/// Claims or header members that are set (some) or removed (none), in order.
pub(crate) type Changes = Vec<(String, Option<serde_json::Value>)>;

const VERSIONS: [(&str, TokenVersion); 4] = [
    ("settings", TokenVersion::Settings),
    ("other", TokenVersion::Other),
    ("v1", TokenVersion::V1),
    ("v2", TokenVersion::V2),
];

/// Reads `token:`.
pub(crate) fn read(node: &Node, problems: &Problems) -> Option<Recipe> {
    let fields = problems.fields(node)?;
    let caller = fields.required_text("caller");
    let recipe = Recipe {
        caller: caller.unwrap_or_default(),
        audience: fields.optional_text("audience"),
        tenant: fields.optional_text("tenant"),
        version: fields.optional("version").and_then(|node| problems.word(node, &VERSIONS)).unwrap_or_default(),
        lifetime: Lifetime {
            expires_in: seconds(&fields, "expires-in", problems),
            not_before_in: seconds(&fields, "not-before-in", problems),
            issued_in: seconds(&fields, "issued-in", problems),
        },
        claims: fields.optional("claims").map(|node| changes(node, problems)).unwrap_or_default(),
        forge: fields.optional("forge").map(|node| forge::read(node, problems)).unwrap_or_default(),
    };
    fields.finish();
    Some(recipe)
}

/// Values to set, as they are, or one of two forms: `absent` removes, `{ set: value }` sets any value, also a mapping.
pub(crate) fn changes(node: &Node, problems: &Problems) -> Changes {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let one = |(key, node): &(Key, Node)| Some((key.text.clone(), change(node, problems)?));
    fields.entries().iter().filter_map(one).collect()
}

/// None where the value cannot be said; some of none where the member is removed.
#[expect(clippy::option_option, reason = "the outer is whether it could be read, the inner is the recipe's own form")]
fn change(node: &Node, problems: &Problems) -> Option<Option<serde_json::Value>> {
    match &node.value {
        Value::Text(word) if word == "absent" => Some(None),
        Value::Map(_) => {
            let fields = problems.fields(node)?;
            let value = fields.present("set");
            if value.is_none() {
                let help = "write `{ set: value }` to set a mapping, `absent` to remove, or a plain value";
                problems.error(node.span, "`set` is missing", help);
            }
            fields.finish();
            Some(Some(json(value?, problems)?))
        }
        _ => Some(Some(json(node, problems)?)),
    }
}

/// A span of time as people write it: `-15m`, `1h`.
fn seconds(fields: &Fields<'_>, key: &'static str, problems: &Problems) -> Option<i64> {
    fields.optional(key).and_then(|node| span_of_time(node, problems))
}

/// A span of time in seconds.
pub(crate) fn span_of_time(node: &Node, problems: &Problems) -> Option<i64> {
    let written = match &node.value {
        Value::Text(text) => in_seconds(text),
        _ => None,
    };
    if written.is_none() {
        let help = "write a number and s, m, h or d: `90s`, `-15m`, `1h`; minus is in the past";
        problems.mismatch(node, "a span of time", help);
    }
    written
}

fn in_seconds(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    text[..text.len() - 1].parse::<i64>().ok()?.checked_mul(unit)
}
