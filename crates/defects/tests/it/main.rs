//! What some flaws are caught by, to the letter: the proof as a whole only asks that something catches each.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

/// What is played here, so that a new scenario changes nothing.
const SCENARIOS: [&str; 7] = [
    "missing-token",
    "expired-token",
    "not-yet-valid",
    "bad-signature",
    "tampered-payload",
    "alg-none",
    "spoofed-principal-beside-token",
];

#[rstest]
#[case::presence("unauthenticated-let-through", &["missing-token"])]
#[case::expiry("expiry-not-checked", &["expired-token"])]
#[case::not_before("not-before-not-checked", &["not-yet-valid"])]
#[case::signature("signature-not-checked", &["bad-signature", "tampered-payload"])]
#[case::algorithm("alg-none-accepted", &["alg-none"])]
#[case::principal_header("identity-headers-passed-through", &["spoofed-principal-beside-token"])]
fn a_flaw_is_caught_by_the_matching_scenarios(#[case] flaw: &str, #[case] expected: &[&str]) {
    let (output, matrix) = prove(&["--skip-variations", "--defect", flaw], &SCENARIOS);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let caught_by: BTreeSet<&str> = matrix["defects"][0]["caught_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case.as_str().unwrap().split('[').next().unwrap())
        .collect();
    assert_eq!(caught_by, expected.iter().copied().collect());
}

#[test]
fn a_defect_that_nothing_catches_is_told() {
    let (output, matrix) = prove(&["--skip-variations", "--defect", "expiry-not-checked"], &["missing-token"]);
    assert_eq!(matrix["uncaught"], serde_json::json!(["expiry-not-checked"]));
    assert!(String::from_utf8_lossy(&output.stdout).contains("NOT CAUGHT"));
}

#[rstest]
#[case::defect(&["--defect", "no-such-thing"], &[])]
#[case::scenario(&[], &["no-such-thing"])]
fn what_does_not_exist_is_told(#[case] arguments: &[&str], #[case] scenarios: &[&str]) {
    let (output, _) = prove(arguments, scenarios);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-thing"));
}

/// Runs a part of the proof: what it printed, and what it wrote if it came so far.
fn prove(arguments: &[&str], scenarios: &[&str]) -> (Output, Value) {
    let folder = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_defects"));
    program.arg("--output").arg(folder.path()).args(arguments);
    let output = program.args(scenarios.iter().flat_map(|scenario| ["--scenarios", scenario])).output().unwrap();
    let matrix = fs::read(folder.path().join("partial.json")).unwrap_or_default();
    (output, serde_json::from_slice(&matrix).unwrap_or_default())
}
