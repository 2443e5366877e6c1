//! Runs to report on.

use std::io;

use results::{
    AnsweredBy, Case, Comparison, Event, ExchangeRecord, Milliseconds, Observed, Opening, Redacted, Redactor, Reporter,
    Severity, Strength, Tally, Verdict, Writer,
};

use crate::{Format, render};

pub(super) fn text(text: &str) -> Redacted {
    Redactor::default().text(text)
}

pub(super) fn opening(planned: usize) -> Opening {
    Opening {
        version: "0.1.0".to_owned(),
        command: text("greenlight run --target https://localhost:8443/api/orders"),
        target: text("https://localhost:8443/api/orders"),
        configuration: Some("fixtures/authsettings.json".to_owned()),
        started: "2026-08-01T09:30:00Z".to_owned(),
        trace: None,
        scenarios: planned,
        planned,
    }
}

pub(super) fn case(id: &str, verdict: Verdict, reason: Option<&str>) -> Case {
    Case {
        id: id.to_owned(),
        theme: "core".to_owned(),
        variant: String::new(),
        configuration: None,
        title: "A valid caller gets in".to_owned(),
        why: "Whoever is refused here cannot work.".to_owned(),
        severity: Severity::High,
        verdict,
        reason: reason.map(text),
        expected: "accepted".to_owned(),
        predicted: None,
        drift: None,
        means: None,
        fix: String::new(),
        waiver: None,
        observed: Observed { status: Some(200), answered_by: AnsweredBy::App, detail: None },
        compared: vec![comparison("status", "200", "200", true, Strength::Must)],
        exchanges: Vec::new(),
        replay: None,
        cite: Vec::new(),
        duration_ms: 4.2.into(),
    }
}

fn comparison(what: &str, expected: &str, observed: &str, holds: bool, strength: Strength) -> Comparison {
    Comparison { what: what.to_owned(), expected: expected.to_owned(), observed: text(observed), holds, strength }
}

pub(super) fn breach() -> Case {
    Case {
        variant: "audience=billing,version=2".to_owned(),
        title: "A token for another API is refused".to_owned(),
        why: "A token that the tenant signed for another API must not open this one.".to_owned(),
        severity: Severity::Critical,
        expected: "unauthenticated".to_owned(),
        compared: vec![
            comparison("answered by", "not the app", "app", false, Strength::Must),
            comparison("status", "401", "200", false, Strength::Should),
            comparison("header content-type", "any", "application/json", true, Strength::Should),
        ],
        exchanges: vec![ExchangeRecord {
            request: text(
                "GET /api/orders HTTP/1.1\r\nHost: localhost:8443\r\nAuthorization: Bearer e30.e30.c2lnbmF0dXJl\r\n\r\n",
            ),
            response: text("HTTP/1.1 200 OK\r\nx-function: orders\r\n\r\n{\n\t\"function\": \"orders\"\n}\n"),
            milliseconds: 2.9.into(),
        }],
        replay: Some(text("curl -i -H \"Authorization: Bearer $TOKEN\" https://localhost:8443/api/orders")),
        cite: vec!["RFC 8725 section 3.9".to_owned(), "authsettingsV2 validation.allowedAudiences".to_owned()],
        duration_ms: 3.4.into(),
        ..case("wrong-audience", Verdict::Fail, Some("the function answered a caller that it must not see"))
    }
}

/// A case of every verdict.
pub(super) fn every_verdict() -> Vec<Case> {
    let refused = Observed { status: Some(401), answered_by: AnsweredBy::Platform, detail: Some(text("Bearer")) };
    vec![
        case("valid-caller", Verdict::Pass, None),
        breach(),
        Case {
            compared: vec![
                comparison("answered by", "not the app", "platform", true, Strength::Must),
                comparison("header www-authenticate", "Bearer", "nothing", false, Strength::Should),
            ],
            observed: refused.clone(),
            ..case("missing-header", Verdict::Warn, Some("the challenge is missing"))
        },
        Case {
            configuration: Some("strict".to_owned()),
            observed: refused.clone(),
            ..case("other-version", Verdict::Recorded, Some("whether this is accepted is the configuration's business"))
        },
        Case {
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            compared: Vec::new(),
            duration_ms: Milliseconds::default(),
            ..case("other-tenant", Verdict::Skip, Some("needs a token that the target trusts"))
        },
        Case {
            theme: String::new(),
            observed: refused,
            ..case("bad-signature", Verdict::Inconclusive, Some("no valid caller got in, so a refusal proves nothing"))
        },
        Case {
            observed: Observed {
                status: None,
                answered_by: AnsweredBy::Network,
                detail: Some(text("connection to 127.0.0.1:8443 was reset")),
            },
            duration_ms: 12_345.6.into(),
            ..case("expired", Verdict::Error, Some("the answer broke off"))
        },
    ]
}

/// A case each of whose texts tries to drive a terminal, to leave its XML element, or is no text.
pub(super) fn hostile() -> Case {
    let nasty = "\x1b[31m\x07]]></failure><!-- & \u{9b}2J\0\u{202e}\u{ffff}\r\n\"'";
    let redactor = Redactor::default();
    let bytes = redactor.bytes(b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x1b]0;title\x07]]>\x00\x08\xc3\x28\xed\xa0\x80");
    Case {
        theme: nasty.to_owned(),
        variant: nasty.to_owned(),
        configuration: Some(nasty.to_owned()),
        title: nasty.to_owned(),
        why: nasty.to_owned(),
        expected: nasty.to_owned(),
        observed: Observed { status: Some(200), answered_by: AnsweredBy::App, detail: Some(bytes.clone()) },
        compared: vec![comparison(nasty, nasty, nasty, false, Strength::Must)],
        exchanges: vec![ExchangeRecord { request: text(nasty), response: bytes, milliseconds: 1.0.into() }],
        replay: Some(text(nasty)),
        cite: vec![nasty.to_owned()],
        ..case(nasty, Verdict::Fail, Some(nasty))
    }
}

/// Plays cases to a reporter as a run of its own.
pub(super) fn play(cases: &[Case], interrupted: bool, reporter: &mut dyn Reporter) -> io::Result<()> {
    let planned = cases.len() + usize::from(interrupted);
    reporter.event(&Event::Opened(&opening(planned)))?;
    let mut tally = Tally::default();
    for case in cases {
        reporter.event(&Event::Started { id: &case.id, variant: &case.variant })?;
        reporter.event(&Event::Finished(case))?;
        tally.finished(case);
    }
    let notes = vec!["a profile with a tenant, an audience and callers would add 12 cases".to_owned()];
    reporter.event(&Event::Closed(&tally.close(interrupted, "2026-08-01T09:30:02Z".to_owned(), 1_540.0.into(), notes)))
}

/// The document of a run.
pub(super) fn document(cases: &[Case], interrupted: bool) -> Vec<u8> {
    let mut document = Vec::new();
    play(cases, interrupted, &mut Writer::new(&mut document)).unwrap();
    document
}

/// A report made from a document.
pub(super) fn report(format: Format, document: &[u8]) -> String {
    let mut report = Vec::new();
    render(format, document, &mut report).unwrap();
    String::from_utf8(report).unwrap()
}
