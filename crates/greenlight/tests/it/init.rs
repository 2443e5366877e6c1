//! `greenlight init`, as people and pipelines call it.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::program::{greenlight, root, said};

const URL: &str = "https://func-orders-02.example.net/api/orders";

/// Begins a profile in a folder, with nobody there to answer.
fn init(folder: &Path, arguments: &[&str]) -> Output {
    greenlight().current_dir(folder).arg("init").args(arguments).output().unwrap()
}

/// A folder with one of the fixtures in `infra`.
fn folder_with(fixture: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("infra")).unwrap();
    let fixture = root().join("fixtures").join(fixture);
    fs::copy(&fixture, folder.path().join("infra").join(fixture.file_name().unwrap())).unwrap();
    folder
}

#[test]
fn a_profile_is_begun_from_settings() {
    let folder = folder_with("authsettings.json");
    let output = init(folder.path(), &["--settings", "infra/authsettings.json", "--url", URL]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    insta::assert_snapshot!("init_told", said(&output));
    insta::assert_snapshot!("init_settings", fs::read_to_string(folder.path().join("greenlight.yaml")).unwrap());
}

#[test]
fn of_several_configurations_one_is_named() {
    let folder = folder_with("configurations/plan.json");
    let settings = ["--settings", "infra/plan.json", "--url", URL];
    let output = init(folder.path(), &[&settings[..], &["--resource", "func-orders", "--output", "-"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    insta::assert_snapshot!("init_plan", said(&output));
    for (name, resource) in [("init_which", &[][..]), ("init_no_resource", &["--resource", "func-order"])] {
        let output = init(folder.path(), &[&settings[..], resource].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        insta::assert_snapshot!(name, String::from_utf8(output.stderr).unwrap());
    }
    assert!(!folder.path().join("greenlight.yaml").exists());
}

#[test]
fn a_file_that_is_there_is_not_written_over_unasked() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("greenlight.yaml");
    fs::write(&file, "mine\n").unwrap();
    let output = init(folder.path(), &["--url", URL]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--force"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
    let output = init(folder.path(), &["--url", URL, "--force"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(fs::read_to_string(&file).unwrap().contains(URL));
}

#[test]
fn an_address_with_a_key_in_it_is_refused_and_not_repeated() {
    let folder = TempDir::new().unwrap();
    let output = init(folder.path(), &["--url", &format!("{URL}?code=hunter2")]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(!said(&output).contains("hunter2"), "{}", said(&output));
}

#[test]
fn a_gate_takes_what_was_written() {
    let folder = folder_with("authsettings.json");
    let profile = "gates/new.yaml";
    let sites =
        ["--gateway", "https://api.example.net/orders;rev=2", "--previous", "https://func-orders-01.example.net"];
    let settings = ["--settings", "infra/authsettings.json", "--url", URL, "--output", profile];
    let output = init(folder.path(), &[settings, [sites[0], sites[1], sites[2], sites[3], "--caller", "me"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("--caller me: it is not among the applications"), "{}", said(&output));
    let outlined = greenlight()
        .current_dir(folder.path())
        .args(["gate", "--profile", profile, "--dry-run"])
        .env("GREENLIGHT_SUBSCRIPTION_KEY", "a")
        .env("GREENLIGHT_PREVIOUS_KEY", "b")
        .output()
        .unwrap();
    // It has no credential, so what needs a real token is skipped; that is told, and is no mistake in the file.
    assert_eq!(outlined.status.code(), Some(3), "{}", said(&outlined));
    assert!(String::from_utf8_lossy(&outlined.stderr).contains("nothing was sent"), "{}", said(&outlined));
}
