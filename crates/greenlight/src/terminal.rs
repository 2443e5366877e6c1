//! What is written to the terminal, and in which colours.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use diagnostics::{Diagnostic, Level, render};

use crate::arguments::Color;
use crate::trouble::Trouble;

/// Standard output and error, and whether each takes colours.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    output_colour: bool,
    error_colour: bool,
    can_erase: bool,
}

impl Terminal {
    /// Looks at both streams and at `NO_COLOR` (<https://no-color.org>).
    pub(crate) fn new(color: Color) -> Self {
        let decide = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let error_is_terminal = io::stderr().is_terminal();
        Self {
            output_colour: decide(io::stdout().is_terminal()),
            error_colour: decide(error_is_terminal),
            can_erase: error_is_terminal,
        }
    }

    /// Whether standard output takes colours.
    pub(crate) fn output_colour(&self) -> bool {
        self.output_colour
    }

    /// Whether a line on standard error can be erased again.
    pub(crate) fn shows_progress(&self) -> bool {
        self.can_erase
    }

    /// Warns so that nobody overlooks it.
    pub(crate) fn warn(&self, text: &str) {
        self.labelled("warning", AnsiColor::Yellow, text);
    }

    /// Shows mistakes in the user's files.
    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        if diagnostics.is_empty() {
            return;
        }
        say(render(diagnostics, self.error_colour).trim_end());
        let errors = diagnostics.iter().filter(|one| one.level == Level::Error).count();
        if errors > 1 {
            say(&format!("\n{errors} mistakes"));
        }
    }

    /// Shows why a command could not do its work.
    pub(crate) fn trouble(&self, trouble: &Trouble) {
        self.diagnostics(&trouble.diagnostics);
        self.labelled("error", AnsiColor::Red, &trouble.message);
        if let Some(hint) = &trouble.hint {
            say(&format!("hint: {hint}"));
        }
    }

    fn labelled(&self, label: &str, colour: AnsiColor, text: &str) {
        let style = if self.error_colour { Style::new().bold().fg_color(Some(colour.into())) } else { Style::new() };
        say(&format!("{style}{label}:{style:#} {text}"));
    }
}

/// Writes data for others to standard output. Who stops reading early, as `head` does, has had enough: that is no error.
pub(crate) fn output(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Tells something to the person at the terminal.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether somebody is there to answer.
pub(crate) fn is_attended() -> bool {
    io::stdin().is_terminal()
}

/// Puts a question to the person at the terminal; none where nothing is answered.
pub(crate) fn ask(question: &str) -> Option<String> {
    let mut error = io::stderr();
    let _ = write!(error, "{question}: ").and_then(|()| error.flush());
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty())
}
