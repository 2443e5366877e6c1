//! Whether every variable can be filled, and every axis is used.

use std::collections::BTreeSet;

use diagnostics::{Node, Problems, Span, Value, nearest};
use token::variables::{Piece, Prefix, Variable, names, pieces};

use crate::variables::{PARTS, TOKENS, is_runtime};
use crate::variants::{Axis, text};

/// Reports variables that no axis fills, and axes that nothing uses. What is filled when the case is played is looked at in each
/// variant, where its place is known.
pub(crate) struct Check<'a> {
    axes: &'a [Axis],
    problems: &'a Problems,
    used: BTreeSet<String>,
    /// Places already reported: what is read there later makes no sense.
    refused: Vec<Span>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(axes: &'a [Axis], problems: &'a Problems) -> Self {
        let check = Self { axes, problems, used: BTreeSet::new(), refused: Vec::new() };
        for choice in axes.iter().flat_map(|axis| &axis.choices) {
            check.choice(&choice.value);
        }
        check
    }

    /// Values are put in as they are, so an axis in one of them would stand there for good.
    fn choice(&self, node: &Node) {
        let is_axis = |piece: &Piece<'_>| matches!(piece, Piece::Variable(variable) if !is_runtime(*variable));
        match &node.value {
            Value::Text(written) if pieces(written).iter().any(is_axis) => {
                let help = "use the other axis beside this one, in `send` or `expect`";
                self.problems.error(node.span, "a variant's value cannot have an axis in it", help);
            }
            Value::List(items) => items.iter().for_each(|item| self.choice(item)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.choice(value)),
            _ => {}
        }
    }

    /// Reports the axes that were never used. Gives the places that were refused.
    pub(crate) fn finish(self) -> Vec<Span> {
        for axis in self.axes {
            let name = &axis.key.text;
            if !TOKENS.contains(&name.as_str()) && !self.used.contains(name) {
                let help = format!("write `${{{name}}}` where it should vary, or remove the axis");
                self.problems.error(axis.key.span, format!("`{name}` is declared but never used"), help);
            }
        }
        self.refused
    }

    /// Looks through a part of a step.
    pub(crate) fn node(&mut self, node: &Node) {
        match &node.value {
            Value::Text(written) => self.text(written, node.span, true),
            Value::List(items) => items.iter().for_each(|item| self.node(item)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.text(&key.text, key.span, false);
                    if key.text == "shape" {
                        self.shape(value);
                    }
                    self.node(value);
                }
            }
            _ => {}
        }
    }

    /// A token's parts have their names in a shape, so an axis cannot have one of them.
    fn shape(&mut self, node: &Node) {
        let Value::Text(written) = &node.value else { return };
        let is_both = |name: &&str| PARTS.contains(name) && self.axis(name).is_some();
        if let Some(name) = names(written).find(is_both) {
            let variable = format!("${{{name}}}");
            let message = format!("`{variable}` is a part of the token here, and an axis too");
            self.refuse(node.span, &variable, &message, "give the axis another name");
        }
    }

    fn text(&mut self, written: &str, span: Span, is_value: bool) {
        let pieces = pieces(written);
        let alone = is_value && pieces.len() == 1;
        for piece in pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Open(_) => self.refuse(span, "${", "`${` is not closed", "write `${name}`"),
                Piece::Variable(variable) => self.variable(variable, span, alone),
            }
        }
    }

    fn variable(&mut self, variable: Variable<'_>, span: Span, alone: bool) {
        let Variable { name, written, prefix } = variable;
        let Some(axis) = self.axis(name) else {
            if !is_runtime(variable) {
                let help = self.meant(name);
                self.refuse(span, written, &format!("`{written}` is not declared"), &help);
            }
            return;
        };
        self.used.insert(name.to_owned());
        if prefix != Prefix::None {
            let help = format!("write `${{{name}}}`, and its values as they should be");
            self.refuse(span, written, "an axis takes no prefix", &help);
        } else if !alone && axis.choices.iter().any(|choice| text(&choice.value, self.problems).is_none()) {
            let help = "let the variable stand alone, or give the axis plain values only";
            self.refuse(span, written, &format!("`{written}` is not always text"), help);
        }
    }

    fn axis(&self, name: &str) -> Option<&'a Axis> {
        self.axes.iter().find(|axis| axis.key.text == name && !TOKENS.contains(&name))
    }

    fn meant(&self, name: &str) -> String {
        let names = self.axes.iter().map(|axis| axis.key.text.as_str());
        match nearest(name, names.clone().chain(TOKENS)) {
            Some(near) => format!("did you mean `${{{near}}}`?"),
            None if self.axes.is_empty() => format!("declare it: `variants: {{ {name}: [...] }}`"),
            None => format!("declared here: {}", names.collect::<Vec<_>>().join(", ")),
        }
    }

    fn refuse(&mut self, span: Span, variable: &str, message: &str, help: &str) {
        self.problems.error(exact(span, variable, self.problems), message, help);
        self.refused.push(span);
    }
}

/// The very variable where it can be found in the file, else the whole text.
pub(crate) fn exact(span: Span, variable: &str, problems: &Problems) -> Span {
    let text = &problems.source().text;
    let at = text.get(span.start..span.end).and_then(|written| written.find(variable));
    at.map_or(span, |at| Span { start: span.start + at, end: span.start + at + variable.len() })
}
