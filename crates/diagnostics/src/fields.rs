//! Reads a [`Node`] tree into typed values and collects every mistake on the way.

use std::cell::RefCell;
use std::sync::Arc;

use crate::{Diagnostic, Key, Level, Node, Source, Span, Value, nearest};

/// The mistakes of one file, in the order in which they were found.
#[derive(Debug)]
pub struct Problems {
    source: Arc<Source>,
    found: RefCell<Vec<Diagnostic>>,
    secrets: RefCell<Vec<Span>>,
}

impl Problems {
    /// None yet.
    pub fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), found: RefCell::default(), secrets: RefCell::default() }
    }

    /// The file that is read.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Adds an error at some words, with what would be right.
    pub fn error(&self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic::error(&self.source, span, message).help(help));
    }

    /// Takes note of a secret: it is masked wherever a diagnostic shows the line that it stands in.
    pub fn secret(&self, span: Span) {
        self.secrets.borrow_mut().push(span);
    }

    /// Adds a diagnostic.
    pub fn push(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }

    /// Whether any error was found so far; warnings do not count.
    pub fn any_error(&self) -> bool {
        self.found.borrow().iter().any(|one| one.level == Level::Error)
    }

    /// All that was found, sorted by place.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|one| one.span.map_or(0, |span| span.start));
        let secrets = self.secrets.into_inner();
        if !secrets.is_empty() {
            let masked = self.source.masked(&secrets);
            for one in &mut found {
                one.source = Arc::clone(&masked);
            }
        }
        found
    }

    /// Text, or an error that says what was found instead.
    pub fn text<'a>(&self, node: &'a Node) -> Option<&'a str> {
        if let Value::Text(text) = &node.value {
            return Some(text);
        }
        self.mismatch(node, "text", "put it in quotes if the very characters are meant");
        None
    }

    /// A whole number, or an error.
    pub fn integer(&self, node: &Node) -> Option<i64> {
        if let Value::Integer(integer) = node.value {
            return Some(integer);
        }
        self.mismatch(node, "a whole number", "write digits only, without quotes");
        None
    }

    /// `true` or `false`, or an error.
    pub fn boolean(&self, node: &Node) -> Option<bool> {
        if let Value::Bool(boolean) = node.value {
            return Some(boolean);
        }
        self.mismatch(node, "true or false", "write `true` or `false`, without quotes");
        None
    }

    /// A list's members, or an error.
    pub fn list<'a>(&self, node: &'a Node) -> Option<&'a [Node]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        self.mismatch(node, "a list", "write `[one, two]`, or one `- item` a line");
        None
    }

    /// A list of texts; members that are not text are reported and left out.
    pub fn texts(&self, node: &Node) -> Vec<String> {
        let items = self.list(node).unwrap_or_default();
        items.iter().filter_map(|item| self.text(item)).map(str::to_owned).collect()
    }

    /// A mapping's fields, or an error.
    pub fn fields<'a>(&'a self, node: &'a Node) -> Option<Fields<'a>> {
        let Value::Map(entries) = &node.value else {
            self.mismatch(node, "a mapping", "write `key: value`, one a line");
            return None;
        };
        Some(Fields { problems: self, span: node.span, entries, known: RefCell::default() })
    }

    /// One of some words, or an error that lists them and guesses which was meant.
    pub fn word<T: Copy>(&self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.error(node.span, format!("`{text}` is not known here"), suggestion(text, &known));
        None
    }

    /// Reports that something else was needed here.
    pub fn mismatch(&self, node: &Node, wanted: &str, help: &str) {
        self.error(node.span, format!("{wanted} is needed here, this is {}", node.kind()), help);
    }
}

/// The fields of one mapping. What was asked for is known; [`Fields::finish`] reports what was not.
#[derive(Debug)]
pub struct Fields<'a> {
    problems: &'a Problems,
    span: Span,
    entries: &'a [(Key, Node)],
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// Where the mapping stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Every key and value in written order; for mappings whose keys are the user's own.
    pub fn entries(&self) -> &'a [(Key, Node)] {
        self.entries
    }

    /// A field that may be left out. `key: null` counts as left out.
    pub fn optional(&self, key: &'static str) -> Option<&'a Node> {
        self.known.borrow_mut().push(key);
        let (_, node) = self.entries.iter().find(|(known, _)| known.text == key)?;
        (node.value != Value::Null).then_some(node)
    }

    /// A field that must be there.
    pub fn required(&self, key: &'static str) -> Option<&'a Node> {
        let node = self.optional(key);
        if node.is_none() {
            let at = Span { start: self.span.start, end: self.first_line_end() };
            self.problems.error(at, format!("`{key}` is missing"), format!("add `{key}: ...`"));
        }
        node
    }

    /// A field that may be given, even as `null`: for values in which null means something.
    pub fn present(&self, key: &'static str) -> Option<&'a Node> {
        self.known.borrow_mut().push(key);
        self.entries.iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    /// Text that may be left out.
    pub fn optional_text(&self, key: &'static str) -> Option<String> {
        self.optional(key).and_then(|node| self.problems.text(node)).map(str::to_owned)
    }

    /// Text that must be there.
    pub fn required_text(&self, key: &'static str) -> Option<String> {
        self.required(key).and_then(|node| self.problems.text(node)).map(str::to_owned)
    }

    /// True or false, or the given default.
    pub fn boolean_or(&self, key: &'static str, default: bool) -> bool {
        self.optional(key).and_then(|node| self.problems.boolean(node)).unwrap_or(default)
    }

    /// A list of texts, empty when left out.
    pub fn texts(&self, key: &'static str) -> Vec<String> {
        self.optional(key).map(|node| self.problems.texts(node)).unwrap_or_default()
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        for (key, _) in self.entries {
            if !known.contains(&key.text.as_str()) {
                self.problems.error(
                    key.span,
                    format!("`{}` is not known here", key.text),
                    suggestion(&key.text, &known),
                );
            }
        }
    }

    fn first_line_end(&self) -> usize {
        let text = &self.problems.source.text[self.span.start..self.span.end];
        self.span.start + text.find('\n').unwrap_or(text.len())
    }
}

fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}
