use std::{
    io::{self, BufReader, Read},
    time::Duration,
};

use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    AnsweredBy, Case, Closing, Comparison, Event, ExchangeRecord, Milliseconds, Observed, Opening, ReadError, Redactor,
    Reporter, RunVerdict, Severity, Strength, Tally, Verdict, Writer, read,
};

fn opening() -> Opening {
    let redactor = Redactor::default();
    Opening {
        version: "0.1.0".to_owned(),
        command: redactor.text("greenlight run core --target https://localhost:8443"),
        target: redactor.text("https://localhost:8443/api/orders"),
        configuration: None,
        started: "2026-08-01T09:30:00Z".to_owned(),
        trace: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        scenarios: 2,
        planned: 3,
    }
}

fn pass() -> Case {
    let redactor = Redactor::default();
    Case {
        id: "wrong-audience".to_owned(),
        theme: "core".to_owned(),
        variant: "audience=billing,version=1".to_owned(),
        configuration: Some("strict".to_owned()),
        title: "A token for another API is refused".to_owned(),
        why: "A token that the tenant signed for another API must not open this one.".to_owned(),
        severity: Severity::Critical,
        verdict: Verdict::Pass,
        reason: None,
        expected: "unauthenticated".to_owned(),
        predicted: None,
        drift: None,
        means: None,
        fix: String::new(),
        waiver: None,
        observed: Observed {
            status: Some(401),
            answered_by: AnsweredBy::Platform,
            detail: Some(redactor.text("Bearer realm=\"localhost\"")),
        },
        compared: vec![
            Comparison {
                what: "answered by".to_owned(),
                expected: "not the app".to_owned(),
                observed: redactor.text("platform"),
                holds: true,
                strength: Strength::Must,
            },
            Comparison {
                what: "status".to_owned(),
                expected: "401".to_owned(),
                observed: redactor.text("401"),
                holds: true,
                strength: Strength::Should,
            },
        ],
        exchanges: vec![ExchangeRecord {
            request: redactor.text("GET /api/orders HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            response: redactor.bytes(b"HTTP/1.1 401 Unauthorized\r\n\r\n\x1b[31m\x00\xff\xe2\x80\xa8"),
            milliseconds: 2.1.into(),
        }],
        replay: Some(redactor.text("curl -i https://localhost:8443/api/orders")),
        cite: vec!["RFC 8725 section 3.9".to_owned()],
        duration_ms: Duration::from_micros(3_141).into(),
    }
}

fn skip() -> Case {
    Case {
        id: "valid-caller".to_owned(),
        theme: String::new(),
        variant: String::new(),
        configuration: None,
        why: String::new(),
        verdict: Verdict::Skip,
        reason: Some(Redactor::default().text("needs a token that the target trusts")),
        expected: "accepted".to_owned(),
        predicted: None,
        drift: None,
        means: None,
        fix: String::new(),
        waiver: None,
        observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
        compared: Vec::new(),
        exchanges: Vec::new(),
        replay: None,
        cite: Vec::new(),
        duration_ms: Milliseconds::default(),
        ..pass()
    }
}

fn write(cases: &[Case]) -> String {
    let mut document = Vec::new();
    let mut writer = Writer::new(&mut document);
    let mut tally = Tally::default();
    writer.event(&Event::Opened(&opening())).unwrap();
    for case in cases {
        writer.event(&Event::Started { id: &case.id, variant: &case.variant }).unwrap();
        writer.event(&Event::Finished(case)).unwrap();
        tally.finished(case);
    }
    let notes = vec!["a profile with a tenant would add 2 cases".to_owned()];
    let closing = tally.close(false, "2026-08-01T09:30:01.5Z".to_owned(), 1500.0.into(), notes);
    writer.event(&Event::Closed(&closing)).unwrap();
    drop(writer);
    String::from_utf8(document).unwrap()
}

/// Keeps what it hears.
#[derive(Default)]
struct Heard {
    opening: Option<Opening>,
    cases: Vec<Case>,
    closing: Option<Closing>,
}

impl Reporter for Heard {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => self.opening = Some((*opening).clone()),
            Event::Started { .. } => {}
            Event::Finished(case) => self.cases.push((*case).clone()),
            Event::Closed(closing) => self.closing = Some((*closing).clone()),
        }
        Ok(())
    }
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../schema/results.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_document_reads_well() {
    insta::assert_snapshot!(write(&[pass(), skip()]));
}

#[rstest]
#[case::none(&[])]
#[case::one(&[skip()])]
#[case::several(&[pass(), skip(), pass()])]
fn what_is_written_is_valid_and_reads_back_as_it_was(#[case] cases: &[Case]) {
    let document = write(cases);
    let errors: Vec<_> =
        schema().iter_errors(&serde_json::from_str(&document).unwrap()).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");

    let mut heard = Heard::default();
    read(document.as_bytes(), &mut heard).unwrap();
    assert_eq!(heard.opening, Some(opening()));
    assert_eq!(heard.cases, cases);
    assert_eq!(heard.closing.unwrap().summary.total(), cases.len());

    let mut copy = Vec::new();
    read(document.as_bytes(), &mut Writer::new(&mut copy)).unwrap();
    assert_eq!(String::from_utf8(copy).unwrap(), document);
}

#[rstest]
#[case::no_verdict("/verdict", None)]
#[case::unknown_verdict("/cases/0/verdict", Some(json!("passed")))]
#[case::another_form("/schema", Some(json!("greenlight/results/2")))]
#[case::an_unknown_member("/cases/0/duration", Some(json!(1)))]
#[case::a_pass_without_evidence("/cases/0/compared", None)]
#[case::a_skip_without_a_reason("/cases/1/reason", Some(json!(null)))]
#[case::no_id("/cases/0/id", Some(json!("")))]
#[case::a_status_as_text("/cases/0/observed/status", Some(json!("401")))]
#[case::nobody_answered("/cases/0/observed/answered_by", None)]
#[case::a_negative_duration("/cases/0/duration_ms", Some(json!(-1)))]
#[case::a_local_time("/started", Some(json!("2026-08-01T09:30:00")))]
#[case::a_summary_that_leaves_one_out("/summary/error", None)]
fn the_schema_refuses_a_broken_document(#[case] pointer: &str, #[case] replacement: Option<Value>) {
    let mut document: Value = serde_json::from_str(&write(&[pass(), skip()])).unwrap();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match replacement {
        Some(value) => parent.insert(member.to_owned(), value),
        None => parent.remove(member),
    };
    assert!(!schema().is_valid(&document));
}

#[test]
fn cases_are_written_as_they_finish() {
    let mut written = Vec::new();
    let mut writer = Writer::new(&mut written);
    writer.event(&Event::Opened(&opening())).unwrap();
    writer.event(&Event::Finished(&pass())).unwrap();
    std::mem::forget(writer);
    let kept = String::from_utf8(written).unwrap();
    assert!(kept.ends_with("\"duration_ms\": 3.141\n    }"), "{kept}");
}

#[test]
fn a_run_that_dies_leaves_a_valid_interrupted_document() {
    let mut written = Vec::new();
    let mut writer = Writer::new(&mut written);
    writer.event(&Event::Opened(&opening())).unwrap();
    writer.event(&Event::Finished(&pass())).unwrap();
    drop(writer);
    assert!(schema().is_valid(&serde_json::from_slice(&written).unwrap()));
    let mut heard = Heard::default();
    read(written.as_slice(), &mut heard).unwrap();
    let closing = heard.closing.unwrap();
    assert!(closing.interrupted);
    assert_eq!((closing.verdict, closing.summary.pass), (RunVerdict::Inconclusive, 1));
}

#[test]
fn a_writer_refuses_events_out_of_turn() {
    let mut written = Vec::new();
    let mut writer = Writer::new(&mut written);
    assert!(writer.event(&Event::Finished(&pass())).is_err());
    drop(writer);
    assert!(written.is_empty());
}

#[test]
fn a_case_is_reported_before_the_next_is_read() {
    /// Fails when it is read.
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let document = write(&[pass(), skip()]);
    let beginning = &document[..document.find("valid-caller").unwrap()];
    let mut heard = Heard::default();
    let error = read(BufReader::new(beginning.as_bytes().chain(Broken)), &mut heard).unwrap_err();
    assert!(matches!(&error, ReadError::Input(cause) if cause.to_string().contains("the disk is gone")), "{error:?}");
    assert_eq!(heard.cases, [pass()]);
}

#[test]
fn a_document_cut_anywhere_says_so() {
    let document = write(&[pass(), skip()]);
    for end in 0..document.trim_end().len() {
        let error = read(&document.as_bytes()[..end], &mut Heard::default()).unwrap_err();
        assert!(matches!(error, ReadError::CutOff { .. }), "{end}: {error:?}");
    }
}

#[test]
fn closing_members_come_in_any_order_and_unknown_ones_are_passed_over() {
    let document = write(&[pass()]);
    let verdict = "\n  \"verdict\": \"pass\",";
    let moved =
        document.replace(verdict, "").replace("\n  \"notes\"", &format!("\n  \"later\": {{}},{verdict}\n  \"notes\""));
    assert_ne!(moved, document);
    let mut heard = Heard::default();
    read(moved.as_bytes(), &mut heard).unwrap();
    assert_eq!(heard.closing.unwrap().verdict, RunVerdict::Pass);
}

#[rstest]
#[case::empty(
    "",
    "the results are cut off in line 1, after 0 whole cases: the run was killed, or the file was not copied whole"
)]
#[case::another_program(
    r#"{"version": "2.1.0", "runs": []}"#,
    "this is no result document (its first member is not `schema` at line 1 column 11): name the results.json of a `greenlight run`"
)]
#[case::no_object(
    "[1, 2]",
    "this is no result document (invalid type: sequence, expected an object whose first member is `schema` at line 1 column 1): name the results.json of a `greenlight run`"
)]
#[case::no_json(
    "<testsuites/>",
    "this is no result document (expected value at line 1 column 1): name the results.json of a `greenlight run`"
)]
#[case::another_form(
    r#"{"schema": "greenlight/results/9", "cases": []}"#,
    r#"these results are in the form "greenlight/results/9", and this greenlight reads "greenlight/results/1": use the greenlight that wrote them"#
)]
#[case::no_version(
    r#"{"schema": "greenlight/results/1", "cases": []}"#,
    "the results are damaged: missing field `version` at line 1 column 43"
)]
#[case::no_cases(
    r#"{"schema": "greenlight/results/1", "version": "1"}"#,
    "the results are damaged: there are no `cases` at line 1 column 50"
)]
fn what_is_wrong_with_a_document_is_named(#[case] document: &str, #[case] message: &str) {
    assert_eq!(read(document.as_bytes(), &mut Heard::default()).unwrap_err().to_string(), message);
}

