//! `greenlight list`.

use std::fmt::Write as _;

use crate::arguments::Selection;
use crate::exit::Exit;
use crate::library::Library;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// One line a scenario: folder, id, severity, how many cases, title.
pub(crate) fn list(selection: &Selection, terminal: &Terminal) -> Result<Exit, Trouble> {
    let library = Library::select(selection)?;
    let name = |one: &scenario::Scenario| format!("{}/{}", one.theme(), one.id);
    let width = library.scenarios.iter().map(|one| name(one).len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut cases = 0;
    for one in &library.scenarios {
        let (count, severity) = (one.case_count(), one.severity);
        cases += count;
        let times = if count > 1 { format!(" ({count} cases)") } else { String::new() };
        let control = if one.control { " [positive control]" } else { "" };
        let _ = writeln!(text, "{:width$}  {severity:8}  {}{times}{control}", name(one), one.title);
    }
    terminal::output(&text);
    terminal::say(&format!("{} scenarios, {cases} cases", library.scenarios.len()));
    if library.diagnostics.is_empty() {
        return Ok(Exit::Passed);
    }
    terminal.diagnostics(&library.diagnostics);
    Ok(Exit::Usage)
}
