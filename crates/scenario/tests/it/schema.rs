//! The schemas that editors use agree with the readers.

use jsonschema::Validator;
use scenario::Profile;
use serde_json::Value as Json;

use crate::files::{folder, json, scenarios, source};

/// What the first line of a broken file says if only the reader can tell.
const UNSEEN: &str = "# The schema cannot see this.";

pub(crate) fn scenario_schema() -> Json {
    json(&source("crates/scenario/schema/scenario.schema.json")).expect("JSON")
}

pub(crate) fn profile_schema() -> Json {
    json(&source("crates/scenario/schema/profile.schema.json")).expect("JSON")
}

fn validator(schema: &Json) -> Validator {
    assert!(jsonschema::meta::is_valid(schema), "a schema of draft 2020-12");
    jsonschema::validator_for(schema).expect("a schema")
}

#[test]
fn every_scenario_is_valid_and_points_editors_to_the_schema() {
    let validator = validator(&scenario_schema());
    for source in scenarios() {
        let errors: Vec<String> = validator
            .iter_errors(&json(&source).expect("YAML"))
            .map(|error| format!("{}: {}: {error}", source.name, error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0]);
        let first = "# yaml-language-server: $schema=../../crates/scenario/schema/scenario.schema.json\n";
        assert!(source.text.starts_with(first), "{}", source.name);
    }
}

#[test]
fn a_scenario_with_every_key_is_valid() {
    let source = source("crates/scenario/tests/whole/every-key.yaml");
    let validator = validator(&scenario_schema());
    let json = json(&source).expect("YAML");
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn every_profile_is_valid_and_points_editors_to_the_schema() {
    let validator = validator(&profile_schema());
    for source in folder("fixtures/profiles") {
        assert!(validator.is_valid(&json(&source).expect("YAML")), "{}", source.name);
        let first = "# yaml-language-server: $schema=../../crates/scenario/schema/profile.schema.json\n";
        assert!(source.text.starts_with(first), "{}", source.name);
    }
}

#[test]
fn what_the_scenario_reader_refuses_the_schema_refuses() {
    let validator = validator(&scenario_schema());
    for source in folder("crates/scenario/tests/broken/scenario") {
        let (scenarios, diagnostics) = scenario::read(std::slice::from_ref(&source));
        assert!(scenarios.is_empty() && !diagnostics.is_empty(), "{} is read", source.name);
        let Some(json) = json(&source) else { continue };
        let unseen = source.text.starts_with(UNSEEN);
        assert_eq!(validator.is_valid(&json), unseen, "{}: as its first line says", source.name);
    }
}

#[test]
fn what_the_profile_reader_refuses_the_schema_refuses() {
    let validator = validator(&profile_schema());
    for source in folder("crates/scenario/tests/broken/profile") {
        let (profile, diagnostics) = Profile::read(&source, &|_| None);
        assert!(profile.is_none() && !diagnostics.is_empty(), "{} is read", source.name);
        let unseen = source.text.starts_with(UNSEEN);
        assert_eq!(
            validator.is_valid(&json(&source).expect("YAML")),
            unseen,
            "{}: as its first line says",
            source.name
        );
    }
}
