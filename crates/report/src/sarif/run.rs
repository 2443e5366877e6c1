//! A run as SARIF has it.

use std::fmt::Write as _;
use std::io::{self, Write};

use diagnostics::Level;
use results::{Case, Closing, Event, Opening, Redacted, Reporter, RunVerdict, Severity, Verdict};

use super::{Found, Log, Notification, Rule, document};
use crate::place::uri;
use crate::printable::Printable;
use crate::{digest, words};

/// GitHub takes no more results of a run.
const RESULTS: usize = 25_000;

/// Writes what failed in a run for code scanning, when the run closes. A scenario is a rule; what is waived is a result that is
/// suppressed.
///
/// A result points to the settings of the target, where they are known, for there it is to be mended; else to the scenario.
pub struct Run<W: Write> {
    output: W,
    opening: Option<Opening>,
    log: Log,
    /// How many results there was no room for.
    more: usize,
}

impl<W: Write> Run<W> {
    /// Writes to an output when the run closes.
    pub fn new(output: W) -> Self {
        let log = Log { version: String::new(), rules: Vec::new(), results: Vec::new(), notifications: Vec::new() };
        Self { output, opening: None, log, more: 0 }
    }

    fn finished(&mut self, case: &Case) {
        let failed = case.verdict == Verdict::Fail || case.verdict == Verdict::Warn && case.waiver.is_some();
        if !failed {
            return;
        }
        if self.log.results.len() == RESULTS {
            self.more += 1;
            return;
        }
        let settings = self.opening.as_ref().and_then(|opening| opening.configuration.as_deref());
        let found = found(case, settings);
        if !self.log.rules.iter().any(|rule| rule.id == found.rule) {
            self.log.rules.push(rule(case));
        }
        self.log.results.push(found);
    }

    fn close(&mut self, closing: &Closing) -> io::Result<()> {
        let Some(opening) = &self.opening else { return Err(io::Error::other("a run opens before it closes")) };
        self.log.version.clone_from(&opening.version);
        let mut notify = |level, message| {
            self.log.notifications.push(Notification { level, message, uri: String::new(), place: None });
        };
        match closing.verdict {
            RunVerdict::Pass => {}
            RunVerdict::Fail if !closing.interrupted => {}
            RunVerdict::Error => notify(Level::Error, words::sentence(closing, opening.planned)),
            RunVerdict::Fail | RunVerdict::Inconclusive => {
                notify(Level::Warning, words::sentence(closing, opening.planned));
            }
        }
        if self.more > 0 {
            notify(Level::Warning, format!("{} more, in the result document", words::count(self.more, "result")));
        }
        self.output.write_all(document(&self.log).as_bytes())?;
        self.output.flush()
    }
}

impl<W: Write> Reporter for Run<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => self.opening = Some((*opening).clone()),
            Event::Started { .. } => {}
            Event::Finished(case) => self.finished(case),
            Event::Closed(closing) => self.close(closing)?,
        }
        Ok(())
    }
}

fn rule(case: &Case) -> Rule {
    let printable = |text: &str| Printable(text).to_string();
    let (title, why) = (printable(&case.title), printable(&case.why));
    let why = if why.is_empty() { title.clone() } else { why };
    let mut help = why.clone();
    if !case.fix.is_empty() {
        let _ = write!(help, "\n\nWhat to change: {}", Printable(&case.fix));
    }
    if !case.cite.is_empty() {
        let _ = write!(help, "\n\nSources:\n");
    }
    for source in &case.cite {
        let _ = write!(help, "\n- {}", Printable(source));
    }
    Rule {
        id: printable(&case.id),
        title,
        description: why,
        help,
        level: level(case.severity),
        tags: vec!["security".to_owned(), "authentication".to_owned(), printable(digest::theme(case))],
        security_severity: Some(match case.severity {
            Severity::Critical => "9.5",
            Severity::High => "8.0",
            Severity::Medium => "5.5",
            Severity::Low => "3.0",
            Severity::Info => "1.0",
        }),
    }
}

fn found(case: &Case, settings: Option<&str>) -> Found {
    let reason = case.reason.as_ref().map_or("it failed", Redacted::as_str);
    let observed = words::observed(&case.observed);
    let message = format!("{}: {reason} (expected: {}; observed: {observed})", case.title, case.expected);
    let file = match case.configuration.as_deref().or(settings) {
        Some(settings) => settings.replace('\\', "/"),
        None => format!("scenarios/{}/{}.yaml", case.theme, case.id),
    };
    Found {
        rule: Printable(&case.id).to_string(),
        level: level(case.severity),
        message: Printable(&message).to_string(),
        uri: uri("", &file),
        place: None,
        subject: words::place(case),
        words: String::new(),
        accepted: case.waiver.as_ref().map(|waiver| {
            Printable(&format!("{} (by {}, until {})", waiver.reason, waiver.owner, waiver.until)).to_string()
        }),
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}
