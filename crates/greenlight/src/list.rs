//! `greenlight list`.

use std::fmt::Write as _;

use authsettings::RULES;
use scenario::Scenario;
use token::Need;

use crate::arguments::List;
use crate::describe::{need, word};
use crate::exit::Exit;
use crate::library::{Library, counted};
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Lists the scenarios, or the rules.
pub(crate) fn list(arguments: &List, terminal: &Terminal) -> Result<Exit, Trouble> {
    if arguments.rules {
        rules();
        return Ok(Exit::Passed);
    }
    let library = Library::select(&arguments.selection)?;
    scenarios(&library);
    terminal.diagnostics(&library.diagnostics);
    Ok(if library.diagnostics.is_empty() { Exit::Passed } else { Exit::Usage })
}

/// One line a rule: id, level, title.
fn rules() {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in RULES {
        let _ = writeln!(text, "{:width$}  {:7}  {}", rule.id, rule.level.word(), rule.title);
    }
    terminal::output(&text);
    terminal::say(&format!("together: {}", plural(RULES.len(), "rule")));
}

/// One line a scenario: folder, id, severity, what it needs, title, how many cases; then how many each folder has.
fn scenarios(library: &Library) {
    let name = |one: &Scenario| format!("{}/{}", one.theme(), one.id);
    let width = library.scenarios.iter().map(|one| name(one).len()).max().unwrap_or_default();
    let mut text = String::new();
    for one in &library.scenarios {
        let needs = needed(need(one));
        let _ = writeln!(text, "{:width$}  {:8}  {needs:12}  {}{}", name(one), one.severity, one.title, remarks(one));
    }
    terminal::output(&text);
    let themes = library.themes();
    for (theme, scenarios) in themes.iter().filter(|_| themes.len() > 1) {
        terminal::say(&format!("{theme}: {}", count(scenarios)));
    }
    let all: Vec<&Scenario> = library.scenarios.iter().map(AsRef::as_ref).collect();
    let counted: usize = all.iter().map(|one| counted(one)).sum();
    let cases: usize = all.iter().map(|one| one.case_count()).sum();
    let counted =
        if counted < cases { format!(", of which {counted} count (20 a scenario at most)") } else { String::new() };
    terminal::say(&format!("together: {}{counted}", count(&all)));
}

fn remarks(scenario: &Scenario) -> String {
    let mut remarks = String::new();
    if scenario.case_count() > 1 {
        let _ = write!(remarks, " ({} cases)", scenario.case_count());
    }
    if scenario.control {
        remarks.push_str(" [positive control]");
    }
    if let Some(consent) = scenario.consent {
        let _ = write!(remarks, " [with consent: {}]", word(consent));
    }
    remarks
}

/// What must be at hand, in a word or two.
fn needed(need: Option<Need>) -> &'static str {
    match need {
        None | Some(Need::Forgeable) => "any target",
        Some(Need::Issued) => "valid token",
        Some(Need::Mintable) => "mock issuer",
    }
}

fn count(scenarios: &[&Scenario]) -> String {
    let cases: usize = scenarios.iter().map(|one| one.case_count()).sum();
    format!("{}, {}", plural(scenarios.len(), "scenario"), plural(cases, "case"))
}

fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
