//! Which words of a file are secrets: they are masked before any line of it can be shown.

use std::collections::HashMap;

use diagnostics::{Key, Node, Span, Value};

use super::tree::{entries, entry, items, member, text};
use super::{name, v1};

/// Names of things that are secret end in one of these, however they are written: `client_secret`, `clientSecret`.
const ENDINGS: &[&str] = &[
    "secret",
    "password",
    "accesskey",
    "accountkey",
    "masterkey",
    "apikey",
    "connectionstring",
    "connectionstrings",
    "sasurl",
    "sastoken",
];

/// The places of all secrets of a file.
pub(super) fn of(root: &Node) -> Vec<Span> {
    let mut found = Vec::new();
    walk(root, &mut found);
    // What a plan was given, before it is marked as sensitive anywhere.
    if member(root, "format_version").is_some() {
        for (_, variable) in entries(member(root, "variables")) {
            texts(variable, &mut found);
        }
    }
    found
}

/// Whether the value of an app setting may be read and shown: of those that change authentication, and hold no key.
pub(super) fn is_readable(setting: &str) -> bool {
    const OTHERS: &[&str] = &[
        "WEBSITE_WARMUP_PATH",
        "WEBSITE_SWAP_WARMUP_PING_PATH",
        "WEBSITE_SWAP_WARMUP_PING_STATUSES",
        "FUNCTIONS_EXTENSION_VERSION",
        "FUNCTIONS_WORKER_RUNTIME",
    ];
    OTHERS.contains(&setting)
        || setting.starts_with("WEBSITE_AUTH_")
            && !["KEY", "SECRET", "SASURL"].iter().any(|word| setting.ends_with(word))
}

/// App settings of which only those are known that are readable.
pub(super) fn app_settings<'a>(pairs: impl Iterator<Item = (Key, &'a Node)>) -> Vec<(Key, Node)> {
    pairs
        .map(|(key, node)| {
            let readable = is_readable(&key.text);
            (key, if readable { node.clone() } else { Node { value: Value::Unknown, span: node.span } })
        })
        .collect()
}

fn walk(node: &Node, found: &mut Vec<Span>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Map(members) => {
            // `{ "type": "...", "name": "appsettings", "properties": { ... } }`
            if text(node, "name").is_some_and(|text| name::last(text).eq_ignore_ascii_case("appsettings")) {
                settings(member(node, "properties"), found);
            }
            marked(node, found);
            for (key, inner) in members {
                match key.text.as_str() {
                    "app_settings" | "appSettings" | "appsettings" => settings(Some(inner), found),
                    "body" | "template_content" | "parameters_content" if holds_secrets(inner) => {
                        found.push(inner.span);
                    }
                    name if ENDINGS.iter().any(|ending| ends_with(name, ending)) => texts(inner, found),
                    _ => walk(inner, found),
                }
            }
        }
        _ => {}
    }
}

/// Whether a text is JSON in which something is secret: then all of it is.
fn holds_secrets(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if v1::embedded(text, node.span).is_some_and(|inner| !of(&inner).is_empty()))
}

/// App settings as a map, or as a list of names and values.
fn settings(node: Option<&Node>, found: &mut Vec<Span>) {
    for (key, value) in entries(node) {
        if !is_readable(&key.text) {
            texts(value, found);
        }
    }
    for item in items(node) {
        if let Some(value) = member(item, "value")
            && !text(item, "name").is_some_and(is_readable)
        {
            texts(value, found);
        }
    }
}

/// What Terraform marks as sensitive beside the values.
fn marked(node: &Node, found: &mut Vec<Span>) {
    for (values, marks) in
        [("values", "sensitive_values"), ("before", "before_sensitive"), ("after", "after_sensitive")]
    {
        if let (Some((_, values)), Some((_, marks))) = (entry(node, values), entry(node, marks)) {
            sensitive(values, marks, found);
        }
    }
    // An output.
    if let (Some(value), Some(Node { value: Value::Bool(true), .. })) =
        (member(node, "value"), member(node, "sensitive"))
    {
        texts(value, found);
    }
}

fn sensitive(values: &Node, marks: &Node, found: &mut Vec<Span>) {
    match (&values.value, &marks.value) {
        (_, Value::Bool(true)) => texts(values, found),
        (Value::Map(_), Value::Map(marks)) => {
            let values: HashMap<&str, &Node> =
                entries(Some(values)).iter().map(|(key, node)| (key.text.as_str(), node)).collect();
            for (key, mark) in marks {
                if let Some(inner) = values.get(key.text.as_str()) {
                    sensitive(inner, mark, found);
                }
            }
        }
        (Value::List(values), Value::List(marks)) => {
            values.iter().zip(marks).for_each(|(inner, mark)| sensitive(inner, mark, found));
        }
        _ => {}
    }
}

/// Every text and number in a value. Nothing is known of its inner names, so they are not spared.
fn texts(node: &Node, found: &mut Vec<Span>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Map(members) => members.iter().for_each(|(_, inner)| texts(inner, found)),
        Value::Text(_) | Value::Integer(_) | Value::Number(_) => found.push(node.span),
        Value::Null | Value::Bool(_) | Value::Unknown => {}
    }
}

/// Whether a name ends in a word, whatever its case and without its underscores.
fn ends_with(name: &str, ending: &str) -> bool {
    let mut letters = name.bytes().rev().filter(|byte| !matches!(byte, b'_' | b'-'));
    ending.bytes().rev().all(|expected| letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(&expected)))
}

#[cfg(test)]
mod tests {
    use super::ends_with;
    use rstest::rstest;

    #[rstest]
    #[case::camel("clientSecret", true)]
    #[case::snake("facebook_app_secret", true)]
    #[case::setting("clientSecretSettingName", false)]
    #[case::short("ret", false)]
    fn a_secret_is_known_by_its_name(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(ends_with(name, "secret"), expected);
    }
}
