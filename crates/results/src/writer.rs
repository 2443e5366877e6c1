//! Writes a run as `results.json` while it happens.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;

use crate::{Closing, Event, Reporter, Tally, layout::Layout};

/// The form of document that is written and read; the value of its first member. `schema/results.schema.json` describes it.
pub const SCHEMA: &str = "greenlight/results/1";

/// A reporter that writes the result document as cases finish; it holds one case at a time.
///
/// Members come in a fixed order: what is known at the beginning, `cases`, what is known at the end. A writer that is dropped
/// before [`Event::Closed`] closes the document as an interrupted run, so that it is valid whatever happens to the run.
pub struct Writer<W: Write> {
    output: W,
    document: Document,
}

/// The document as far as it was written; it makes the text of what comes next.
#[derive(Default)]
struct Document {
    state: State,
    tally: Tally,
    text: Vec<u8>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    New,
    Open,
    /// Closed, or given up because the output cannot be written.
    Done,
}

impl<W: Write> Writer<W> {
    /// Nothing is written before the first event. Each event is one write: buffering is the caller's choice.
    pub fn new(output: W) -> Self {
        Self { output, document: Document::default() }
    }

    fn write(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.output.write_all(self.document.goes_on(event)?)?;
        if matches!(event, Event::Closed(_)) { self.output.flush() } else { Ok(()) }
    }
}

impl Document {
    /// What an event adds.
    fn goes_on(&mut self, event: &Event<'_>) -> io::Result<&[u8]> {
        self.text.clear();
        match (self.state, event) {
            (State::New, Event::Opened(opening)) => {
                self.state = State::Open;
                write!(self.text, "{{\n  \"schema\": \"{SCHEMA}\",")?;
                // The members alone go between the first one and the cases.
                self.lay_out_members(opening)?;
                self.text.truncate(self.text.len() - "\n}".len());
                self.text.extend_from_slice(b",\n  \"cases\": [");
            }
            (State::Open, Event::Finished(case)) => {
                let first = self.tally.summary().total() == 0;
                self.text.extend_from_slice(if first { b"\n    " } else { b",\n    " });
                self.lay_out(case, 4)?;
                self.tally.finished(case);
            }
            (State::Open, Event::Closed(closing)) => {
                self.state = State::Done;
                let empty = self.tally.summary().total() == 0;
                self.text.extend_from_slice(if empty { b"]," } else { b"\n  ]," });
                self.lay_out_members(closing)?;
                self.text.push(b'\n');
            }
            (_, Event::Started { .. }) => {}
            _ => {
                let message = "a run opens once, then finishes cases, then closes once";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
        Ok(&self.text)
    }

    fn lay_out(&mut self, value: &impl Serialize, margin: usize) -> io::Result<()> {
        value.serialize(&mut Serializer::with_formatter(&mut self.text, Layout::new(margin)))?;
        Ok(())
    }

    /// An object without the brace that opens it.
    fn lay_out_members(&mut self, value: &impl Serialize) -> io::Result<()> {
        let brace = self.text.len();
        self.lay_out(value, 0)?;
        self.text.remove(brace);
        Ok(())
    }
}

impl<W: Write> Reporter for Writer<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.write(event).inspect_err(|_| self.document.state = State::Done)
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        if self.document.state == State::Open {
            let tally = &self.document.tally;
            let closing = Closing {
                verdict: tally.verdict(true),
                summary: tally.summary(),
                coverage: tally.coverage(),
                decision: None,
                drift: tally.drift(),
                suspects: Vec::new(),
                notes: vec!["the run ended before it could say how: cases may be missing".to_owned()],
                interrupted: true,
                finished: None,
                duration_ms: None,
            };
            // Nobody is left to be told of an error.
            let _ = self.write(&Event::Closed(&closing));
        }
    }
}
