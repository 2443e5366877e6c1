//! A check, in each form in which it is told.

use std::sync::Arc;

use diagnostics::{Diagnostic, Level, Source, Span};
use insta::assert_snapshot;
use serde_json::Value;

use crate::annotations::Server;
use crate::check::{Accepted, Check, Checked, Counts, Finding, Look};
use crate::sarif;

fn source() -> Arc<Source> {
    let text =
        "{\n  \"properties\": {\n    \"näme\": { \"enabled\": false },\n    \"action\": \"AllowAnonymous\"\n  }\n}\n";
    Source::new("infra/für uns.json", text)
}

fn found(source: &Arc<Source>, rule: &'static str, level: Level, words: &str) -> Finding {
    let start = source.text.find(words).unwrap();
    let span = Span { start, end: start + words.len() };
    let diagnostic = Diagnostic::error(source, span, format!("{words} is wrong")).help("write another");
    Finding { diagnostic: Diagnostic { level, rule: Some(rule), ..diagnostic }, accepted: None }
}

fn checked(source: &Arc<Source>, name: &str, findings: Vec<Finding>) -> Checked {
    let kind = "authsettingsV2".to_owned();
    Checked { file: source.name.clone(), name: name.to_owned(), kind, begins: (1, 1), findings }
}

fn check(configurations: Vec<Checked>) -> Check<'static> {
    Check {
        version: "0.1.0".to_owned(),
        folder: "service".to_owned(),
        configurations,
        predict: None,
        problems: Vec::new(),
    }
}

/// Everything that there can be: findings of every level, an accepted one, a problem with a place and one without, a calm configuration.
fn full() -> Check<'static> {
    let source = source();
    let accepted = Accepted { reason: "a demonstration".to_owned(), until: "2027-01-31".to_owned() };
    let findings = vec![
        found(&source, "L-NOTE", Level::Note, "näme"),
        found(&source, "L-WARNING", Level::Warning, "enabled"),
        found(&source, "L-ERROR", Level::Error, "\"AllowAnonymous\""),
        Finding { accepted: Some(accepted), ..found(&source, "L-ERROR", Level::Error, "false") },
    ];
    let calm = Source::new("/elsewhere/calm.json", "{}");
    let gone =
        Diagnostic { span: None, ..Diagnostic::error(&Source::new("gone.json", ""), Span::default(), "not there") };
    let doubt = Diagnostic::warning(&calm, Span { start: 0, end: 1 }, "doubtful").help("look at it");
    let problems = vec![gone, doubt];
    let configurations = vec![checked(&source, "func-orders/staging", findings), checked(&calm, "", Vec::new())];
    Check { problems, ..check(configurations) }
}

fn rules() -> Vec<sarif::Rule> {
    let rule = |id: &str, level| sarif::Rule {
        id: id.to_owned(),
        title: format!("about {id}"),
        description: "Because.".to_owned(),
        help: "Write another.".to_owned(),
        level,
        tags: vec!["security".to_owned()],
        security_severity: (level == Level::Error).then_some("8.0"),
    };
    vec![rule("L-ERROR", Level::Error), rule("L-WARNING", Level::Warning), rule("L-NOTE", Level::Note)]
}

#[track_caller]
pub(super) fn valid(schema: &str, document: &str) -> Value {
    let schema: Value = serde_json::from_str(schema).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let document = serde_json::from_str(document).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    document
}

fn valid_sarif(check: &Check<'_>) -> Value {
    valid(include_str!("../../schema/sarif.subset.json"), &check.sarif(rules()))
}

#[test]
fn a_person_reads_the_gravest_first() {
    assert_snapshot!(full().console(Look::default()));
}

#[test]
fn a_quiet_person_reads_findings_only() {
    let told = full().console(Look { quiet: true, ..Look::default() });
    assert!(told.contains("error[L-ERROR]") && !told.contains("suppressed") && !told.contains("nothing"), "{told}");
    assert_eq!(check(vec![checked(&source(), "", Vec::new())]).console(Look { quiet: true, ..Look::default() }), "");
}

