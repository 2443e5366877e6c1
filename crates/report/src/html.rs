//! The view for a browser: one file that needs nothing else and asks nobody for anything.

mod case;
mod page;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use results::{Case, Closing, Event, Reporter};

use crate::aside::Aside;
use crate::digest::{self, Digest};

/// Writes a run as a page: the decision or the verdict, what failed and what to change, what could be played, the verdicts by theme,
/// and every case with its evidence.
///
/// The page works without its script, which only filters, and loads nothing: its policy names the digests of its style and its
/// script and allows nothing else. What is to be read first is known last, so the cases are laid aside until the run closes.
pub struct Html<W: Write> {
    output: W,
    digest: Digest,
    cases: BTreeMap<String, Aside>,
}

impl<W: Write> Html<W> {
    /// Writes to an output when the run closes.
    pub fn new(output: W) -> Self {
        Self { output, digest: Digest::default(), cases: BTreeMap::new() }
    }

    fn finished(&mut self, case: &Case) -> io::Result<()> {
        let number = self.digest.tally.summary().total();
        let cases = self.cases.entry(digest::theme(case).to_owned()).or_insert_with(Aside::new);
        case::write(cases, number, case)
    }

    fn close(&mut self, closing: &Closing) -> io::Result<()> {
        let (head, foot) = page::around(&self.digest, closing)?;
        self.output.write_all(head.as_bytes())?;
        for (theme, cases) in std::mem::take(&mut self.cases) {
            let count = self.digest.themes.get(&theme).map_or(0, |tally| tally.summary().total());
            self.output.write_all(page::theme(&theme, count).as_bytes())?;
            cases.tell(0, &mut self.output)?;
            self.output.write_all(b"</section>\n")?;
        }
        self.output.write_all(foot.as_bytes())?;
        self.output.flush()
    }
}

impl<W: Write> Reporter for Html<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.digest.event(event);
        match event {
            Event::Opened(_) | Event::Started { .. } => Ok(()),
            Event::Finished(case) => self.finished(case),
            Event::Closed(closing) => self.close(closing),
        }
    }
}
