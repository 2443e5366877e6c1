//! The line that shows how far a run is.

use std::io::{self, Write};

use results::{Event, Reporter};

use crate::printable::Printable;

/// Back to the beginning of the line, and nothing on it.
const ERASE: &str = "\r\x1b[2K";

/// A reporter that shows on a terminal how far the run is, around another reporter that writes lines to the same terminal.
///
/// The line is erased before the other reporter writes and drawn again after, so the two never mix. It names the case that has
/// been running for longest. Only for a terminal, on standard error; whether there is one, the caller decides.
pub struct Progress<T: Write, R: Reporter> {
    terminal: T,
    inner: R,
    planned: usize,
    finished: usize,
    running: Vec<String>,
    drawn: bool,
}

impl<T: Write, R: Reporter> Progress<T, R> {
    /// Draws on `terminal`, around `inner`.
    pub fn new(terminal: T, inner: R) -> Self {
        Self { terminal, inner, planned: 0, finished: 0, running: Vec::new(), drawn: false }
    }

    fn erase(&mut self) {
        if self.drawn {
            self.drawn = false;
            self.draw(ERASE);
        }
    }

    fn redraw(&mut self) {
        let current = self.running.first().map_or("", String::as_str);
        // Without wrapping, a line that is too long for the terminal stays one line and can be erased.
        let line = format!("{ERASE}\x1b[?7l{}/{} {current}\x1b[?7h", self.finished, self.planned);
        self.draw(&line);
        self.drawn = true;
    }

    /// A terminal that cannot be drawn on is no reason to stop a run.
    fn draw(&mut self, text: &str) {
        let _ = self.terminal.write_all(text.as_bytes()).and_then(|()| self.terminal.flush());
    }
}

impl<T: Write, R: Reporter> Reporter for Progress<T, R> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if !matches!(event, Event::Started { .. }) {
            self.erase();
        }
        let outcome = self.inner.event(event);
        match event {
            Event::Opened(opening) => self.planned = opening.planned,
            Event::Started { id, variant } => self.running.push(name(id, variant)),
            Event::Finished(case) => {
                self.finished += 1;
                let name = name(&case.id, &case.variant);
                if let Some(at) = self.running.iter().position(|one| *one == name) {
                    self.running.remove(at);
                }
            }
            Event::Closed(_) => return outcome,
        }
        self.redraw();
        outcome
    }
}

impl<T: Write, R: Reporter> Drop for Progress<T, R> {
    fn drop(&mut self) {
        self.erase();
    }
}

fn name(id: &str, variant: &str) -> String {
    if variant.is_empty() { Printable(id).to_string() } else { format!("{}[{}]", Printable(id), Printable(variant)) }
}
