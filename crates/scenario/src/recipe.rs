//! How a token is made, as a scenario says it.

use diagnostics::{Fields, Key, Node, Problems, Value};
use token::{Forge, HmacSecret, Lifetime, Recipe, Signature, TokenVersion};

use crate::json::json;

/// Claims or header members that are set (some) or removed (none), in order.
type Changes = Vec<(String, Option<serde_json::Value>)>;

const VERSIONS: [(&str, TokenVersion); 4] = [
    ("settings", TokenVersion::Settings),
    ("other", TokenVersion::Other),
    ("v1", TokenVersion::V1),
    ("v2", TokenVersion::V2),
];

const SIGNATURES: [(&str, &Signature); 8] = [
    ("issuer", &Signature::Issuer),
    ("keep", &Signature::Keep),
    ("empty", &Signature::Empty),
    ("absent", &Signature::Absent),
    ("flipped", &Signature::Flipped),
    ("truncated", &Signature::Truncated),
    ("stranger", &Signature::Stranger),
    ("garbage", &Signature::Garbage),
];

const HMAC_SECRETS: [(&str, &HmacSecret); 5] = [
    ("spki-pem", &HmacSecret::SpkiPem),
    ("spki-der", &HmacSecret::SpkiDer),
    ("pkcs1-pem", &HmacSecret::Pkcs1Pem),
    ("pkcs1-der", &HmacSecret::Pkcs1Der),
    ("empty", &HmacSecret::Empty),
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
        forge: fields.optional("forge").map(|node| forge(node, problems)).unwrap_or_default(),
    };
    fields.finish();
    Some(recipe)
}

fn forge(node: &Node, problems: &Problems) -> Forge {
    let Some(fields) = problems.fields(node) else { return Forge::default() };
    let forge = Forge {
        header: fields.optional("header").map(|node| changes(node, problems)).unwrap_or_default(),
        signature: fields.optional("signature").and_then(|node| signature(node, problems)).unwrap_or_default(),
        ..Forge::default()
    };
    fields.finish();
    forge
}

fn signature(node: &Node, problems: &Problems) -> Option<Signature> {
    if matches!(&node.value, Value::Text(word) if word == "hmac") {
        let words = HMAC_SECRETS.map(|(word, _)| word).join(", ");
        let help = format!("write `{{ hmac: ... }}` with one of {words}, or `{{ text: ... }}`");
        problems.error(node.span, "`hmac` needs what it is keyed with", help);
        return None;
    }
    let Value::Map(_) = &node.value else { return problems.word(node, &SIGNATURES).cloned() };
    let fields = problems.fields(node)?;
    let secret = fields.required("hmac").and_then(|node| hmac_secret(node, problems));
    fields.finish();
    secret.map(Signature::Hmac)
}

fn hmac_secret(node: &Node, problems: &Problems) -> Option<HmacSecret> {
    let Value::Map(_) = &node.value else { return problems.word(node, &HMAC_SECRETS).cloned() };
    let fields = problems.fields(node)?;
    let text = fields.required_text("text");
    fields.finish();
    text.map(HmacSecret::Text)
}

/// Values to set, as they are, or one of two forms: `absent` removes, `{ set: value }` sets any value, also a mapping.
fn changes(node: &Node, problems: &Problems) -> Changes {
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
    let node = fields.optional(key)?;
    let written = match &node.value {
        Value::Text(text) => span_of_time(text),
        _ => None,
    };
    if written.is_none() {
        problems.mismatch(
            node,
            "a span of time",
            "write a number and s, m, h or d: `90s`, `-15m`, `1h`; minus is in the past",
        );
    }
    written
}

fn span_of_time(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    text[..text.len() - 1].parse::<i64>().ok()?.checked_mul(unit)
}
