//! Plays the scenarios end to end.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::build::{FAULT, build_packages, finish, root, target};
use crate::migration;

/// Asks for the configurations that come along, too.
const CONFIGURATIONS: &str = "--configurations";
/// Asks for the migration and the gate before it in place of the scenarios.
const MIGRATION: &str = "--migration";

/// Plays the scenarios against the reference Function App, or against what the arguments name.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    if let Some((first, others)) = arguments.split_first()
        && first == MIGRATION
    {
        return migration::play(others);
    }
    if !build_packages(&["greenlight"]) {
        return FAULT.into();
    }
    let output = target().join("e2e");
    if arguments.iter().any(|one| one == CONFIGURATIONS) {
        return under_configurations(arguments, &output);
    }
    let mut command = Command::new(target().join("debug/greenlight"));
    command.arg("run");
    if !names_a_target(arguments) {
        command.args(["--target", "reference"]);
    }
    command.arg("--results").arg(output.join("results.json"));
    command.arg("--junit").arg(output.join("junit.xml"));
    command.arg("--scenarios").arg(root().join("scenarios"));
    finish(command.args(arguments))
}

/// Plays the suite as always, then under each configuration that comes along, and fails where one does not do what is documented.
fn under_configurations(arguments: &[String], output: &Path) -> ExitCode {
    let others: Vec<String> = arguments.iter().filter(|one| *one != CONFIGURATIONS).cloned().collect();
    let as_always = play(&others);
    if as_always != ExitCode::SUCCESS {
        return as_always;
    }
    let mut command = Command::new(target().join("debug/greenlight"));
    command.arg("configurations").arg(root().join("fixtures/configurations"));
    command.arg("--scenarios").arg(root().join("scenarios"));
    finish(command.arg("--output").arg(output.join("configurations")))
}

fn names_a_target(arguments: &[String]) -> bool {
    let is = |one: &String, name: &str| one == name || one.starts_with(&format!("{name}="));
    arguments.iter().any(|one| is(one, "--target") || is(one, "--profile"))
}
