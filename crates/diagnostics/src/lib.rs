//! What is wrong in a user's file and where, as plain data.
//!
//! A file is parsed into a [`Node`] tree in which every word knows its place; [`Fields`] reads the tree into typed values and
//! collects every mistake on the way, so that one pass reports them all. A [`Diagnostic`] is plain data: the terminal, JSON and
//! the reports show the same content. [`render()`] draws it for a terminal.
//!
//! Nothing here opens a file: the text is handed in.

mod accepted;
mod fields;
mod json;
mod near;
mod render;
#[cfg(test)]
mod tests;
mod tree;

pub use fields::{Fields, Problems};
pub use json::parse_json;
pub use near::nearest;
pub use render::render;
pub use tree::{Key, Node, Value, parse};

use std::sync::Arc;

/// A user's file: its name as the user would say it, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Path or other name, as shown in diagnostics.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Takes a name and a text. A byte order mark at the start is dropped: editors on Windows write one.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let mut text: String = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Arc::new(Self { name: name.into(), text })
    }

    /// The same file with an asterisk for each byte of its secrets: every place in it stays where it is.
    #[must_use]
    pub fn masked(&self, secrets: &[Span]) -> Arc<Self> {
        let mut secrets: Vec<&Span> = secrets.iter().collect();
        secrets.sort_unstable_by_key(|span| span.start);
        let mut secrets = secrets.into_iter().peekable();
        let mut end = 0;
        let mut text = String::with_capacity(self.text.len());
        for (at, letter) in self.text.char_indices() {
            while let Some(span) = secrets.next_if(|span| span.start <= at) {
                end = end.max(span.end);
            }
            if at < end && letter != '\n' {
                text.extend(std::iter::repeat_n('*', letter.len_utf8()));
            } else {
                text.push(letter);
            }
        }
        Arc::new(Self { name: self.name.clone(), text })
    }

    /// Line and column (both from 1, columns in characters) of a byte offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// How grave a diagnostic is. Errors make a file unusable; warnings and notes do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The file cannot be used as it is.
    Error,
    /// It can, but probably does not say what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing that is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave.
    pub level: Level,
    /// The id of the rule that it breaks; none where a file cannot be read as it should.
    pub rule: Option<&'static str>,
    /// What is wrong, one line, lower case, without a full stop.
    pub message: String,
    /// The file.
    pub source: Arc<Source>,
    /// The words at fault; none where the file as a whole is.
    pub span: Option<Span>,
    /// What to say beside the marked words; may be empty.
    pub label: String,
    /// What would be right or what to do next.
    pub help: Option<String>,
}

impl Level {
    /// `error`, `warning` or `note`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Diagnostic {
    /// An error at some words of a file.
    pub fn error(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            rule: None,
            message: message.into(),
            source: Arc::clone(source),
            span: Some(span),
            label: String::new(),
            help: None,
        }
    }

    /// A warning at some words of a file.
    pub fn warning(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(source, span, message) }
    }

    /// Adds what to say beside the marked words.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `file:line:column`, or the file's name where there is no place.
    pub fn place(&self) -> String {
        match self.span {
            Some(span) => {
                let (line, column) = self.source.line_column(span.start);
                format!("{}:{line}:{column}", self.source.name)
            }
            None => self.source.name.clone(),
        }
    }
}