#[test]
fn a_calm_check_says_what_was_read() {
    let calm = check(vec![checked(&source(), "func-orders", Vec::new())]);
    assert_snapshot!(calm.console(Look::default()), @"infra/für uns.json: authsettingsV2 of func-orders: nothing to complain about");
    let nothing_read = check(Vec::new());
    assert_eq!(nothing_read.console(Look::default()), "");
}

#[test]
fn very_many_findings_stay_readable() {
    let source = source();
    let many = |name: &str, level| {
        let rules = ["L-ONE", "L-TWO"].into_iter().cycle();
        checked(&source, name, rules.take(60).map(|rule| found(&source, rule, level, "enabled")).collect())
    };
    let mut configurations = vec![many("notes", Level::Note), many("errors", Level::Error)];
    configurations.extend((0..30).map(|number| checked(&source, &format!("calm-{number}"), Vec::new())));
    let told = check(configurations).console(Look::default());
    assert_eq!(told.matches("error[L-").count(), 50, "{told}");
    assert_eq!(told.matches("note[L-").count(), 0);
    assert!(told.contains("60 more, in full with `--format json`: L-ONE 30, L-TWO 30\n"), "{told}");
    assert!(told.contains("10 more, in full with `--format json`: L-ONE 5, L-TWO 5\n"), "{told}");
    assert!(told.contains("and 10 more configurations: nothing to complain about\n"), "{told}");
}

#[test]
fn names_from_outside_drive_no_terminal() {
    let source = Source::new("x\u{1b}[31m.json", "{}");
    let told = check(vec![checked(&source, "a\nb", Vec::new())]).console(Look::default());
    assert_eq!(told, "x\\u{1b}[31m.json: authsettingsV2 of a\\nb: nothing to complain about\n");
}

#[test]
fn a_program_reads_everything() {
    let told = full().json();
    let document = valid(include_str!("../../schema/check.schema.json"), &told);
    assert_eq!(document["findings"][3]["suppressed"]["until"], "2027-01-31");
    assert_eq!(full().counts(), Counts { errors: 1, warnings: 1, notes: 1, suppressed: 1 });
    assert_snapshot!(told);
}

#[test]
fn code_scanning_reads_everything() {
    let document = valid_sarif(&full());
    let run = &document["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    assert_snapshot!(full().sarif(rules()));
}

/// What tells one result from another in code scanning, and must stay when lines move.
#[test]
fn a_result_is_known_again_when_lines_move() {
    let prints = |text: &str, words: &[&str]| -> Vec<Value> {
        let source = Source::new("x.json", text);
        let findings = words.iter().map(|words| found(&source, "L-ERROR", Level::Error, words)).collect();
        let document = valid_sarif(&check(vec![checked(&source, "", findings)]));
        let results = document["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"]["primaryLocationLineHash"].clone()).collect()
    };
    let before = prints("{ \"a\": 1, \"b\": 2 }", &["\"a\"", "\"b\"", "\"b\""]);
    assert_eq!(before, prints("{\n\n \"b\": 2, \"a\": 1 }", &["\"a\"", "\"b\"", "\"b\""]));
    assert_ne!(before[0], before[1]);
    assert_ne!(before[1], before[2]);
    assert_ne!(before[0], prints("{ \"a\": 1 }", &["a"])[0]);
}

#[test]
fn a_server_annotates_what_is_not_accepted() {
    assert_snapshot!(full().annotations(Server::GitHub), @"
    ::error file=service/gone.json::not there
    ::error file=service/infra/für uns.json,line=4,col=15,title=L-ERROR::\"AllowAnonymous\" is wrong; write another
    ::warning file=/elsewhere/calm.json,line=1,col=1::doubtful; look at it
    ::warning file=service/infra/für uns.json,line=3,col=16,title=L-WARNING::enabled is wrong; write another
    ::notice file=service/infra/für uns.json,line=3,col=6,title=L-NOTE::näme is wrong; write another
    ");
}
