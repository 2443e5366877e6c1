//! The suite under several configurations, each held against what is documented of it: for `cargo xtask e2e --configurations`.

use std::path::Path;
use std::sync::Arc;

use clap::Parser;
use diagnostics::{Node, Source, Value, parse};

use crate::arguments::{self, Arguments, Command};
use crate::exit::Exit;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;
use crate::{files, run};

/// What is documented: for each configuration, what each caller of [`CALLERS`] gets.
const TABLE: &str = "expected.yaml";
/// Below the folder: the configurations, and the scenario that has a case for each caller.
const SUITE: &str = "suite";
const CALLERS: &str = "rows/callers.yaml";
/// The cell that says whether the suite `passes` or `fails`.
const OUTCOME: &str = "suite";

/// What one configuration is documented to do.
struct Documented {
    name: String,
    /// How the suite ends.
    suite: Exit,
    /// Who gets what: a status, `caller` or `anonymous`.
    callers: Vec<(String, String)>,
}

/// Plays the suite and the callers under each configuration of the table, and tells where one does not do what is documented. The
/// results lie in the output folder, a file a configuration.
pub(crate) async fn configurations(
    arguments: &arguments::Configurations,
    terminal: &Terminal,
) -> Result<Exit, Trouble> {
    let table = files::read(&arguments.folder.join(TABLE))?;
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    for documented in read(&table)? {
        terminal::say(&format!("\n=== {}", documented.name));
        let settings = arguments.folder.join(SUITE).join(format!("{}.json", documented.name));
        let results = |what: &str| arguments.output.join(format!("{}{what}.json", documented.name));
        let suite = play(&settings, &arguments.scenarios, &results(""), terminal).await?;
        let callers = arguments.folder.join(CALLERS);
        let folder = callers.parent().unwrap_or(&arguments.folder);
        play(&settings, folder, &results(".callers"), terminal).await?;

        let before = wrong.len();
        if suite != documented.suite {
            wrong.push(format!("{}: the suite should have {}", documented.name, outcome(documented.suite)));
        }
        wrong.extend(differences(&documented, &files::read(&results(".callers"))?.text)?);
        let verdict = if wrong.len() == before { "as documented" } else { "NOT AS DOCUMENTED" };
        let name = &documented.name;
        lines.push(format!(
            "  {name:20} {verdict}: {} callers, the suite {}",
            documented.callers.len(),
            outcome(suite)
        ));
    }
    terminal::output(&format!("\n{} configurations\n{}\n", lines.len(), lines.join("\n")));
    if wrong.is_empty() {
        return Ok(Exit::Passed);
    }
    for one in &wrong {
        terminal.warn(one);
    }
    Ok(Exit::Failed)
}

fn outcome(exit: Exit) -> &'static str {
    match exit {
        Exit::Passed => "passed",
        Exit::Failed => "failed",
        _ => "did not end as it should",
    }
}

/// One run against the reference app, as typed.
async fn play(settings: &Path, scenarios: &Path, results: &Path, terminal: &Terminal) -> Result<Exit, Trouble> {
    let text = |path: &Path| path.display().to_string();
    let words = ["greenlight", "run", "--target", "reference", "--settings", &text(settings), "--scenarios"];
    let words = words.into_iter().map(str::to_owned).chain([text(scenarios), "--results".to_owned(), text(results)]);
    match Arguments::try_parse_from(words).map_err(Trouble::fault)?.command {
        Command::Run(arguments) => run::run(&arguments, terminal).await,
        _ => Err(Trouble::fault("a run is no run")),
    }
}

/// The table, in its order.
fn read(table: &Arc<Source>) -> Result<Vec<Documented>, Trouble> {
    let unusable = || Trouble::usage(format!("{} should name configurations, and what each caller gets", table.name));
    let root = parse(table).map_err(|wrong| Trouble::files("the table cannot be read", vec![wrong]))?;
    let entries = |node: &Node| match &node.value {
        Value::Map(entries) => Ok(entries.clone()),
        _ => Err(unusable()),
    };
    let documented = |(key, node): &(diagnostics::Key, Node)| {
        let cell = |(caller, answer): (diagnostics::Key, Node)| {
            (caller.text, table.text[answer.span.start..answer.span.end].to_owned())
        };
        let (suite, callers): (Vec<_>, Vec<_>) =
            entries(node)?.into_iter().map(cell).partition(|(name, _)| name == OUTCOME);
        let suite = match suite.first().map(|(_, word)| word.as_str()) {
            Some("passes") => Exit::Passed,
            Some("fails") => Exit::Failed,
            _ => return Err(unusable()),
        };
        Ok(Documented { name: key.text.clone(), suite, callers })
    };
    entries(&root)?.iter().map(documented).collect()
}

/// Where callers got something else than is documented.
fn differences(documented: &Documented, results: &str) -> Result<Vec<String>, Trouble> {
    let results: serde_json::Value = serde_json::from_str(results).map_err(Trouble::fault)?;
    let cases = results["cases"].as_array().cloned().unwrap_or_default();
    let mut differences = Vec::new();
    for (caller, answer) in &documented.callers {
        let case = cases.iter().find(|case| case["variant"] == format!("caller={caller}"));
        let observed = case.map_or_else(|| "was not played".to_owned(), observed);
        if observed != *answer {
            differences.push(format!("{}: {caller} should get {answer}, and got {observed}", documented.name));
        }
    }
    Ok(differences)
}

/// What came back, in the words of the table.
fn observed(case: &serde_json::Value) -> String {
    let body = case["exchanges"][0]["response"].as_str().unwrap_or_default();
    match (case["observed"]["answered_by"].as_str(), body.contains("\"principal\":null")) {
        (Some("app"), true) => "anonymous".to_owned(),
        (Some("app"), false) => "caller".to_owned(),
        _ => case["observed"]["status"].to_string(),
    }
}
