//! Texts that stand in the environment: `{ env: NAME }` in place of any text but a secret, for what a pipeline knows and a file does
//! not, such as the address of an instance that was just deployed.

use diagnostics::{Key, Node, Problems, Value};

/// What must not be read here: whoever uses a secret reads it, and nobody else sees it.
const SECRETS: [&str; 6] = ["client-secret", "function-key", "keys", "subscription-key", "token", "certificate"];

/// Puts the values of variables where the file names them. One that is not set is a mistake.
pub(super) fn fill(node: &mut Node, known: &dyn Fn(&str) -> Option<String>, problems: &Problems) {
    if let Some((name, span)) = named(node) {
        let value = known(&name).filter(|value| !value.is_empty());
        if value.is_none() {
            let message = format!("the environment variable {name} is not set");
            problems.error(span, message, "set it, or write the text itself");
        }
        node.value = value.map_or(Value::Null, Value::Text);
        return;
    }
    match &mut node.value {
        Value::Map(entries) => {
            let open = entries.iter_mut().filter(|(key, _)| !SECRETS.contains(&key.text.as_str()));
            open.for_each(|(_, node)| fill(node, known, problems));
        }
        Value::List(items) => items.iter_mut().for_each(|item| fill(item, known, problems)),
        _ => {}
    }
}

/// The variable that a mapping of a single `env` names.
fn named(node: &Node) -> Option<(String, diagnostics::Span)> {
    let Value::Map(entries) = &node.value else { return None };
    match entries.as_slice() {
        [(Key { text, .. }, Node { value: Value::Text(name), span })] if text == "env" => Some((name.clone(), *span)),
        _ => None,
    }
}
