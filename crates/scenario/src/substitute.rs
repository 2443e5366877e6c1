//! Axes put in place of their variables.
//!
//! A scalar that is nothing but `${name}` takes the axis's value with its type; within longer text the value's text is put in.
//! What is filled when the case is played is left standing.

use diagnostics::{Key, Node, Problems, Value};
use token::variables::{Piece, Prefix, Variable, pieces};

use crate::variants::{Variant, text};

/// The node with this case's values in place of the variables. What no axis has stays as it is.
pub(crate) fn substitute(node: &Node, variant: &Variant<'_>, problems: &Problems) -> Node {
    let value = match &node.value {
        Value::Text(written) => {
            if let [Piece::Variable(variable)] = pieces(written)[..]
                && let Some(value) = axis(variable, variant)
            {
                return value.clone();
            }
            Value::Text(fill(written, variant, problems))
        }
        Value::List(items) => Value::List(items.iter().map(|item| substitute(item, variant, problems)).collect()),
        Value::Map(entries) => {
            let replace = |(key, value): &(Key, Node)| {
                let key = Key { text: fill(&key.text, variant, problems), span: key.span };
                (key, substitute(value, variant, problems))
            };
            Value::Map(entries.iter().map(replace).collect())
        }
        other => other.clone(),
    };
    Node { value, span: node.span }
}

fn fill(written: &str, variant: &Variant<'_>, problems: &Problems) -> String {
    if !written.contains("${") {
        return written.to_owned();
    }
    let mut filled = String::new();
    for piece in pieces(written) {
        match piece {
            Piece::Text(plain) | Piece::Open(plain) => filled.push_str(plain),
            Piece::Variable(variable) => {
                let value = axis(variable, variant).and_then(|value| text(value, problems));
                filled.push_str(value.unwrap_or(variable.written));
            }
        }
    }
    filled
}

/// What an axis has in this case. A prefix is for what is filled later.
fn axis<'a>(variable: Variable<'_>, variant: &Variant<'a>) -> Option<&'a Node> {
    (variable.prefix == Prefix::None).then(|| variant.value(variable.name))?
}
