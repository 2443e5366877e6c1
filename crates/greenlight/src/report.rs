//! `greenlight report`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

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
        Format::Html => report::Format::Html,
        Format::Markdown => report::Format::Markdown,
        Format::Sarif => report::Format::Sarif,
    };
    let results = &arguments.results;
    // Before the output is made: it must not take the place of the results, nor be left behind empty.
    let input = File::open(results).map_err(|error| files::unreadable(results, &error))?;
    let output: Box<dyn Write> = match &arguments.output {
        Some(file) if is_same(file, results) => {
            return Err(Trouble::usage(format!("{} would be overwritten by its report", results.display()))
                .hint("name another file with `--output`"));
        }
        Some(file) => Box::new(files::create(file)?),
        None => Box::new(io::stdout()),
    };
    match report::render(format, BufReader::new(input), BufWriter::new(output)) {
        Ok(()) => Ok(Exit::Passed),
        // Who stops reading early, as `head` does, has had enough.
        Err(ReadError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Passed),
        Err(ReadError::Output(error)) => Err(Trouble::fault(format!("the report cannot be written: {error}"))),
        Err(error) => Err(files::no_results(results, &error)),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
