//! SARIF 2.1.0, as GitHub code scanning and Azure DevOps take it.
//!
//! Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub, "SARIF support for code scanning". The
//! input is plain: whoever has rules, and things found in files, can be told in this form.

mod run;

use std::collections::BTreeMap;

use diagnostics::Level;
use serde_json::{Value, json};

use crate::Place;

pub use run::Run;

/// What one run of the program found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Version of the program.
    pub version: String,
    /// Every rule that was looked for, whether it fired or not.
    pub rules: Vec<Rule>,
    /// What was found.
    pub results: Vec<Found>,
    /// What kept the program from looking everywhere.
    pub notifications: Vec<Notification>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id, the same in every run.
    pub id: String,
    /// What is wrong, in one line.
    pub title: String,
    /// Why that matters.
    pub description: String,
    /// What to do about it, in Markdown that reads well as plain text too.
    pub help: String,
    /// How grave it is.
    pub level: Level,
    /// Words to filter by.
    pub tags: Vec<String>,
    /// How grave it is for security, from 0.1 to 10.0, where it is about security.
    pub security_severity: Option<&'static str>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The id of the rule.
    pub rule: String,
    /// How grave it is here.
    pub level: Level,
    /// What is wrong here and what would be right.
    pub message: String,
    /// The file, as a URI; relative to the root of the repository where it is within it.
    pub uri: String,
    /// Where in it; none where it is the file as a whole.
    pub place: Option<Place>,
    /// What has it, by a name other than the file's; may be empty.
    pub subject: String,
    /// What stays of it when the lines around it change: the words at fault.
    pub words: String,
    /// Why it is accepted, where it is.
    pub accepted: Option<String>,
}

/// Something that kept the program from looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// How grave it is: after an error the run was not complete.
    pub level: Level,
    /// What happened.
    pub message: String,
    /// The file, as a URI; empty where it is about none.
    pub uri: String,
    /// Where in it.
    pub place: Option<Place>,
}

/// The document, with a line end behind it.
pub fn document(log: &Log) -> String {
    let mut prints = Fingerprints::default();
    let results: Vec<Value> = log.results.iter().map(|found| result(found, &log.rules, &mut prints)).collect();
    let successful = log.notifications.iter().all(|one| one.level != Level::Error);
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "greenlight",
                "semanticVersion": log.version,
                "rules": log.rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": successful,
                "toolExecutionNotifications": log.notifications.iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(rule: &Rule) -> Value {
    let mut properties = json!({ "tags": rule.tags });
    if let Some(severity) = rule.security_severity {
        properties["security-severity"] = severity.into();
    }
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.description },
        "help": { "text": rule.help, "markdown": rule.help },
        "defaultConfiguration": { "level": rule.level.word() },
        "properties": properties,
    })
}

fn result(found: &Found, rules: &[Rule], prints: &mut Fingerprints) -> Value {
    let mut location = location(&found.uri, found.place);
    if !found.subject.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": found.subject }]);
    }
    let mut result = json!({
        "ruleId": found.rule,
        "level": found.level.word(),
        "message": { "text": found.message },
        "locations": [location],
        "partialFingerprints": { "primaryLocationLineHash": prints.of(found) },
    });
    if let Some(index) = rules.iter().position(|rule| rule.id == found.rule) {
        result["ruleIndex"] = index.into();
    }
    if let Some(reason) = &found.accepted {
        result["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
    }
    result
}

fn notification(notification: &Notification) -> Value {
    let mut told = json!({ "level": notification.level.word(), "message": { "text": notification.message } });
    if !notification.uri.is_empty() {
        told["locations"] = json!([location(&notification.uri, notification.place)]);
    }
    told
}

fn location(uri: &str, place: Option<Place>) -> Value {
    let mut artifact = json!({ "uri": uri });
    if !uri.contains("://") {
        artifact["uriBaseId"] = "%SRCROOT%".into();
    }
    let mut physical = json!({ "artifactLocation": artifact });
    if let Some(Place { line, column, end_line, end_column }) = place {
        physical["region"] =
            json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column });
    }
    json!({ "physicalLocation": physical })
}

/// By which a result is known again in the next run. Results that nothing tells apart are counted.
#[derive(Default)]
struct Fingerprints(BTreeMap<u64, usize>);

impl Fingerprints {
    fn of(&mut self, found: &Found) -> String {
        let hash = fnv([&found.rule, &found.uri, &found.subject, &found.words]);
        let number = self.0.entry(hash).or_default();
        *number += 1;
        format!("{hash:016x}:{number}")
    }
}

/// FNV-1a of 64 bits (IETF draft-eastlake-fnv): the same on every machine and in every version, which the standard library's is not.
fn fnv<'a>(texts: impl IntoIterator<Item = &'a String>) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
