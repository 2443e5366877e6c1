//! Plays the migration from keys to Easy Auth on this machine, and asks the gate about it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::build::{FAULT, build_packages, root, target};

/// What the gate ends with where something must not go on as it is.
const NO_GO: u8 = 1;
/// The exit code for arguments that make no sense.
const USAGE_ERROR: u8 = 2;
/// All mistakes, one after the other.
const ALL: &str = "all";

/// Asks the gate about a migration: one done right, one with the mistake that the arguments name, or one with each.
pub(crate) fn play(arguments: &[String]) -> ExitCode {
    let mistake = match mistake(arguments) {
        Ok(mistake) => mistake,
        Err(why) => {
            eprintln!("error: {why}\nhint: `cargo xtask e2e --migration [--mistake NAME|all]`");
            return USAGE_ERROR.into();
        }
    };
    if !build_packages(&["greenlight", "rehearsal"]) {
        return FAULT.into();
    }
    let code = match mistake.as_deref() {
        Some(ALL) => each(),
        mistake => gate(mistake).map(|code| code.unwrap_or(FAULT)),
    };
    code.unwrap_or_else(|why| {
        eprintln!("error: {why}");
        FAULT
    })
    .into()
}

fn mistake(arguments: &[String]) -> Result<Option<String>, String> {
    let given: Vec<&str> = arguments.iter().flat_map(|one| one.splitn(2, '=')).collect();
    match given[..] {
        [] => Ok(None),
        ["--mistake", name] => Ok(Some(name.to_owned())),
        ["--mistake"] => Err("--mistake needs a name".to_owned()),
        _ => Err(format!("{} is not understood here", arguments.join(" "))),
    }
}

/// Plays every mistake in turn; good where the gate stops each of them.
fn each() -> Result<u8, String> {
    let listed = Command::new(rehearsal()).arg("--list").output().map_err(|error| error.to_string())?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut table = format!("{:24} {:4} {:30} named\n", "mistake", "exit", "setting");
    let mut missed = 0;
    for line in listed.lines() {
        let [id, setting, _] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            return Err(format!("`rehearsal --list` says `{line}`"));
        };
        println!("\n--- {id}");
        let code = gate(Some(id))?;
        missed += u32::from(code != Some(NO_GO));
        let shown = code.map_or_else(|| "-".to_owned(), |code| code.to_string());
        let named = if decides_by(&output(Some(id)).join("results.json"), setting) { "yes" } else { "no" };
        table = format!("{table}{id:24} {shown:4} {setting:30} {named}\n");
    }
    println!("\n{table}");
    if missed > 0 {
        return Err(format!("the gate does not stop {missed} of them"));
    }
    Ok(0)
}

/// Starts the migration, asks the gate, and stops it. None where the gate was ended by a signal.
fn gate(mistake: Option<&str>) -> Result<Option<u8>, String> {
    let output = output(mistake);
    fs::create_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    // What an earlier run has left must not be taken for this one's.
    for name in ["results.json", "junit.xml", "report.html"] {
        let _ = fs::remove_file(output.join(name));
    }
    let (mut played, environment) = start(mistake, &output.join("ca.pem"))?;
    let mut command = Command::new(target().join("debug/greenlight"));
    command.arg("gate").arg("--profile").arg(root().join("fixtures/profiles/migration.yaml"));
    command.arg("--results").arg(output.join("results.json"));
    command.arg("--junit").arg(output.join("junit.xml"));
    command.arg("--html").arg(output.join("report.html"));
    let ended = command.envs(environment).status();
    // Its standard input was ours; with its end it stops.
    drop(played.stdin.take());
    let stopped = played.wait();
    let ended = ended.map_err(|error| format!("greenlight cannot be started: {error}"))?;
    stopped.map_err(|error| format!("the rehearsal does not stop: {error}"))?;
    Ok(ended.code().and_then(|code| u8::try_from(code).ok()))
}

/// Starts it and reads what it says when it is ready: `NAME=VALUE` lines and an empty one.
fn start(mistake: Option<&str>, ca: &Path) -> Result<(Child, Vec<(String, String)>), String> {
    let mut command = Command::new(rehearsal());
    command.arg("--attached").arg("--ca").arg(ca);
    if let Some(id) = mistake {
        command.args(["--mistake", id]);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the rehearsal cannot be started: {error}"))?;
    let mut environment = Vec::new();
    let output = child.stdout.take().map(BufReader::new);
    for line in output.into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(|error| error.to_string())?;
        match line.split_once('=') {
            Some((name, value)) => environment.push((name.to_owned(), value.to_owned())),
            None => return Ok((child, environment)),
        }
    }
    let _ = child.wait();
    Err("the rehearsal does not start; see above".to_owned())
}

/// Whether what the gate has decided, at the end of its results, speaks of a setting.
fn decides_by(results: &Path, setting: &str) -> bool {
    let text = fs::read_to_string(results).unwrap_or_default();
    text.rfind("\"decision\"").is_some_and(|start| text[start..].contains(setting))
}

fn rehearsal() -> PathBuf {
    target().join("debug/rehearsal")
}

fn output(mistake: Option<&str>) -> PathBuf {
    let folder = target().join("e2e/migration");
    mistake.map_or(folder.clone(), |id| folder.join(id))
}
