//! The program: what it prints, and when it stops.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn rehearsal() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rehearsal"))
}

fn run(arguments: &[&str]) -> Output {
    rehearsal().args(arguments).output().unwrap()
}

#[test]
fn it_says_in_one_line_where_everything_is_and_stops_with_whoever_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("deep/ca.pem");
    let mut child = rehearsal()
        .args(["--json", "--attached", "--ca"])
        .arg(&ca)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    for name in ["OLD_URL", "NEW_URL", "GATEWAY_URL", "CURRENT_URL", "CONTROL"] {
        let url = told[format!("GREENLIGHT_{name}")].as_str().unwrap();
        assert!(url.starts_with("https://localhost:"), "{name}: {url}");
    }
    assert!(told["GREENLIGHT_GATEWAY_URL"].as_str().unwrap().ends_with("/orders;rev=2/api/orders"));
    assert_eq!(told["GREENLIGHT_CA"], ca.to_str().unwrap());
    assert!(std::fs::read_to_string(&ca).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));

    drop(child.stdin.take());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}

#[test]
fn it_lists_what_can_be_planted() {
    let listed = String::from_utf8(run(&["--list"]).stdout).unwrap();
    assert!(listed.lines().all(|line| line.split('\t').count() == 3), "{listed}");
    assert!(listed.contains("wrong-resource\tresource\t"), "{listed}");
}

#[test]
fn a_mistake_that_nobody_makes_is_told() {
    let output = run(&["--mistake", "wrong-resourse"]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "error: there is no mistake `wrong-resourse`; `rehearsal --list` lists them\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}
