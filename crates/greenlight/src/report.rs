//! `greenlight report`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};

use results::ReadError;

use crate::arguments::{Format, Report};
use crate::exit::Exit;
use crate::files;
use crate::terminal::Terminal;
use crate::trouble::Trouble;

/// Renders a kept result document: the bytes that the live run gave.
pub(crate) fn report(arguments: &Report, terminal: &Terminal) -> Result<Exit, Trouble> {
    let colour = arguments.output.is_none() && terminal.output_colour();
    let format = match arguments.format {
        Format::Console => report::Format::Console(report::Style { colour, verbose: arguments.verbose }),
        Format::Json => report::Format::Json,
        Format::Junit => report::Format::Junit,
    };
    let output: Box<dyn Write> = match &arguments.output {
        Some(file) => Box::new(files::create(file)?),
        None => Box::new(io::stdout()),
    };
    let read = || File::open(&arguments.results).map(BufReader::new);
    match report::render(format, read, BufWriter::new(output)) {
        Ok(()) => Ok(Exit::Passed),
        // Who stops reading early, as `head` does, has had enough.
        Err(ReadError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Passed),
        Err(error) => Err(Trouble::usage(format!("{}: {error}", arguments.results.display()))),
    }
}
