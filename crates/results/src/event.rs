//! A run as a stream of events.

use std::io;

use crate::{Case, Closing, Opening};

/// Something that happened in a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The run begins. Comes first, once.
    Opened(&'a Opening),
    /// A case begins. A kept document does not tell these: they serve the display of progress only.
    Started {
        /// The scenario's id.
        id: &'a str,
        /// The case's variant, as in [`Case::variant`].
        variant: &'a str,
    },
    /// A case ended; cases end in any order.
    Finished(&'a Case),
    /// The run ends. Comes last, once.
    Closed(&'a Closing),
}

/// Consumes the events of a run.
pub trait Reporter {
    /// Takes note of one event. An error means that this reporter's own output cannot be written.
    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;
}

impl<R: Reporter + ?Sized> Reporter for &mut R {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        (**self).event(event)
    }
}

impl<R: Reporter + ?Sized> Reporter for Box<R> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        (**self).event(event)
    }
}

/// Several reporters hear every event in turn. One that cannot write does not silence the others; the first error is returned.
impl<R: Reporter> Reporter for Vec<R> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let mut outcome = Ok(());
        for one in self {
            outcome = outcome.and(one.event(event));
        }
        outcome
    }
}
