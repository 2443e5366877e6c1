//! Draws diagnostics for a terminal.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};

use crate::{Diagnostic, Level, Source, Span};

/// Longer lines than this are drawn in part: a document may be one line of megabytes.
const LONG: usize = 2_000;

/// So many bytes are shown of a long line on either side of the words at fault.
const NEAR: usize = 200;

/// So many bytes of them are marked there.
const MARKED: usize = 60;

/// Draws diagnostics one below the other, with the lines at fault. Plain text unless `colour` is set.
pub fn render(diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let drawn = diagnostics.iter().map(|one| without_gap(&renderer.render(&groups(one))) + "\n");
    drawn.collect::<Vec<_>>().join("\n")
}

/// Where a place is told apart from its line, the renderer takes the line for one of another file and sets it off with `:::`, below
/// title, place and an empty line.
fn without_gap(drawn: &str) -> String {
    let is_gap = |(at, line): &(usize, &str)| *at == 3 && line.contains(":::") && !line.contains('|');
    let lines = drawn.split('\n').enumerate().filter(|numbered| !is_gap(numbered));
    lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

fn groups(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let level = match diagnostic.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let title = if let Some(rule) = diagnostic.rule { title.id(rule) } else { title };
    let path = diagnostic.source.name.as_str();
    let mut group = match diagnostic.span {
        Some(span) => {
            let excerpt = Excerpt::of(&diagnostic.source, span);
            let annotation = AnnotationKind::Primary.span(excerpt.marked);
            let annotation =
                if diagnostic.label.is_empty() { annotation } else { annotation.label(diagnostic.label.as_str()) };
            let snippet = Snippet::source(excerpt.text).line_start(excerpt.line).annotation(annotation);
            match excerpt.column {
                None => title.element(snippet.path(path)),
                Some(column) => {
                    title.element(Origin::path(path).line(excerpt.line).char_column(column)).element(snippet)
                }
            }
        }
        None => title.element(Origin::path(path)),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Title::HELP.message(help.as_str()));
    }
    vec![group]
}

/// As much of a text as is drawn.
struct Excerpt<'a> {
    text: &'a str,
    /// The number of its first line.
    line: usize,
    /// The words at fault, as seen from its start.
    marked: Range<usize>,
    /// The column of those, where the first line is cut before them.
    column: Option<usize>,
}

impl<'a> Excerpt<'a> {
    /// The lines of the words at fault; of long ones only what is near.
    fn of(source: &'a Source, span: Span) -> Self {
        let text = source.text.as_str();
        // The end of a text is shown behind its last word, not on the empty line below it.
        let shown = text.trim_end_matches(['\n', '\r']).len();
        let (start, end) =
            if span.start >= text.len() { (shown, shown) } else { (span.start, span.end.max(span.start)) };
        let (start, end) = (boundary(text, start), boundary(text, end));
        let (line, column) = source.line_column(start);
        let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = text[end..].find('\n').map_or(text.len(), |at| end + at);
        if last - first <= LONG {
            return Self { text: &text[first..last], line, marked: start - first..end - first, column: None };
        }
        // Of words that go on for long, the beginning tells enough.
        let end = boundary(text, end.min(start + MARKED));
        let end = text[start..end].find('\n').map_or(end, |at| start + at);
        let from = boundary(text, first.max(start.saturating_sub(NEAR)));
        let to = boundary(text, end + NEAR);
        let to = text[end..to].find('\n').map_or(to, |at| end + at);
        Self { text: &text[from..to], line, marked: start - from..end - from, column: (from > first).then_some(column) }
    }
}

/// The offset, or the nearest before it at which a character begins.
fn boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
