//! `greenlight explain`.

use std::fmt::Write as _;

use scenario::{Case, Scenario};
use token::Need;

use crate::arguments::Explain;
use crate::exit::Exit;
use crate::library::Library;
use crate::terminal;
use crate::trouble::Trouble;

/// Shows what a scenario claims, why, what it needs, and its text.
pub(crate) fn explain(arguments: &Explain) -> Result<Exit, Trouble> {
    let library = Library::open(arguments.scenarios.as_deref())?;
    terminal::output(&describe(library.find(&arguments.id)?));
    Ok(Exit::Passed)
}

fn describe(scenario: &Scenario) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}\n{}\n", scenario.id, scenario.title);
    let _ = writeln!(text, "Why it matters\n  {}\n", scenario.why.trim());
    let _ = writeln!(text, "Severity\n  {}\n", scenario.severity);
    if scenario.control {
        let _ = writeln!(text, "Positive control\n  Where it does not pass, no denial of the same run counts.\n");
    }
    let _ = writeln!(text, "Sources");
    scenario.cite.iter().for_each(|source| {
        let _ = writeln!(text, "  {source}");
    });
    let needs = scenario.cases().next().map_or("", |case| need(&case));
    let _ = writeln!(text, "\nWhere it plays\n  {needs}\n");
    if scenario.case_count() > 1 {
        let _ = writeln!(text, "Cases");
        scenario.cases().for_each(|case| {
            let _ = writeln!(text, "  {}", case.variant);
        });
        text.push('\n');
    }
    let _ = writeln!(text, "What is sent, and what must come back ({})", scenario.source.name);
    let lines = scenario.source.text.lines().filter(|line| !line.starts_with('#'));
    lines.for_each(|line| {
        let _ = writeln!(text, "  {line}");
    });
    text
}

fn need(case: &Case) -> &'static str {
    match case.need() {
        None => "against any target: it sends no token",
        Some(Need::Forgeable) => "against any target: its token needs no trusted signature",
        Some(Need::Issued) => "where the target trusts the mock issuer, or with a real credential",
        Some(Need::Mintable) => "where the target trusts the mock issuer",
    }
}
