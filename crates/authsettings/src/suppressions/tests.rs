//! Lists of suppressions as people write them, on the days on which they are read.

use std::sync::Arc;

use diagnostics::{Diagnostic, Level, Problems, Source, Span, parse, render};
use insta::assert_snapshot;
use rstest::rstest;
use time::Date;

use super::Suppressions;
use crate::{Configuration, configurations};

const TEXT: &str = "- { rule: L-ANON, reason: a demonstration, until: 2027-01-31 }\n";

fn read(text: &str) -> Suppressions {
    let (suppressions, diagnostics) = Suppressions::read(&Source::new("infra/suppressions.yaml", text));
    assert_eq!(diagnostics, []);
    suppressions
}

fn configuration(file: &str, name: &str) -> Configuration {
    let reading = configurations(&Source::new(file, "{ \"platform\": { \"enabled\": true } }"));
    let found = reading.configurations.into_iter().next().unwrap();
    Configuration { name: name.to_owned(), ..found }
}

fn finding(configuration: &Configuration, rule: &'static str) -> Diagnostic {
    let found = Diagnostic::error(&Arc::clone(&configuration.source), Span::default(), "something");
    Diagnostic { rule: Some(rule), ..found }
}

fn day(text: &str) -> Date {
    let source = Source::new("day.yaml", text);
    Problems::new(&source).date(&parse(&source).unwrap()).unwrap()
}

#[rstest]
#[case::the_day_before("2027-01-30", true)]
#[case::the_last_day("2027-01-31", true)]
#[case::the_day_after("2027-02-01", false)]
fn it_holds_through_its_last_day(#[case] today: &str, #[case] holds: bool) {
    let (suppressions, configuration) = (read(TEXT), configuration("x.json", ""));
    let found = [finding(&configuration, "L-ANON")];
    assert_eq!(suppressions.covering(&configuration, &found[0], day(today)).is_some(), holds);
    let doubts = suppressions.doubts(&[(&configuration, &found)], day(today));
    assert_eq!(doubts.is_empty(), holds);
}

#[rstest]
#[case::anywhere("", "infra/x.json", "func-orders", true)]
#[case::in_its_file("file: x.json,", "infra/x.json", "", true)]
#[case::by_a_detour("file: ./deep/../x.json,", "./infra/x.json", "", true)]
#[case::in_another_file("file: x.json,", "infra/y.json", "", false)]
#[case::in_another_folder("file: x.json,", "x.json", "", false)]
#[case::of_its_name("configuration: func-orders,", "x.json", "func-orders", true)]
#[case::of_its_slot("configuration: func-orders,", "x.json", "func-orders/staging", false)]
#[case::of_its_name_in_another_file("file: x.json, configuration: func-orders,", "y.json", "func-orders", false)]
fn it_covers_what_it_names(#[case] bound: &str, #[case] file: &str, #[case] name: &str, #[case] covers: bool) {
    let suppressions = read(&format!("- {{ rule: L-ANON, {bound} reason: a demonstration, until: 2027-01-31 }}"));
    let configuration = configuration(file, name);
    let covering = |rule| suppressions.covering(&configuration, &finding(&configuration, rule), day("2026-12-01"));
    assert_eq!(covering("L-ANON").is_some(), covers);
    assert_eq!(covering("L-DISABLED"), None);
    // What was not checked is not held against it.
    let doubts = suppressions.doubts(&[(&configuration, &[])], day("2026-12-01"));
    assert_eq!(doubts.len(), usize::from(covers));
}

#[test]
fn what_has_run_out_and_what_covers_nothing_is_told() {
    let suppressions = read(concat!(
        "- { rule: L-ANON, reason: a demonstration, until: 2026-06-30 }\n",
        "- { rule: L-DISABLED, reason: a demonstration, until: 2027-06-30 }\n",
        "- { rule: L-DISABLED, configuration: elsewhere, reason: another one, until: 2026-06-30 }\n",
    ));
    let configuration = configuration("x.json", "func-orders");
    let found = [finding(&configuration, "L-ANON")];
    let doubts = suppressions.doubts(&[(&configuration, &found)], day("2026-12-01"));
    assert!(doubts.iter().all(|one| (one.level, one.rule) == (Level::Warning, None)));
    assert_snapshot!(render(&doubts, false));
}

#[test]
fn every_mistake_is_told_and_leaves_the_others() {
    let text = "\
- { rule: L-ANON, reason: a demonstration, until: 2027-01-31 }
- { rule: L-ANNON, reason: a demonstration, until: 2027-01-31 }
- { rule: teapot, reason: \" \", until: 31.01.2027 }
- { rule: L-ANON, reason: a demonstration, until: 2027-02-29, files: x.json }
- { rule: L-ANON, reason: a demonstration, until: 2027-02-28, filee: x.json }
- { rule: L-ANON, reason: a demonstration, until: 2027-02-28, file: 7 }
- { rule: L-ANON }
- L-ANON
";
    let (suppressions, diagnostics) = Suppressions::read(&Source::new("suppressions.yaml", text));
    assert_eq!(suppressions.entries.len(), 1);
    assert_snapshot!(render(&diagnostics, false));
}
