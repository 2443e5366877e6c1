//! The run against the Function App that comes along: what a new user sees first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::program::{greenlight, reports, root, run, said, verdicts};

/// A run in a folder of its own, far from the project's.
struct Played {
    folder: TempDir,
    output: Output,
}

impl Played {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let output = greenlight()
            .args(["run", "--target", "reference", "--results", "out/results.json", "--junit", "out/junit.xml"])
            .current_dir(&folder)
            .output()
            .unwrap();
        Self { folder, output }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
}

#[test]
fn every_scenario_is_played_and_holds() {
    let played = Played::new();
    assert_eq!(played.output.status.code(), Some(0), "{}", said(&played.output));
    let verdicts = verdicts(&played.out().join("results.json"));
    let unproven: Vec<_> =
        verdicts.iter().filter(|(_, verdict)| !["pass", "recorded"].contains(&verdict.as_str())).collect();
    assert!(unproven.is_empty(), "{unproven:?}");
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let themes = entries(&root().join("scenarios")).filter(|path| path.is_dir());
    for file in themes.flat_map(|theme| entries(&theme)) {
        let id = file.file_stem().unwrap().to_str().unwrap();
        let played = verdicts.iter().any(|(name, _)| name.split('[').next() == Some(id));
        let text = fs::read_to_string(&file).unwrap();
        let elsewhere = ["\ndeployed: true\n", "to: gateway", "to: previous", "key.previous"];
        let elsewhere = elsewhere.iter().any(|mark| text.contains(mark));
        assert_eq!(
            played, !elsewhere,
            "{id}: what asks for a deployed app, or for more than the app, is left out, and nothing else"
        );
    }
}

#[test]
fn the_documents_are_what_their_readers_expect() {
    let played = Played::new();
    let results = reports(&played.out());
    assert_eq!((&results["verdict"], &results["interrupted"]), (&"pass".into(), &false.into()));

    let junit = fs::read_to_string(played.out().join("junit.xml")).unwrap();
    let (cases, recorded) = (results["cases"].as_array().unwrap().len(), &results["summary"]["recorded"]);
    let counts = format!(r#"tests="{cases}" failures="0" errors="0" skipped="{recorded}""#);
    assert_eq!(junit.matches(&counts).count(), 2, "{junit}");
}

#[test]
fn a_later_report_has_the_bytes_of_the_live_run() {
    let played = Played::new();
    let report = |format: &str| {
        let report = greenlight()
            .args(["report", "out/results.json", "--format", format])
            .current_dir(&played.folder)
            .output()
            .unwrap();
        assert_eq!(report.status.code(), Some(0), "{}", said(&report));
        String::from_utf8(report.stdout).unwrap()
    };
    let file = |name: &str| fs::read_to_string(played.out().join(name)).unwrap();
    assert_eq!(report("console"), String::from_utf8_lossy(&played.output.stdout));
    assert_eq!(report("json"), file("results.json"));
    assert_eq!(report("junit"), file("junit.xml"));
}

#[test]
fn a_junit_report_alone_leaves_no_other_file_behind() {
    let folder = TempDir::new().unwrap();
    let output = greenlight()
        .args(["run", "--target", "reference", "missing-token", "--junit", "junit.xml"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["junit.xml"]);
}

#[test]
fn app_settings_and_knobs_change_how_the_app_answers() {
    let verbose = |arguments: &[&str]| {
        let output = run(&[&["run", "--target", "reference", "--verbose", "missing-token"], arguments].concat());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, told) = verbose(&["--knob", "os-profile=windows"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("You do not have permission to view this directory or page."), "{told}");
    let (code, told) = verbose(&["--app-setting", "WEBSITE_AUTH_ENABLED=false"]);
    assert_eq!(code, Some(1), "{told}");
}
