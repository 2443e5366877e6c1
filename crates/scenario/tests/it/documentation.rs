//! The page for people who write scenarios is right and whole.

use diagnostics::Source;
use scenario::Profile;
use serde_json::Value as Json;

use crate::files::source;
use crate::schema::scenario_schema;

const HEAD: &str = "id: one\ntitle: t\nwhy: w\nseverity: low\ncite: [c]\nfix: f\n";

/// The blocks of YAML on the page.
fn examples(page: &str) -> impl Iterator<Item = &str> {
    page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next())
}

#[test]
fn its_examples_are_read() {
    let page = &source("docs/scenarios.md").text;
    let mut read = 0;
    for example in examples(page) {
        let indented = || example.lines().flat_map(|line| ["  ", line, "\n"]).collect::<String>();
        let (name, text) = match example.split(':').next() {
            Some("target") => {
                let text = example.replacen("target:", "target:\n  url: https://func.example.net", 1);
                assert_eq!(Profile::read(&Source::new("profile.yaml", text), &|_| None).1, [], "{example}");
                read += 1;
                continue;
            }
            Some("headers" | "token") => ("one", format!("{HEAD}send:\n{}expect: refused\n", indented())),
            Some("variants") => ("one", format!("{HEAD}{example}expect: refused\n")),
            Some("steps") => ("one", format!("{HEAD}{example}")),
            _ => ("wrong-audience", example.to_owned()),
        };
        let (scenarios, diagnostics) = scenario::read(&[Source::new(format!("{name}.yaml"), text)]);
        assert_eq!(diagnostics, [], "{example}");
        read += scenarios.len();
    }
    assert_eq!(read, 6, "examples");
}

#[test]
fn it_names_every_key_and_every_word() {
    let page = &source("docs/scenarios.md").text;
    let missing: Vec<String> = words(&scenario_schema()).into_iter().filter(|word| !page.contains(word)).collect();
    assert_eq!(missing, [""; 0]);
}

/// The keys of a schema, and the words that it takes.
fn words(schema: &Json) -> Vec<String> {
    let mut found = Vec::new();
    match schema {
        Json::Object(members) => {
            found.extend(members.get("const").and_then(Json::as_str).map(str::to_owned));
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("properties", Json::Object(properties)) => found.extend(properties.keys().cloned()),
                    ("enum", Json::Array(values)) => {
                        found.extend(values.iter().filter_map(Json::as_str).map(str::to_owned));
                    }
                    _ => {}
                }
                found.extend(words(member));
            }
        }
        Json::Array(items) => found.extend(items.iter().flat_map(words)),
        _ => {}
    }
    found
}
