//! The summary of a step that a CI server shows beside its log.
//!
//! Sources: GitHub, "Workflow commands for GitHub Actions", section "Adding a job summary"; Microsoft, "Azure Pipelines logging
//! commands", section "`UploadSummary`".

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use report::Markdown;
use results::{Event, Reporter};

use crate::terminal::{self, Terminal};

/// GitHub shows up to so many bytes of a step, and nothing of one that says more.
const GITHUB_BOUND: u64 = 1 << 20;

/// Where a CI server looks for the summary of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// At the end of this file.
    GitHub(PathBuf),
    /// In a file that is named to it in the output; it is to lie in this folder.
    AzurePipelines(PathBuf),
}

/// Who tells a CI server, where the program runs on one. A summary that cannot be written is no reason not to play.
pub(super) fn on_this_server(terminal: &Terminal) -> Option<Box<dyn Reporter>> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let azure = || variable("TF_BUILD").and_then(|_| variable("AGENT_TEMPDIRECTORY"));
    let place = variable("GITHUB_STEP_SUMMARY").map(Place::GitHub).or_else(|| azure().map(Place::AzurePipelines))?;
    let opened = match &place {
        Place::GitHub(file) => at_the_end_of(file),
        Place::AzurePipelines(folder) => named_to_the_agent(folder),
    };
    opened.inspect_err(|error| terminal.warn(&format!("the summary of this step cannot be written: {error}"))).ok()
}

fn at_the_end_of(file: &Path) -> io::Result<Box<dyn Reporter>> {
    let file = OpenOptions::new().create(true).append(true).open(file)?;
    // What the step has said before takes its part of the room.
    let room = GITHUB_BOUND.saturating_sub(file.metadata()?.len());
    Ok(Box::new(Markdown::within(usize::try_from(room).unwrap_or(usize::MAX), BufWriter::new(file))))
}

fn named_to_the_agent(folder: &Path) -> io::Result<Box<dyn Reporter>> {
    // The server shows the name of the file above it; a folder of its own lets every run of a job have the same.
    let folder = tempfile::Builder::new().prefix("greenlight-").tempdir_in(folder)?.keep();
    let file = folder.join("greenlight.md");
    let reporter = Markdown::new(BufWriter::new(File::create(&file)?));
    Ok(Box::new(Uploaded { file, reporter }))
}

/// A summary that is named to the agent once it is whole.
struct Uploaded {
    file: PathBuf,
    reporter: Markdown<BufWriter<File>>,
}

impl Reporter for Uploaded {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.reporter.event(event)?;
        if let Event::Closed(_) = event {
            terminal::output(&format!("##vso[task.uploadsummary]{}\n", self.file.display()));
        }
        Ok(())
    }
}
