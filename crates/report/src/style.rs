//! How the console looks.

use anstyle::{AnsiColor, Style as Ansi};
use results::{Decision, Go, RunVerdict, Verdict};

use crate::{account::COLUMN, words};

/// How the console looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether to use colours: the terminal has them and nobody asked to go without.
    pub colour: bool,
    /// Whether to show everything: no line is folded, and each case comes with its evidence and its exchanges.
    pub verbose: bool,
}

impl Style {
    /// Of what only guides the eye.
    pub(crate) fn label(self) -> Ansi {
        self.paint(Ansi::new().dimmed())
    }

    /// Of what is to be read first.
    pub(crate) fn heading(self) -> Ansi {
        self.paint(Ansi::new().bold())
    }

    /// The word of a verdict, at the right of its column.
    pub(crate) fn verdict(self, verdict: Verdict) -> String {
        let style = self.paint(match verdict {
            Verdict::Pass => AnsiColor::Green.on_default(),
            Verdict::Fail | Verdict::Error => AnsiColor::Red.on_default().bold(),
            Verdict::Warn | Verdict::Inconclusive => AnsiColor::Yellow.on_default(),
            Verdict::Recorded | Verdict::Skip => AnsiColor::Cyan.on_default(),
        });
        format!("{style}{:>COLUMN$}{style:#}", verdict.word().to_uppercase())
    }

    /// The word of the run's verdict, and its look.
    pub(crate) fn outcome(self, verdict: RunVerdict) -> (&'static str, Ansi) {
        let colour = match verdict {
            RunVerdict::Pass => AnsiColor::Green,
            RunVerdict::Inconclusive => AnsiColor::Yellow,
            RunVerdict::Fail | RunVerdict::Error => AnsiColor::Red,
        };
        (words::outcome(verdict), self.paint(colour.on_default().bold()))
    }

    /// The word of a decision, and its look.
    pub(crate) fn decision(self, decision: &Decision) -> (&'static str, Ansi) {
        let colour = match decision.word {
            Go::Go => AnsiColor::Green,
            Go::NoGo => AnsiColor::Red,
            Go::Inconclusive => AnsiColor::Yellow,
        };
        (words::decision(decision), self.paint(colour.on_default().bold()))
    }

    fn paint(self, style: Ansi) -> Ansi {
        if self.colour { style } else { Ansi::new() }
    }
}
