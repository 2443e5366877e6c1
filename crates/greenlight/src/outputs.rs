//! The files that a run leaves behind, and everyone else who is told how it goes.

mod summary;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use report::{Console, Html, Junit, Markdown, Progress, Style, sarif};
use results::{Event, Reporter, Writer};

use crate::files;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Where a run is told, beside the terminal.
#[derive(Debug, Args)]
pub(crate) struct Outputs {
    /// Write the result document here.
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// Write a JUnit report here.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a report for people here: one file for a browser, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write a report for pull requests here, in Markdown. Where CI shows a summary of a step, it gets this report by itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write what failed here for code scanning, as SARIF.
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
}

/// What is written to one file: its option, the file, and who writes it.
type Kind<'a> = (&'static str, &'a Option<PathBuf>, fn(BufWriter<File>) -> Box<dyn Reporter>);

impl Outputs {
    /// Complains where two reports would be written to one file: whichever came last would be all that is left.
    pub(crate) fn distinct(&self) -> Result<(), Trouble> {
        let mut seen: Vec<(&str, PathBuf)> = Vec::new();
        for (option, file, _) in self.kinds() {
            let Some((file, absolute)) = file.as_ref().and_then(|file| Some((file, std::path::absolute(file).ok()?)))
            else {
                continue;
            };
            if let Some((other, _)) = seen.iter().find(|(_, other)| *other == absolute) {
                let message = format!("{other} and {option} are the same file, {}", file.display());
                return Err(Trouble::usage(message).hint("give each a file of its own"));
            }
            seen.push((option, absolute));
        }
        Ok(())
    }

    /// Opens the files, so that a path that cannot be written is known before anything is played. What is returned tells them, and
    /// the terminal, how the run goes.
    pub(crate) fn open(&self, verbose: bool, terminal: &Terminal) -> Result<Box<dyn Reporter>, Trouble> {
        let telling = self.telling(Box::new(io::stdout()), verbose, terminal)?;
        if terminal.shows_progress() {
            return Ok(Box::new(Progress::new(io::stderr(), telling)));
        }
        Ok(Box::new(telling))
    }

    /// The same where standard output is for something else: people are told on the other one.
    pub(crate) fn open_beside(&self, verbose: bool, terminal: &Terminal) -> Result<Box<dyn Reporter>, Trouble> {
        Ok(Box::new(self.telling(Box::new(io::stderr()), verbose, terminal)?))
    }

    fn telling(&self, console: Box<dyn Write>, verbose: bool, terminal: &Terminal) -> Result<Telling, Trouble> {
        let mut files = Vec::new();
        for (_, file, reporter) in self.kinds() {
            let Some(file) = file else { continue };
            files.push(Told { file: file.clone(), reporter: reporter(BufWriter::new(files::create(file)?)) });
        }
        let style = Style { colour: terminal.output_colour(), verbose };
        let summary = summary::on_this_server(terminal);
        Ok(Telling { files, console: Console::new(console, style), summary })
    }

    fn kinds(&self) -> [Kind<'_>; 5] {
        [
            ("--results", &self.results, |file| Box::new(Writer::new(file))),
            ("--junit", &self.junit, |file| Box::new(Junit::new(file))),
            ("--html", &self.html, |file| Box::new(Html::new(file))),
            ("--markdown", &self.markdown, |file| Box::new(Markdown::new(file))),
            ("--sarif", &self.sarif, |file| Box::new(sarif::Run::new(file))),
        ]
    }
}

/// Everyone who is told how the run goes: its files, then whoever looks on, then the CI server that shows a summary.
struct Telling {
    files: Vec<Told>,
    console: Console<Box<dyn Write>>,
    summary: Option<Box<dyn Reporter>>,
}

/// A file that is told how the run goes.
struct Told {
    file: PathBuf,
    reporter: Box<dyn Reporter>,
}

impl Reporter for Telling {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let mut tell = |told: &mut Told| told.reporter.event(event).map_err(|error| named(&told.file, &error));
        let kept = self.files.iter_mut().try_for_each(&mut tell);
        if let (Event::Closed(_), Ok(()), false) = (event, &kept, self.files.is_empty()) {
            let files: Vec<String> = self.files.iter().map(|told| told.file.display().to_string()).collect();
            terminal::say(&format!("written: {}", files.join(", ")));
        }
        // Who looks on may go away; the run and its files go on. What it tells them last is the outcome.
        let _ = self.console.event(event);
        if let Some(Err(error)) = self.summary.as_mut().map(|summary| summary.event(event)) {
            terminal::say(&format!("the summary of this step cannot be written: {error}"));
            self.summary = None;
        }
        kept
    }
}

/// An error that says which file it is about.
fn named(file: &Path, error: &dyn std::error::Error) -> io::Error {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    io::Error::other(format!("{}: {error}{cause}", file.display()))
}
