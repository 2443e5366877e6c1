//! What keeps a command from doing its work, for people.

use std::fmt;

use diagnostics::Diagnostic;

use crate::exit::Exit;

/// Ends a command: what happened, what to do next, and the exit code.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Mistakes in the user's files, shown before the message.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Trouble {
    /// The user's arguments or files are wrong.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Mistakes in a user's files.
    pub(crate) fn files(message: impl fmt::Display, diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::usage(message) }
    }

    /// Something that is needed cannot be reached.
    pub(crate) fn unreachable(message: impl fmt::Display) -> Self {
        Self::new(Exit::Inconclusive, message)
    }

    /// A fault of our own.
    pub(crate) fn fault(message: impl fmt::Display) -> Self {
        Self::new(Exit::Fault, message)
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string(), hint: None, diagnostics: Vec::new() }
    }
}
