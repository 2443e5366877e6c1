//! A YAML or JSON text as a tree in which every word knows its place.
//!
//! Anchors, aliases, tags and several documents in one file are refused: none is needed, and each is a way to surprise.

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::{Diagnostic, Source, Span};

/// Deeper nesting than this is refused rather than followed.
const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// What a [`Node`] can be. Plain scalars follow the YAML 1.2 core schema: `no`, `on` and `0123` are text, text and 123.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in written order; keys are text and unique.
    Map(Vec<(Key, Node)>),
    /// Something that the file does not say: an expression, a value that is only known after a deployment. No parser makes it, only
    /// who knows what a text stands for.
    Unknown,
}

/// A key of a mapping and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// What this is, in words for a message.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Unknown => "not known here",
        }
    }
}

/// Parses one YAML or JSON document. The error names the place the parser stumbled over.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    Builder::new(source).build()
}

/// A list or mapping that is still open.
enum Open {
    List(Vec<Node>, usize),
    Map(Vec<(Key, Node)>, Option<Key>, usize),
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    /// Byte offset of every character: the parser counts characters.
    offsets: Vec<usize>,
    open: Vec<Open>,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        let offsets = source.text.char_indices().map(|(at, _)| at).chain([source.text.len()]).collect();
        Self { source, offsets, open: Vec::new(), root: None }
    }

    fn build(mut self) -> Result<Node, Diagnostic> {
        for event in Parser::new_from_str(&self.source.text) {
            let (event, span) = event.map_err(|error| {
                let at = self.offset(error.marker().index());
                Diagnostic::error(self.source, Span { start: at, end: at }, format!("cannot be read: {}", error.info()))
                    .help("check indentation, quotes and brackets here and on the line above")
            })?;
            let span = Span { start: self.offset(span.start.index()), end: self.offset(span.end.index()) };
            self.event(&event, span)?;
        }
        let whole = Span { start: 0, end: self.source.text.len() };
        self.root.ok_or_else(|| Diagnostic::error(self.source, whole, "the file is empty"))
    }

    fn event(&mut self, event: &Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Alias(_) => return Err(self.refuse(span, "aliases are not supported", "write the value out")),
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err(self.refuse(span, "a second document in one file", "put it in a file of its own"));
            }
            Event::Scalar(_, _, anchor, tag) => {
                self.refuse_decoration(*anchor, tag.is_some(), span)?;
                self.scalar(event, span)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_decoration(*anchor, tag.is_some(), span)?;
                self.nest(Open::List(Vec::new(), span.start), span)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_decoration(*anchor, tag.is_some(), span)?;
                self.nest(Open::Map(Vec::new(), None, span.start), span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(items, start)) => self.place(Value::List(items), Span { start, end: span.end }),
                Some(Open::Map(entries, _, start)) => self.place(Value::Map(entries), Span { start, end: span.end }),
                None => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, event: &Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let Event::Scalar(text, style, ..) = event else { return Ok(()) };
        if let Some(Open::Map(entries, key @ None, _)) = self.open.last_mut() {
            if entries.iter().any(|(known, _)| known.text == **text) {
                return Err(self.refuse(span, &format!("`{text}` is given twice"), "keep one of the two"));
            }
            *key = Some(Key { text: text.to_string(), span });
            return Ok(());
        }
        let value = if *style == ScalarStyle::Plain { plain(text) } else { Value::Text(text.to_string()) };
        self.place(value, span);
        Ok(())
    }

    fn nest(&mut self, open: Open, span: Span) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.refuse(span, "nested too deeply", "no file of ours needs more than a few levels"));
        }
        if let Some(Open::Map(_, None, _)) = self.open.last() {
            return Err(self.refuse(span, "a key must be text", "quote it"));
        }
        self.open.push(open);
        Ok(())
    }

    /// Puts a finished value where it belongs: into the open list or mapping, or at the root.
    fn place(&mut self, value: Value, span: Span) {
        let node = Node { value, span: self.trim(span) };
        match self.open.last_mut() {
            Some(Open::List(items, _)) => items.push(node),
            Some(Open::Map(entries, key, _)) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                }
            }
            None => self.root = Some(node),
        }
    }

    /// Block collections and folded text end where the next token starts; the marked words should not.
    fn trim(&self, span: Span) -> Span {
        let text = &self.source.text[span.start..span.end];
        Span { start: span.start, end: span.start + text.trim_end().len() }
    }

    fn refuse_decoration(&self, anchor: usize, tagged: bool, span: Span) -> Result<(), Diagnostic> {
        if anchor != 0 {
            return Err(self.refuse(span, "anchors are not supported", "write the value out"));
        }
        if tagged {
            return Err(self.refuse(span, "tags are not supported", "remove the word that starts with `!`"));
        }
        Ok(())
    }

    fn refuse(&self, span: Span, message: &str, help: &str) -> Diagnostic {
        Diagnostic::error(self.source, span, message).help(help)
    }

    fn offset(&self, character: usize) -> usize {
        self.offsets.get(character).copied().unwrap_or(self.source.text.len())
    }
}

/// The value of an unquoted scalar under the YAML 1.2 core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let numeric = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'))
        && text.contains(|any: char| any.is_ascii_digit());
    if !numeric {
        return Value::Text(text.to_owned());
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Value::Integer(integer);
    }
    match text.parse::<f64>() {
        Ok(number) => Value::Number(number),
        Err(_) => Value::Text(text.to_owned()),
    }
}
