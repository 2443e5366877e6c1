//! `greenlight gate` before a migration that was done right, and before one with each mistake in it.
//!
//! The program under test is the one beside this crate's own: a build of the workspace makes both.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rehearsal::{MISTAKES, Mistake};
use serde_json::Value;
use tempfile::TempDir;

/// Scenarios that must be among those that fail, mistake by mistake. Others may fail too, for one mistake opens many doors.
const BETRAYED_BY: [(&str, &[&str]); 21] = [
    ("absent-allow-list", &["unlisted-caller", "client-not-listed"]),
    ("allow-anonymous", &["missing-token", "key-alone", "key-of-a-stranger", "wrong-audience", "foreign-tenant"]),
    ("allow-list-object-id", &["valid-caller", "gateway-lets-in"]),
    ("assignment-required", &["gateway-lets-in"]),
    ("audience-missing", &["gateway-lets-in"]),
    ("empty-allow-list", &["unlisted-caller", "client-not-listed"]),
    ("empty-allow-list-denies", &["valid-caller", "gateway-lets-in"]),
    ("excluded-path-too-wide", &["missing-token", "key-of-a-stranger"]),
    ("function-still-asks-key", &["valid-caller", "gateway-lets-in"]),
    ("gateway-other-identity", &["gateway-lets-in"]),
    ("gateway-still-at-old", &["gateway-calls-the-new-instance"]),
    ("gateway-still-sends-key", &["gateway-lets-in"]),
    ("health-path-open", &["missing-token", "key-of-a-stranger"]),
    ("issuer-version", &["valid-caller", "gateway-lets-in"]),
    ("key-still-opens", &["key-alone", "previous-key-alone"]),
    ("platform-disabled", &["missing-token", "unlisted-caller", "key-of-a-stranger"]),
    ("redirect-to-login", &["browser-without-token"]),
    ("token-version", &["gateway-lets-in"]),
    ("wrong-client-id", &["valid-caller", "gateway-lets-in"]),
    ("wrong-resource", &["gateway-lets-in"]),
    ("wrong-tenant", &["valid-caller", "gateway-lets-in"]),
];

/// The migration, running until it is dropped.
struct Played {
    child: Child,
    environment: Vec<(String, String)>,
    folder: TempDir,
}

impl Played {
    fn start(mistake: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
        command.arg("--attached").arg("--ca").arg(folder.path().join("ca.pem"));
        command.args(mistake.iter().flat_map(|id| ["--mistake", id]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let variable = |line: String| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment: Vec<_> = lines.map_while(variable).collect();
        assert!(!environment.is_empty(), "the rehearsal does not start");
        Self { child, environment, folder }
    }

    /// Asks the gate about it.
    fn asked(&self) -> Asked {
        let results = self.folder.path().join("results.json");
        let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/profiles/migration.yaml");
        let output = Command::new(greenlight())
            .arg("gate")
            .arg("--profile")
            .arg(profile)
            .arg("--results")
            .arg(&results)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let document = std::fs::read_to_string(results).unwrap_or_default();
        Asked { output, results: serde_json::from_str(&document).unwrap_or_default() }
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        // With the end of its standard input it stops.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the gate said.
struct Asked {
    output: Output,
    results: Value,
}

impl Asked {
    fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    fn word(&self) -> &str {
        self.results["decision"]["word"].as_str().unwrap_or_default()
    }

    /// What it rests on, and what to change.
    fn told(&self) -> String {
        let decision = &self.results["decision"];
        let remedies = decision["remedies"].as_array().into_iter().flatten();
        [&decision["why"]].into_iter().chain(remedies).filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
    }

    /// The scenarios of which a case failed.
    fn failed(&self) -> BTreeSet<&str> {
        let cases = self.results["cases"].as_array().into_iter().flatten();
        cases.filter(|case| case["verdict"] == "fail").filter_map(|case| case["id"].as_str()).collect()
    }

    /// What is wrong with it where a mistake was planted; nothing where all is as it should be.
    fn faults(&self, mistake: &Mistake) -> Vec<String> {
        let (code, word, failed) = (self.code(), self.word(), self.failed());
        let mut faults = Vec::new();
        if code != Some(1) || word != "no-go" {
            faults.push(format!("it ended with {code:?} and `{word}`"));
        }
        faults.extend(betrayed_by(mistake).iter().filter(|id| !failed.contains(*id)).map(|id| format!("{id} held")));
        if !self.told().contains(mistake.setting) {
            faults.push(format!("{} is not named by: {}", mistake.setting, self.told()));
        }
        faults
    }
}

/// The program, as the workspace builds it beside this crate's own.
fn greenlight() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_rehearsal")).with_file_name("greenlight");
    assert!(beside.is_file(), "{} is missing: `cargo build --package greenlight` makes it", beside.display());
    beside
}

fn betrayed_by(mistake: &Mistake) -> &'static [&'static str] {
    let found = BETRAYED_BY.iter().find(|(id, _)| *id == mistake.id);
    found.map_or(&[], |(_, scenarios)| scenarios)
}

#[test]
fn of_every_mistake_it_is_said_what_betrays_it() {
    assert_eq!(MISTAKES.map(|mistake| mistake.id), BETRAYED_BY.map(|(id, _)| id));
}

#[test]
#[ignore = "needs the greenlight program beside the rehearsal; CI builds both"]
fn a_sound_migration_may_be_switched() {
    let asked = Played::start(None).asked();
    let printed = String::from_utf8_lossy(&asked.output.stdout);
    assert_eq!((asked.code(), asked.word()), (Some(0), "go"), "{}\n{printed}", asked.told());
    assert_eq!(asked.failed(), BTreeSet::new());
    assert_eq!(asked.results["decision"].get("remedies"), None);
}

#[test]
#[ignore = "plays the migration 21 times, and needs the greenlight program beside the rehearsal"]
fn a_migration_with_a_mistake_is_stopped_and_the_setting_named() {
    let faults = |mistake: &Mistake| {
        let faults = Played::start(Some(mistake.id)).asked().faults(mistake);
        faults.into_iter().map(|fault| format!("{}: {fault}", mistake.id)).collect::<Vec<_>>()
    };
    // A gate waits about as long as it computes: several side by side keep the cores busy.
    let side_by_side = thread::available_parallelism().map_or(1, NonZero::get);
    let all: Vec<String> = thread::scope(|scope| {
        let share = MISTAKES.chunks(MISTAKES.len().div_ceil(side_by_side));
        let workers: Vec<_> =
            share.map(|share| scope.spawn(|| share.iter().flat_map(faults).collect::<Vec<_>>())).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(all.is_empty(), "{}", all.join("\n"));
}
