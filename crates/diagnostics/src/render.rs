//! Draws diagnostics for a terminal.

use annotate_snippets::{AnnotationKind, Group, Level as Title, Renderer, Snippet};

use crate::{Diagnostic, Level};

/// Draws diagnostics one below the other, with the lines at fault. Plain text unless `colour` is set.
pub fn render(diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    diagnostics.iter().map(|one| renderer.render(&groups(one)) + "\n").collect::<Vec<_>>().join("\n")
}

fn groups(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let level = match diagnostic.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let title = if let Some(rule) = diagnostic.rule { title.id(rule) } else { title };
    let mut group = match diagnostic.span {
        Some(span) => {
            let annotation = AnnotationKind::Primary.span(span.start..span.end);
            let annotation =
                if diagnostic.label.is_empty() { annotation } else { annotation.label(diagnostic.label.as_str()) };
            title.element(
                Snippet::source(diagnostic.source.text.as_str())
                    .path(diagnostic.source.name.as_str())
                    .annotation(annotation),
            )
        }
        None => title.element(annotate_snippets::Origin::path(diagnostic.source.name.as_str())),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Title::HELP.message(help.as_str()));
    }
    vec![group]
}
