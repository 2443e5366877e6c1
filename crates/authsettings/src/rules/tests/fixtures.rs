//! Each rule tells bad settings from good ones, in files as people have them: they go through the readers, as a user's do.

use std::fs;
use std::path::Path;

use diagnostics::{Diagnostic, Level, Source, render};
use rstest::rstest;

use super::{Expected, RULES};
use crate::rules::{Subject, lint};
use crate::{Reading, configurations};

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

/// Rules whose bad settings cannot but have another error: half of the settings, and nobody asked for a token.
const WITH_OTHER_ERRORS: [&str; 2] = ["L-PUT", "L-ANON-NOAUTH"];

#[test]
fn every_rule_tells_bad_settings_from_good_ones() {
    for rule in RULES {
        let [bad, good] = ["bad", "good"].map(|kind| found_in(rule.id, &text(rule.id, kind)));
        let fires = |found: &[Diagnostic]| found.iter().any(|one| one.rule == Some(rule.id));
        let errors = |found: &[Diagnostic]| -> Vec<_> {
            let errors = found.iter().filter(|one| one.level == Level::Error);
            errors.filter_map(|one| one.rule).filter(|id| *id != rule.id).collect()
        };
        assert!(fires(&bad), "{} passes over its bad settings", rule.id);
        assert!(!fires(&good), "{} fires at its good settings:\n{}", rule.id, render(&good, false));
        let of_bad = if WITH_OTHER_ERRORS.contains(&rule.id) { Vec::new() } else { errors(&bad) };
        assert_eq!((of_bad, errors(&good)), (vec![], vec![]), "other errors of {}, bad and good", rule.id);
    }
}

#[rstest]
#[case::script("L-SWAP", "--action preview")]
#[case::policy("L-KEYS", "func-orders-key")]
#[case::secret("L-SECRET", "an-example-and-not-a-secret")]
fn what_may_hold_a_secret_is_not_shown(#[case] rule: &str, #[case] secret: &str) {
    let file = text(rule, "bad");
    // A file that is one line, as `terraform show -json` prints it: every finding shows what stands beside it.
    let line: String = file.lines().map(str::trim).collect();
    for text in [file, line] {
        assert!(text.contains(secret));
        let told = render(&found_in(rule, &text), false);
        assert!(told.contains(rule) && !told.contains(secret), "{told}");
    }
}

fn text(rule: &str, kind: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../fixtures/rules/{rule}.{kind}.json"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What all rules find in a file.
fn found_in(rule: &str, text: &str) -> Vec<Diagnostic> {
    let Reading { configurations: all, diagnostics } = configurations(&Source::new(rule, text));
    assert!(diagnostics.iter().all(|one| one.level > Level::Error), "{rule}: {}", render(&diagnostics, false));
    let expected = expected_of(rule);
    all.iter().flat_map(|configuration| lint(&Subject { configuration, all: &all, expected: &expected })).collect()
}
