//! The axes of a scenario and their product.

use diagnostics::{Key, Node, Problems, Value};

use crate::variables::TOKENS;

/// More cases than this in one scenario are a mistake, not a wish.
const MAX_CASES: usize = 100_000;

/// One thing that varies, and the values that it takes.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) key: Key,
    pub(crate) choices: Vec<Choice>,
}

/// One value of an axis, under the name that it has in a case's variant.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) value: Node,
}

/// One choice an axis: what a case is made of.
#[derive(Debug)]
pub(crate) struct Variant<'a>(Vec<(&'a Axis, &'a Choice)>);

impl<'a> Variant<'a> {
    /// What a variable stands for in this case.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Node> {
        self.0.iter().find(|(axis, _)| axis.key.text == name).map(|(_, choice)| &choice.value)
    }

    /// `k=v,...` in declared order; empty where nothing varies.
    pub(crate) fn name(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(axis, choice)| format!("{}={}", axis.key.text, choice.name)).collect();
        parts.join(",")
    }
}

/// How many variants the axes have together: one where there is no axis.
pub(crate) fn count(axes: &[Axis]) -> usize {
    axes.iter().map(|axis| axis.choices.len()).fold(1, usize::saturating_mul)
}

/// Every variant, the first axis changing slowest. Each is made when it is asked for, so their number costs no memory.
pub(crate) fn all(axes: &[Axis]) -> impl Iterator<Item = Variant<'_>> {
    (0..count(axes)).map(|index| {
        let mut rest = index;
        let mut chosen: Vec<(&Axis, &Choice)> = Vec::with_capacity(axes.len());
        for axis in axes.iter().rev() {
            chosen.push((axis, &axis.choices[rest % axis.choices.len()]));
            rest /= axis.choices.len();
        }
        chosen.reverse();
        Variant(chosen)
    })
}

/// Reads `variants:`: a mapping of axes, each a list of values or a mapping of names to values. An axis that is reported stays,
/// with what could be read of it, so that its variable is known.
pub(crate) fn read(node: &Node, problems: &Problems) -> Vec<Axis> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let mut axes: Vec<Axis> = fields.entries().iter().map(|(key, node)| axis(key, node, problems)).collect();
    if count(&axes) > MAX_CASES {
        let message = format!("these are more than {MAX_CASES} cases");
        problems.error(fields.span(), message, "vary less, or split the scenario");
        for axis in &mut axes {
            axis.choices.truncate(1);
        }
    }
    axes
}

fn axis(key: &Key, node: &Node, problems: &Problems) -> Axis {
    if TOKENS.contains(&key.text.as_str()) || !is_name(&key.text) {
        let message = format!("`{}` cannot name an axis", key.text);
        let help = "use lower-case letters, digits and dashes; `token` and `other-token` are the step's own tokens";
        problems.error(key.span, message, help);
    }
    let choices: Vec<Choice> = match &node.value {
        Value::List(values) => values.iter().filter_map(|value| unnamed(value, problems)).collect(),
        Value::Map(entries) => entries.iter().filter_map(|(name, value)| named(name, value, problems)).collect(),
        _ => {
            problems.mismatch(node, "a list of values", "write `[one, two]`, or `{ name: value, ... }` to name them");
            Vec::new()
        }
    };
    if matches!(&node.value, Value::List(values) if values.is_empty())
        || matches!(&node.value, Value::Map(entries) if entries.is_empty())
    {
        problems.error(node.span, format!("`{}` takes no value", key.text), "list at least one value, or remove it");
    }
    for (at, choice) in choices.iter().enumerate() {
        if choices[..at].iter().any(|earlier| earlier.name == choice.name) {
            let message = format!("`{}` is given twice", choice.name);
            problems.error(choice.value.span, message, "keep one of the two, or name them: `{ name: value, ... }`");
        }
    }
    Axis { key: key.clone(), choices }
}

fn named(key: &Key, value: &Node, problems: &Problems) -> Option<Choice> {
    if !is_choice_name(&key.text) {
        let message = format!("`{}` cannot name a variant", key.text);
        problems.error(key.span, message, "a name has no comma, no equals sign and no blank at either end");
        return None;
    }
    Some(Choice { name: key.text.clone(), value: value.clone() })
}

/// A value that names itself by its text.
fn unnamed(value: &Node, problems: &Problems) -> Option<Choice> {
    match text(value, problems) {
        Some(name) if is_choice_name(name) => Some(Choice { name: name.to_owned(), value: value.clone() }),
        _ => {
            problems.error(
                value.span,
                "this value cannot name a variant",
                "name it: write the axis as `{ name: value, ... }` instead of a list",
            );
            None
        }
    }
}

/// A scalar as text, just as it is written; none for lists and mappings.
pub(crate) fn text<'a>(node: &'a Node, problems: &'a Problems) -> Option<&'a str> {
    match &node.value {
        Value::Text(text) => Some(text),
        Value::List(_) | Value::Map(_) => None,
        _ => problems.source().text.get(node.span.start..node.span.end),
    }
}

/// Whether this is a name as ids, axes and callers have: lower-case words joined by dashes.
pub(crate) fn is_name(text: &str) -> bool {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.split('-').all(|word| !word.is_empty() && word.chars().all(lower))
}

fn is_choice_name(text: &str) -> bool {
    !text.is_empty() && text == text.trim() && !text.contains(|c: char| c == ',' || c == '=' || c.is_control())
}