#[rstest]
#[case::verdict("\"verdict\": \"skip\"", "\"verdict\": \"skipped\"", "unknown variant `skipped`")]
#[case::missing_id("\"id\": \"valid-caller\",", "", "missing field `id`")]
#[case::no_comma("\"id\": \"valid-caller\",", "\"id\": \"valid-caller\"", "expected `,` or `}`")]
#[case::trailing("\"duration_ms\": 1500.0\n}", "\"duration_ms\": 1500.0\n}}", "trailing characters")]
fn damage_is_placed(#[case] from: &str, #[case] to: &str, #[case] message: &str) {
    let document = write(&[pass(), skip()]);
    let damaged = document.replace(from, to);
    assert_ne!(damaged, document);
    let error = read(damaged.as_bytes(), &mut Heard::default()).unwrap_err().to_string();
    assert!(
        error.starts_with("the results are damaged") && error.contains(message) && error.contains(" at line "),
        "{error}"
    );
}

#[test]
fn a_reporter_that_cannot_write_is_told_apart_from_a_bad_document() {
    /// Cannot write.
    struct Full;
    impl Reporter for Full {
        fn event(&mut self, _: &Event<'_>) -> io::Result<()> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
    }
    let document = write(&[pass()]);
    assert!(matches!(read(document.as_bytes(), &mut Full), Err(ReadError::Output(_))));

    let mut heard = Heard::default();
    let mut full = Full;
    let mut several: Vec<&mut dyn Reporter> = vec![&mut full, &mut heard];
    assert!(several.event(&Event::Finished(&pass())).is_err());
    assert_eq!(heard.cases.len(), 1);
}

#[rstest]
#[case::nothing(&[], false, RunVerdict::Inconclusive)]
#[case::skipped_only(&[Verdict::Skip, Verdict::Recorded], false, RunVerdict::Inconclusive)]
#[case::passed(&[Verdict::Pass, Verdict::Warn, Verdict::Recorded, Verdict::Skip], false, RunVerdict::Pass)]
#[case::with_a_remark(&[Verdict::Warn], false, RunVerdict::Pass)]
#[case::stopped(&[Verdict::Pass], true, RunVerdict::Inconclusive)]
#[case::proves_nothing(&[Verdict::Pass, Verdict::Inconclusive], false, RunVerdict::Inconclusive)]
#[case::own_fault(&[Verdict::Pass, Verdict::Inconclusive, Verdict::Error], true, RunVerdict::Error)]
#[case::breach(&[Verdict::Inconclusive, Verdict::Error, Verdict::Fail], true, RunVerdict::Fail)]
fn verdicts_of_cases_make_the_verdict_of_the_run(
    #[case] verdicts: &[Verdict],
    #[case] interrupted: bool,
    #[case] expected: RunVerdict,
) {
    let mut tally = Tally::default();
    for verdict in verdicts {
        tally.finished(&Case { verdict: *verdict, ..skip() });
    }
    assert_eq!(tally.verdict(interrupted), expected);
    assert_eq!(tally.summary().total(), verdicts.len());
}

#[rstest]
#[case(f64::NAN, 0)]
#[case(-1.0, 0)]
#[case(f64::INFINITY, u64::MAX)]
#[case(0.000_4, 0)]
#[case(2.1, 2_100)]
fn durations_are_kept_to_the_microsecond(#[case] milliseconds: f64, #[case] micros: u64) {
    assert_eq!(Milliseconds::from(milliseconds).micros(), micros);
}

proptest::proptest! {
    #[test]
    fn a_duration_reads_back_as_it_was(micros in 0..1_u64 << 50) {
        let duration = Milliseconds::from(Duration::from_micros(micros));
        let text = serde_json::to_string(&duration).unwrap();
        proptest::prop_assert_eq!(serde_json::from_str::<Milliseconds>(&text).unwrap(), duration);
    }
}
