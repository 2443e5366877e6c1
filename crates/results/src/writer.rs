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
    state: State,
    tally: Tally,
    buffer: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    /// Closed, or given up because the output cannot be written.
    Done,
}

impl<W: Write> Writer<W> {
    /// Nothing is written before the first event. Each case is one write: buffering is the caller's choice.
    pub fn new(output: W) -> Self {
        Self { output, state: State::New, tally: Tally::default(), buffer: Vec::new() }
    }

    fn write(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.buffer.clear();
        match (self.state, event) {
            (State::New, Event::Opened(opening)) => {
                self.state = State::Open;
                self.lay_out(opening, 0)?;
                // The members alone go between the first one and the cases.
                let members = &self.buffer[1..self.buffer.len() - "\n}".len()];
                write!(self.output, "{{\n  \"schema\": \"{SCHEMA}\",")?;
                self.output.write_all(members)?;
                self.output.write_all(b",\n  \"cases\": [")
            }
            (State::Open, Event::Finished(case)) => {
                let first = self.tally.summary().total() == 0;
                self.buffer.extend_from_slice(if first { b"\n    " } else { b",\n    " });
                self.lay_out(case, 4)?;
                self.tally.finished(case);
                self.output.write_all(&self.buffer)
            }
            (State::Open, Event::Closed(closing)) => {
                self.state = State::Done;
                self.lay_out(closing, 0)?;
                let empty = self.tally.summary().total() == 0;
                self.output.write_all(if empty { b"]," } else { b"\n  ]," })?;
                self.output.write_all(&self.buffer[1..])?;
                self.output.write_all(b"\n")?;
                self.output.flush()
            }
            (_, Event::Started { .. }) => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a run opens once, then finishes cases, then closes once",
            )),
        }
    }

    fn lay_out(&mut self, value: &impl Serialize, margin: usize) -> io::Result<()> {
        value.serialize(&mut Serializer::with_formatter(&mut self.buffer, Layout::new(margin)))?;
        Ok(())
    }
}

impl<W: Write> Reporter for Writer<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.write(event).inspect_err(|_| self.state = State::Done)
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        if self.state == State::Open {
            let closing = Closing {
                verdict: self.tally.verdict(true),
                summary: self.tally.summary(),
                coverage: self.tally.coverage(),
                decision: None,
                drift: self.tally.drift(),
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
