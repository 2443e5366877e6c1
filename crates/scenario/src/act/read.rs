//! What is done to the issuer, as a scenario says it.

use diagnostics::{Key, Node, Problems, Value};
use token::Octets;

use super::{Act, Document, KeyChange, Trouble};
use crate::expect::{positive, status};
use crate::form::one_of;
use crate::json::json;
use crate::octets;
use crate::recipe::changes;
use crate::send::{header_name, header_value};

const WORDS: [(&str, &Act); 3] = [("rotate", &Act::Rotate), ("retire", &Act::Retire), ("restore", &Act::Restore)];

const TROUBLES: [(&str, &Trouble); 2] = [("hang", &Trouble::Hang), ("reset", &Trouble::Reset)];

/// More keys than this in one key set are a mistake, not a wish.
const MOST_KEYS: u64 = 100_000;

/// Reads what stands behind `issuer:` of a step.
pub(crate) fn read(node: &Node, problems: &Problems) -> Option<Act> {
    let Value::Map(_) = &node.value else { return problems.word(node, &WORDS).cloned() };
    let fields = problems.fields(node)?;
    let about = |key, document| {
        let node = fields.optional(key)?;
        Some(trouble(node, document, problems).map(|trouble| Act::Trouble { document, trouble }))
    };
    let forms = [about("jwks", Document::Jwks), about("discovery", Document::Discovery)];
    let help = "write rotate, retire or restore, or `{ jwks: ... }` or `{ discovery: ... }` with what is wrong with it";
    let act = one_of(&fields, forms, help, problems);
    fields.finish();
    act
}

fn trouble(node: &Node, document: Document, problems: &Problems) -> Option<Trouble> {
    let Value::Map(_) = &node.value else { return problems.word(node, &TROUBLES).cloned() };
    let fields = problems.fields(node)?;
    let number = |key| fields.optional(key).map(|node| positive(node, problems));
    let size = |key| number(key).map(|size| size.map(|size| usize::try_from(size).unwrap_or(usize::MAX)));
    let media_type = fields.optional("media-type");
    let named = media_type.and_then(|node| header_value(node, problems)).unwrap_or("application/json");
    let body = |body: Octets| Trouble::Body { body, media_type: named.to_owned() };
    let redirect = |node| problems.text(node).map(|place| Trouble::Redirect(place.to_owned()));
    let body_node = fields.optional("body");
    let keys_node = fields.optional("keys");
    let forms = [
        fields.optional("status").map(|node| status(node, problems).map(Trouble::Status)),
        number("delay-ms").map(|delay| delay.map(Trouble::Delay)),
        size("truncate").map(|size| size.map(Trouble::Truncate)),
        size("pad").map(|size| size.map(Trouble::Pad)),
        fields.optional("redirect").map(redirect),
        body_node.map(|node| octets::read(node, problems).map(body)),
        fields.optional("change").map(|node| Some(Trouble::Change(changes(node, problems)))),
        fields.optional("headers").map(|node| Some(Trouble::Headers(headers(node, problems)))),
        keys_node.map(|node| keys(node, problems).map(Trouble::Keys)),
    ];
    let help = "one trouble a step: status, delay-ms, truncate, pad, redirect, body, change, headers or keys, or the word \
                hang or reset";
    let trouble = one_of(&fields, forms, help, problems);
    if let (Some(node), None) = (media_type, body_node) {
        problems.error(node.span, "`media-type` is that of a `body`", "add `body: ...`, or remove it");
    }
    if let (Some(node), Document::Discovery) = (keys_node, document) {
        problems.error(node.span, "the metadata has no keys", "write `jwks: { keys: ... }`");
    }
    fields.finish();
    trouble
}

fn headers(node: &Node, problems: &Problems) -> Vec<(String, String)> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let one = |(key, node): &(Key, Node)| {
        let name = header_name(&key.text, key.span, problems);
        let value = header_value(node, problems);
        Some((name?, value?.to_owned()))
    };
    fields.entries().iter().filter_map(one).collect()
}

fn keys(node: &Node, problems: &Problems) -> Option<KeyChange> {
    let fields = problems.fields(node)?;
    let listed = |key| fields.optional(key).map(|node| values(node, problems)).unwrap_or_default();
    let fill = fields.optional("fill").and_then(|node| Some((node, positive(node, problems)?)));
    if let Some((node, number)) = fill
        && number > MOST_KEYS
    {
        problems.error(node.span, format!("{number} keys are too many"), format!("{MOST_KEYS} are the most"));
    }
    let keys = KeyChange {
        change: fields.optional("change").map(|node| changes(node, problems)).unwrap_or_default(),
        first: listed("first"),
        last: listed("last"),
        fill: fill.map_or(0, |(_, number)| usize::try_from(number).unwrap_or(usize::MAX)),
        without_own: fields.boolean_or("without-own", false),
    };
    if fields.entries().is_empty() {
        problems.error(fields.span(), "no key is changed", "write change, first, last, fill or without-own");
    }
    fields.finish();
    Some(keys)
}

fn values(node: &Node, problems: &Problems) -> Vec<serde_json::Value> {
    problems.list(node).unwrap_or_default().iter().filter_map(|item| json(item, problems)).collect()
}
