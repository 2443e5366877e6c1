//! The rules about who is let in tell bad settings from good ones, in files as people have them.

use std::fs;
use std::path::Path;

use diagnostics::Level;
use serde_json::{Value, json};

use super::{Expected, Given};

const RULES: &[&str] = &[
    "L-DISABLED",
    "L-ENV-OFF",
    "L-ANON",
    "L-REQ-MISSING",
    "L-NO-PROVIDER",
    "L-NO-POLICY",
    "L-EMPTY-LIST",
    "L-APPID-FORMAT",
    "L-OID-VS-APPID",
    "L-SELF-ONLY",
    "L-APIM-MISSING",
    "L-AND",
    "L-JWT-DUP",
    "L-AUD-NONE",
    "L-AUD-NO-API",
    "L-AUD-SLASH",
    "L-AUD-FOREIGN",
    "L-ISS-VERSION",
    "L-ISS-MULTI",
    "L-ISS-SHAPE",
    "L-ISS-SLASH",
    "L-EXCL-BROAD",
    "L-EXCL-RUNTIME",
    "L-EXCL-PATTERN",
    "L-EXCL-ANY",
];

/// Of which fixtures something is expected, and what: `fixtures/rules/README.md` says the same.
fn expected_of(rule: &str) -> Expected {
    match rule {
        "L-APIM-MISSING" => {
            Expected { callers: vec!["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e".to_owned()], ..Expected::default() }
        }
        "L-AUD-NO-API" => Expected { audience: Some("api://orders".to_owned()), ..Expected::default() },
        _ => Expected::default(),
    }
}

#[test]
fn each_rule_tells_bad_settings_from_good_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rules");
    for rule in RULES {
        let [bad, good] = ["bad", "good"].map(|kind| {
            let file = folder.join(format!("{rule}.{kind}.json"));
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let mut given = Given::read(&unwrap(&text));
            given.expected = expected_of(rule);
            given
        });
        let errors = |given: &Given| -> Vec<_> {
            let found = given.lint().into_iter().filter(|one| one.level == Level::Error);
            found.filter_map(|one| one.rule).filter(|id| id != rule).collect()
        };
        assert!(bad.fires(rule), "{rule} passes over its bad settings");
        assert!(!good.fires(rule), "{rule} fires at its good settings:\n{}", good.told(rule));
        assert_eq!((errors(&bad), errors(&good)), (vec![], vec![]), "other errors of {rule}, bad and good");
    }
}

/// A template with one app comes to its auth configuration with its app settings; anything else is taken as it is.
fn unwrap(text: &str) -> String {
    let root: Value = serde_json::from_str(text).unwrap();
    let Some(resources) = root["resources"].as_array() else { return text.to_owned() };
    let properties = |name: &str| {
        let is_meant = |one: &&Value| one["name"].as_str().and_then(|full| full.rsplit('/').next()) == Some(name);
        resources.iter().find(is_meant).map(|one| &one["properties"])
    };
    json!({ "properties": properties("authsettingsV2"), "appSettings": properties("appsettings") }).to_string()
}
