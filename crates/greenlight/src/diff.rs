//! `greenlight diff`: two runs side by side.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use report::Style;
use report::diff::{DiffError, Way};

use crate::arguments::{Diff, DiffFormat};
use crate::exit::Exit;
use crate::files;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Holds two kept result documents against each other. That something got weaker is a failure.
pub(crate) fn diff(arguments: &Diff, terminal: &Terminal) -> Result<Exit, Trouble> {
    let Diff { before, after, format } = arguments;
    let diff = report::diff::Diff::of(open(before)?, open(after)?).map_err(|error| match error {
        DiffError::Before(error) => files::no_results(before, &error),
        DiffError::After(error) => files::no_results(after, &error),
    })?;
    terminal::output(&match format {
        DiffFormat::Console => diff.console(Style { colour: terminal.output_colour(), verbose: false }),
        DiffFormat::Json => diff.json(),
        DiffFormat::Markdown => diff.markdown(),
    });
    Ok(if diff.count(Way::Weaker) > 0 { Exit::Failed } else { Exit::Passed })
}

fn open(file: &Path) -> Result<BufReader<File>, Trouble> {
    File::open(file).map(BufReader::new).map_err(|error| files::unreadable(file, &error))
}
