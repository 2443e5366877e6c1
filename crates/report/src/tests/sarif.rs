use results::{Case, Verdict, Waiver};
use serde_json::Value;

use super::check::valid;
use super::html::full;
use super::run::{breach, case, document, hostile, opening, report};
use crate::{Format, sarif};
use results::{Event, Milliseconds, Reporter, Tally};

fn sarif(cases: &[Case], interrupted: bool) -> Value {
    valid(include_str!("../../schema/sarif.subset.json"), &report(Format::Sarif, &document(cases, interrupted)))
}

#[test]
fn code_scanning_reads_what_failed() {
    sarif(&full(), false);
    insta::assert_snapshot!(report(Format::Sarif, &document(&full(), false)));
}

#[test]
fn a_result_points_to_the_settings_or_to_the_scenario() {
    let uri = |document: &Value| {
        document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    assert_eq!(uri(&sarif(&[breach()], false)), "fixtures/authsettings.json");
    let configured = Case { configuration: Some("infra\\für uns.json".to_owned()), ..breach() };
    assert_eq!(uri(&sarif(&[configured], false)), "infra/f%C3%BCr%20uns.json");

    let mut text = Vec::new();
    let mut reporter = sarif::Run::new(&mut text);
    let mut opening = opening(1);
    opening.configuration = None;
    reporter.event(&Event::Opened(&opening)).unwrap();
    reporter.event(&Event::Finished(&breach())).unwrap();
    let closing = Tally::default().close(false, String::new(), Milliseconds::default(), Vec::new());
    reporter.event(&Event::Closed(&closing)).unwrap();
    drop(reporter);
    assert_eq!(uri(&serde_json::from_slice(&text).unwrap()), "scenarios/core/wrong-audience.yaml");
}

#[test]
fn what_is_waived_is_suppressed() {
    let waiver = Waiver { owner: "ops".to_owned(), until: "2027-01-31".to_owned(), reason: "known".to_owned() };
    let waived = Case { waiver: Some(waiver), verdict: Verdict::Warn, ..breach() };
    let warned = case("warned", Verdict::Warn, Some("why"));
    let document = sarif(&[waived, warned], false);
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["suppressions"][0]["justification"], "known (by ops, until 2027-01-31)");
}

#[test]
fn a_run_that_is_not_complete_says_so() {
    let notifications = |document: &Value| document["runs"][0]["invocations"][0]["toolExecutionNotifications"].clone();
    assert_eq!(notifications(&sarif(&[case("a", Verdict::Pass, None)], false)), serde_json::json!([]));
    let interrupted = notifications(&sarif(&[breach()], true));
    assert_eq!(interrupted[0]["message"]["text"], "1 of 1 case failed; interrupted after 1 of 2 cases");
}

#[test]
fn nothing_from_outside_hides_in_it() {
    let text = report(Format::Sarif, &document(&[hostile()], false));
    assert!(!text.contains('\u{202e}'), "{text}");
    sarif(&[hostile()], false);
}
