//! Renders a kept document again.

use std::io::{BufRead, Write};

use results::{ReadError, Writer, read};

use crate::{Console, Html, Junit, Markdown, Style, sarif};

/// In what form a document is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Console(Style),
    /// For programs: the document itself, laid out as it is when it is written. Of a document that is cut off, the whole cases,
    /// closed as an interrupted run, beside the error.
    Json,
    /// For CI servers.
    Junit,
    /// For a browser: one file.
    Html,
    /// For pull requests and the summaries of CI steps, within a megabyte.
    Markdown,
    /// For code scanning: what failed.
    Sarif,
}

/// Renders a kept document.
pub fn render(format: Format, input: impl BufRead, mut output: impl Write) -> Result<(), ReadError> {
    match format {
        Format::Console(style) => read(input, &mut Console::new(&mut output, style))?,
        Format::Json => read(input, &mut Writer::new(&mut output))?,
        Format::Junit => read(input, &mut Junit::new(&mut output))?,
        Format::Markdown => read(input, &mut Markdown::new(&mut output))?,
        Format::Sarif => read(input, &mut sarif::Run::new(&mut output))?,
        Format::Html => read(input, &mut Html::new(&mut output))?,
    }
    output.flush().map_err(ReadError::Output)
}
