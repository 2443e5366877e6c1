//! Exit codes: a public contract that only grows.

use std::process::ExitCode;

use results::RunVerdict;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything required passed.
    Passed,
    /// At least one case failed, or a rule fired.
    Failed,
    /// The user's arguments or files are wrong.
    Usage,
    /// Nothing is proven: unreachable, no positive control, interrupted.
    Inconclusive,
    /// A fault of greenlight itself.
    Fault,
}

impl Exit {
    /// What a run's verdict says to the shell.
    pub(crate) fn of(verdict: RunVerdict) -> Self {
        match verdict {
            RunVerdict::Pass => Self::Passed,
            RunVerdict::Fail => Self::Failed,
            RunVerdict::Inconclusive => Self::Inconclusive,
            RunVerdict::Error => Self::Fault,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Inconclusive => 3,
            Exit::Fault => 4,
        })
    }
}
