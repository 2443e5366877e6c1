//! Builds the program and runs it, passing its exit code on.

#![expect(clippy::print_stderr, reason = "a program for people at a terminal")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The exit code for a fault of our own; the same as the program's own.
const FAULT: u8 = 4;

/// Plays the scenarios against the reference Function App, or against what the arguments name.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--package", "greenlight", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .status();
    if !built.is_ok_and(|status| status.success()) {
        eprintln!("error: greenlight does not build; see above");
        return ExitCode::from(FAULT);
    }
    let output = target().join("e2e");
    let mut command = Command::new(target().join("debug").join("greenlight"));
    command.arg("run");
    if !names_a_target(arguments) {
        command.args(["--target", "reference"]);
    }
    command.arg("--results").arg(output.join("results.json"));
    command.arg("--junit").arg(output.join("junit.xml"));
    command.arg("--scenarios").arg(root().join("scenarios"));
    finish(command.args(arguments))
}

/// Runs cargo in the project's root.
pub(crate) fn cargo(fixed: &[&str], arguments: &[String]) -> ExitCode {
    finish(Command::new(env!("CARGO")).args(fixed).args(arguments))
}

fn names_a_target(arguments: &[String]) -> bool {
    let option = |one: &String, name: &str| one == name || one.starts_with(&format!("{name}="));
    arguments.iter().any(|one| option(one, "--target") || option(one, "--profile"))
}

fn finish(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(FAULT), ExitCode::from)
        }
        Err(error) => {
            eprintln!("error: {} cannot be started: {error}", command.get_program().display());
            ExitCode::from(FAULT)
        }
    }
}

/// The project's root; empty where it is the current folder, so that paths read as a person would write them.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default();
    if env::current_dir().is_ok_and(|current| current == root) { PathBuf::new() } else { root }
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
