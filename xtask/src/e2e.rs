//! Plays the scenarios end to end.

use std::process::{Command, ExitCode};

use crate::build::{FAULT, build, finish, root, target};

/// Plays the scenarios against the reference Function App, or against what the arguments name.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    if !build(&["--package", "greenlight"]) {
        return FAULT.into();
    }
    let output = target().join("e2e");
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

fn names_a_target(arguments: &[String]) -> bool {
    let is = |one: &String, name: &str| one == name || one.starts_with(&format!("{name}="));
    arguments.iter().any(|one| is(one, "--target") || is(one, "--profile"))
}
