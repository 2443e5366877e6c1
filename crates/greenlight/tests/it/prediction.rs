//! What is predicted beside what the reference Function App answers, and beside what is documented.

use std::path::{Path, PathBuf};

use diagnostics::{Source, Value as Written, parse};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{read, root, run};

fn configurations() -> PathBuf {
    root().join("fixtures/configurations")
}

/// The cases of a run against the reference app under a configuration that comes along.
fn played(configuration: &str, scenarios: &Path) -> Vec<Value> {
    let folder = TempDir::new().unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let settings = text(&configurations().join(format!("suite/{configuration}.json")));
    let (results, scenarios) = (text(&folder.path().join("results.json")), text(scenarios));
    run(&["run", "--target", "reference", "--settings", &settings, "--scenarios", &scenarios, "--results", &results]);
    read(Path::new(&results))["cases"].as_array().unwrap().clone()
}

fn name(case: &Value) -> String {
    format!("{}[{}]", case["id"].as_str().unwrap(), case["variant"].as_str().unwrap())
}

#[rstest]
#[case("secure")]
#[case("allow-anonymous")]
#[case("return-403")]
#[case("redirect")]
#[case("no-policy")]
#[case("empty-list")]
#[case("issuer-v1")]
#[case("issuer-common")]
#[case("excluded-broad")]
#[case("disabled")]
fn the_reference_app_answers_as_predicted(#[case] configuration: &str) {
    let cases = played(configuration, &root().join("scenarios"));
    let mut definite = 0;
    for case in cases.iter().filter(|case| case["predicted"].is_object()) {
        let (predicted, observed) = (&case["predicted"], &case["observed"]);
        assert_eq!(case["drift"], Value::Null, "{}", name(case));
        for member in ["status", "answered_by"] {
            let agrees = predicted[member].is_null() || predicted[member] == observed[member];
            assert!(agrees, "{}: {predicted}, but {observed}", name(case));
        }
        definite += usize::from(!predicted["phrase"].as_str().unwrap().starts_with("depends on"));
    }
    assert!(cases.len() > 1000, "{}", cases.len());
    assert!(definite * 10 >= cases.len() * 6, "{definite} of {} are definite", cases.len());
}

/// What came back, in the words of the table.
fn answered(case: &Value) -> String {
    let (status, who) =
        (case["observed"]["status"].as_u64().unwrap(), case["observed"]["answered_by"].as_str().unwrap());
    let body = case["exchanges"][0]["response"].as_str().unwrap();
    match (who, body.contains("\"principal\":null")) {
        ("app", true) => "anonymous".to_owned(),
        ("app", false) => "caller".to_owned(),
        _ => status.to_string(),
    }
}

/// What was predicted, in the words of the table.
fn foretold(case: &Value) -> String {
    match case["predicted"]["phrase"].as_str().unwrap() {
        "reaches the function as the caller" => "caller".to_owned(),
        "reaches the function without an identity" => "anonymous".to_owned(),
        "302 to the login page" => "302".to_owned(),
        other => other.to_owned(),
    }
}

#[test]
fn what_is_documented_is_predicted_and_answered() {
    let file = configurations().join("expected.yaml");
    let source = Source::new("expected.yaml", std::fs::read_to_string(file).unwrap());
    let Written::Map(tables) = parse(&source).unwrap().value else { panic!("a mapping of configurations") };
    for (configuration, table) in &tables {
        let Written::Map(cells) = &table.value else { panic!("a mapping of callers") };
        let cases = played(&configuration.text, &configurations());
        for (caller, cell) in cells.iter().filter(|(name, _)| name.text != "suite") {
            let documented = &source.text[cell.span.start..cell.span.end];
            let case = cases.iter().find(|case| case["variant"] == format!("caller={}", caller.text)).unwrap();
            let told = (foretold(case), answered(case));
            let both = (documented.to_owned(), documented.to_owned());
            assert_eq!(told, both, "{} under {}", caller.text, configuration.text);
        }
    }
}
