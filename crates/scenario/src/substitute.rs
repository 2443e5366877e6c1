//! `${name}` in the values of a scenario.
//!
//! A scalar that is nothing but `${name}` takes the axis's value with its type; within longer text the value's text is put in.
//! `${token}` is left standing: the runner fills it when the token is made.

use std::collections::BTreeSet;

use diagnostics::{Key, Node, Problems, Span, Value, nearest};

use crate::variants::{Axis, Variant, text};

/// Fields of `send:` in which `${token}` may stand.
const TOKEN_FIELDS: [&str; 4] = ["authorization", "headers", "query", "body"];

/// A text cut at its variables.
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
    /// `${` without `}`.
    Open,
}

impl Piece<'_> {
    /// Whether this stands for a value of the variant; the token is no such value.
    fn is_variable(&self) -> bool {
        matches!(self, Self::Variable(name) if *name != "token")
    }
}

fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    while let Some(at) = rest.find("${") {
        if at > 0 {
            found.push(Piece::Text(&rest[..at]));
        }
        let Some(length) = rest[at..].find('}') else {
            found.push(Piece::Open);
            return found;
        };
        found.push(Piece::Variable(&rest[at + 2..at + length]));
        rest = &rest[at + length + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The node with this case's values in place of the variables. Call [`Check`] first: what it refused stays as it was.
pub(crate) fn substitute(node: &Node, variant: &Variant<'_>, problems: &Problems) -> Node {
    let value = match &node.value {
        Value::Text(written) => {
            if let [Piece::Variable(name)] = pieces(written)[..]
                && let Some(value) = variant.value(name)
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
            Piece::Text(plain) => filled.push_str(plain),
            Piece::Variable(name) => match variant.value(name).and_then(|value| text(value, problems)) {
                Some(value) => filled.push_str(value),
                None => filled.extend(["${", name, "}"]),
            },
            Piece::Open => filled.push_str("${"),
        }
    }
    filled
}

/// Reports variables that cannot be filled, and axes that nothing uses.
pub(crate) struct Check<'a> {
    axes: &'a [Axis],
    problems: &'a Problems,
    used: BTreeSet<String>,
    /// Places already reported: what is read there later makes no sense.
    refused: Vec<Span>,
}

/// Where the check is: `${token}` has its places.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Elsewhere,
    /// A field of `send:`.
    Send,
    /// Inside one of [`TOKEN_FIELDS`].
    Template,
}

impl<'a> Check<'a> {
    pub(crate) fn new(axes: &'a [Axis], problems: &'a Problems) -> Self {
        let check = Self { axes, problems, used: BTreeSet::new(), refused: Vec::new() };
        for choice in axes.iter().flat_map(|axis| &axis.choices) {
            check.choice(&choice.value);
        }
        check
    }

    /// Values are put in as they are, so a variable in one of them would stand there for good.
    fn choice(&self, node: &Node) {
        match &node.value {
            Value::Text(written) if pieces(written).iter().any(Piece::is_variable) => {
                let help = "use the other axis beside this one, in `send` or `expect`";
                self.problems.error(node.span, "a variant's value cannot have a variable", help);
            }
            Value::List(items) => items.iter().for_each(|item| self.choice(item)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.choice(value)),
            _ => {}
        }
    }

    /// Looks through what a step sends.
    pub(crate) fn send(&mut self, node: Option<&Node>) {
        if let Some(node) = node {
            self.node(node, Place::Send);
        }
    }

    /// Looks through what a step expects.
    pub(crate) fn expect(&mut self, node: Option<&Node>) {
        if let Some(node) = node {
            self.node(node, Place::Elsewhere);
        }
    }

    /// Reports the axes that were never used. Gives the places that were refused.
    pub(crate) fn finish(self) -> Vec<Span> {
        for axis in self.axes {
            let name = &axis.key.text;
            if name != "token" && !self.used.contains(name) {
                let help = format!("write `${{{name}}}` where it should vary, or remove the axis");
                self.problems.error(axis.key.span, format!("`{name}` is declared but never used"), help);
            }
        }
        self.refused
    }

    fn node(&mut self, node: &Node, place: Place) {
        match &node.value {
            Value::Text(written) => self.text(written, node.span, place, true),
            Value::List(items) => items.iter().for_each(|item| self.node(item, place)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.text(&key.text, key.span, place, false);
                    let inner = match place {
                        Place::Send if TOKEN_FIELDS.contains(&key.text.as_str()) => Place::Template,
                        Place::Template => Place::Template,
                        _ => Place::Elsewhere,
                    };
                    self.node(value, inner);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, written: &str, span: Span, place: Place, is_value: bool) {
        let pieces = pieces(written);
        let alone = is_value && pieces.len() == 1;
        for piece in pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Open => self.refuse(span, "${", "`${` is not closed", "write `${name}`"),
                Piece::Variable("token") => {
                    if place != Place::Template {
                        let help = format!("it may stand in {} of `send:`", TOKEN_FIELDS.join(", "));
                        self.refuse(span, "${token}", "`${token}` has no place here", &help);
                    }
                }
                Piece::Variable(name) => self.variable(name, span, alone),
            }
        }
    }

    fn variable(&mut self, name: &str, span: Span, alone: bool) {
        let written = format!("${{{name}}}");
        let Some(axis) = self.axes.iter().find(|axis| axis.key.text == name) else {
            let names = self.axes.iter().map(|axis| axis.key.text.as_str());
            let help = match nearest(name, names.clone()) {
                Some(near) => format!("did you mean `${{{near}}}`?"),
                None if self.axes.is_empty() => format!("declare it: `variants: {{ {name}: [...] }}`"),
                None => format!("declared here: {}", names.collect::<Vec<_>>().join(", ")),
            };
            self.refuse(span, &written, &format!("`{written}` is not declared"), &help);
            return;
        };
        self.used.insert(name.to_owned());
        if !alone && axis.choices.iter().any(|choice| text(&choice.value, self.problems).is_none()) {
            let help = "let the variable stand alone, or give the axis plain values only";
            self.refuse(span, &written, &format!("`{written}` is not always text"), help);
        }
    }

    /// Reports at the very variable where it can be found in the file, else at the whole text.
    fn refuse(&mut self, span: Span, variable: &str, message: &str, help: &str) {
        let text = &self.problems.source().text;
        let at = text.get(span.start..span.end).and_then(|written| written.find(variable));
        let exact = at.map_or(span, |at| Span { start: span.start + at, end: span.start + at + variable.len() });
        self.problems.error(exact, message, help);
        self.refused.push(span);
    }
}
