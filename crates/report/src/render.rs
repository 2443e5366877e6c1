//! Renders a kept document again.

use std::io::{self, BufRead, Write};

use results::{ReadError, Writer, read};

use crate::{Console, Style, junit::junit};

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
}

/// Renders a kept document. `input` opens it anew at each call, for some formats read it twice.
pub fn render<I: BufRead>(
    format: Format,
    input: impl Fn() -> io::Result<I>,
    mut output: impl Write,
) -> Result<(), ReadError> {
    let once = || input().map_err(ReadError::Input);
    match format {
        Format::Console(style) => read(once()?, &mut Console::new(&mut output, style))?,
        Format::Json => read(once()?, &mut Writer::new(&mut output))?,
        Format::Junit => junit(&input, &mut output)?,
    }
    output.flush().map_err(ReadError::Output)
}
