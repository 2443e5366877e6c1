//! Reads JSON objects as Azure Resource Manager does: names without case, `null` as left out, unknown names passed over.

use std::cell::RefCell;
use std::collections::HashSet;

use diagnostics::{Diagnostic, Key, Node, Problems, Value, nearest};

/// The members of one object. Which names were asked for is remembered, so that [`Members::finish`] can warn of the others.
pub(crate) struct Members<'a> {
    problems: &'a Problems,
    entries: &'a [(Key, Node)],
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Members<'a> {
    /// The members of an object; an error where it is something else.
    pub(crate) fn of(problems: &'a Problems, node: &'a Node) -> Option<Self> {
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Unknown => &[],
            _ => {
                problems.mismatch(node, "an object", "write `{ ... }`");
                return None;
            }
        };
        let mut seen = HashSet::with_capacity(entries.len());
        for (key, _) in entries {
            if !seen.insert(key.text.to_ascii_lowercase()) {
                problems.error(
                    key.span,
                    format!("`{}` is given twice", key.text),
                    "keep one of the two; case does not count",
                );
            }
        }
        Some(Self { problems, entries, known: RefCell::default() })
    }

    /// A member, unless it is left out, null, or the file does not say its value.
    pub(crate) fn get(&self, name: &'static str) -> Option<&'a Node> {
        self.known.borrow_mut().push(name);
        let (_, node) = self.entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name))?;
        if node.value == Value::Unknown {
            self.unknown(name, node);
            return None;
        }
        (node.value != Value::Null).then_some(node)
    }

    /// An object among the members.
    pub(crate) fn object(&self, name: &'static str) -> Option<Self> {
        Self::of(self.problems, self.get(name)?)
    }

    /// A text.
    pub(crate) fn text(&self, name: &'static str) -> Option<String> {
        self.problems.text(self.get(name)?).map(str::to_owned)
    }

    /// True or false.
    pub(crate) fn boolean(&self, name: &'static str) -> Option<bool> {
        self.problems.boolean(self.get(name)?)
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &'static str) -> Option<Vec<String>> {
        let node = self.get(name)?;
        let items = self.problems.list(node).unwrap_or_default();
        let (unknown, known): (Vec<&Node>, Vec<&Node>) = items.iter().partition(|item| item.value == Value::Unknown);
        if let Some(first) = unknown.first() {
            self.unknown(name, first);
        }
        Some(known.into_iter().filter_map(|item| self.problems.text(item)).map(str::to_owned).collect())
    }

    fn unknown(&self, name: &str, node: &Node) {
        self.problems.push(
            Diagnostic::warning(self.problems.source(), node.span, format!("the file does not say what `{name}` is"))
                .label("its value is not known here")
                .help("hand in the deployed settings, or write the value; it is read as left out"),
        );
    }

    /// One of some words, compared without case.
    pub(crate) fn word<T: Copy>(&self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let node = self.get(name)?;
        let text = self.problems.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.problems.error(node.span, format!("`{text}` is no value of `{name}`"), suggestion(text, &known));
        None
    }

    /// Names that are known but say nothing about how a request is answered.
    pub(crate) fn irrelevant(&self, names: &[&'static str]) {
        self.known.borrow_mut().extend(names);
    }

    /// Warns of every name that is not known: the platform passes over it in silence.
    pub(crate) fn finish(self) {
        let known = self.known.into_inner();
        for (key, _) in self.entries {
            if !known.iter().any(|name| name.eq_ignore_ascii_case(&key.text)) {
                self.problems.push(
                    Diagnostic::warning(self.problems.source(), key.span, format!("`{}` is not known here", key.text))
                        .label("the platform ignores it")
                        .help(suggestion(&key.text, &known)),
                );
            }
        }
    }
}

fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}
