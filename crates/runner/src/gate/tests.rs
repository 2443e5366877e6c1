use results::{ExchangeRecord, Predicted};
use rstest::rstest;

use super::*;

/// Keeps what it is told.
#[derive(Default)]
struct Heard {
    cases: Vec<Case>,
    closing: Option<Closing>,
}

impl Reporter for &mut Heard {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Finished(case) => self.cases.push((*case).clone()),
            Event::Closed(closing) => self.closing = Some((*closing).clone()),
            Event::Opened(_) | Event::Started { .. } => {}
        }
        Ok(())
    }
}

fn case(id: &str, verdict: Verdict) -> Case {
    Case {
        id: id.to_owned(),
        theme: "core".to_owned(),
        variant: String::new(),
        configuration: None,
        title: "Something is claimed".to_owned(),
        why: String::new(),
        severity: Severity::High,
        verdict,
        reason: (verdict != Verdict::Pass).then(|| Redactor::default().text("as it came")),
        means: None,
        expected: "unauthenticated".to_owned(),
        predicted: None,
        observed: Observed { status: Some(401), answered_by: AnsweredBy::Platform, detail: None },
        drift: None,
        compared: Vec::new(),
        exchanges: Vec::new(),
        replay: None,
        fix: format!("mend {id}"),
        waiver: None,
        cite: Vec::new(),
        duration_ms: Milliseconds::default(),
    }
}

fn waiver(case: &str, until: &str) -> Waived {
    let (owner, reason) = ("ann@example.net".to_owned(), "it is known".to_owned());
    Waived { case: case.to_owned(), waiver: results::Waiver { owner, until: until.to_owned(), reason } }
}

fn demands(required: &[&str], waivers: &[Waived]) -> Demands {
    let required = required.iter().map(|name| (*name).to_owned()).collect();
    Demands { required, waivers: waivers.to_vec(), compares: false, in_force: None, today: "2026-08-01".to_owned() }
}

/// Plays cases past a gate.
fn decided(demands: Demands, cases: &[Case]) -> (Decision, Heard) {
    let mut heard = Heard::default();
    let mut gate = Gate::new(demands, &mut heard);
    let mut tally = Tally::default();
    for case in cases {
        tally.finished(case);
        gate.event(&Event::Finished(case)).unwrap();
    }
    let closing = tally.close(false, "2026-08-01T09:30:02Z".to_owned(), 1.0.into(), Vec::new());
    gate.event(&Event::Closed(&closing)).unwrap();
    let decision = gate.decision().cloned().unwrap();
    (decision, heard)
}

#[rstest]
#[case::all_held(&[Verdict::Pass, Verdict::Pass], Go::Go)]
#[case::a_remark(&[Verdict::Pass, Verdict::Warn], Go::Go)]
#[case::nobody_knows(&[Verdict::Pass, Verdict::Pass, Verdict::Recorded], Go::Go)]
#[case::another_was_skipped(&[Verdict::Pass, Verdict::Pass, Verdict::Skip], Go::Go)]
#[case::required_failed(&[Verdict::Fail, Verdict::Pass], Go::NoGo)]
#[case::another_failed(&[Verdict::Pass, Verdict::Pass, Verdict::Fail], Go::NoGo)]
#[case::failed_and_skipped(&[Verdict::Skip, Verdict::Fail], Go::NoGo)]
#[case::required_was_skipped(&[Verdict::Pass, Verdict::Skip], Go::Inconclusive)]
#[case::required_proved_nothing(&[Verdict::Pass, Verdict::Inconclusive], Go::Inconclusive)]
#[case::another_proved_nothing(&[Verdict::Pass, Verdict::Pass, Verdict::Inconclusive], Go::Inconclusive)]
#[case::a_fault_here(&[Verdict::Pass, Verdict::Pass, Verdict::Error], Go::Inconclusive)]
#[case::required_was_not_there(&[Verdict::Pass], Go::Inconclusive)]
#[case::nothing_was_played(&[], Go::Inconclusive)]
fn it_opens_only_where_everything_required_is_proven(#[case] verdicts: &[Verdict], #[case] word: Go) {
    let ids = ["valid-caller", "unlisted-caller", "another"];
    let cases: Vec<Case> = ids.into_iter().zip(verdicts).map(|(id, verdict)| case(id, *verdict)).collect();
    let (decision, heard) = decided(demands(&["valid-caller", "unlisted-caller"], &[]), &cases);
    assert_eq!(decision.word, word, "{decision:?}");
    assert_eq!(heard.closing.unwrap().decision, Some(decision));
}

#[rstest]
#[case::in_time("2026-08-01", Go::Go, Verdict::Warn)]
#[case::out_of_time("2026-07-31", Go::NoGo, Verdict::Fail)]
fn a_waiver_counts_through_its_last_day(#[case] until: &str, #[case] word: Go, #[case] verdict: Verdict) {
    let waivers = [waiver("who-refused", until), waiver("never-needed", "2027-01-31")];
    let cases = [case("valid-caller", Verdict::Pass), case("who-refused", Verdict::Fail)];
    let (decision, heard) = decided(demands(&["valid-caller"], &waivers), &cases);
    let closing = heard.closing.unwrap();
    assert_eq!(
        (decision.word, heard.cases[1].verdict, closing.summary.fail),
        (word, verdict, usize::from(word != Go::Go))
    );
    assert_eq!(heard.cases[1].waiver.is_some(), word == Go::Go);
    let told = closing.notes.join("\n");
    assert!(told.contains("the waiver of `never-needed` waived nothing"), "{told}");
    assert_eq!(told.contains("ended on 2026-07-31"), word == Go::NoGo, "{told}");
}

#[test]
fn what_is_wrong_with_the_door_is_told_before_what_follows_from_it() {
    let control = Case { expected: "accepted".to_owned(), ..case("valid-caller", Verdict::Fail) };
    let critical = Case { severity: Severity::Critical, ..case("key-alone", Verdict::Fail) };
    let cases = [case("a", Verdict::Fail), critical, control, case("a", Verdict::Fail)];
    let (decision, _) = decided(demands(&[], &[]), &cases);
    assert_eq!(decision.why.as_str(), "`valid-caller`: as it came; 3 more cases failed");
    let remedies: Vec<&str> = decision.remedies.iter().map(Redacted::as_str).collect();
    assert_eq!(remedies, ["mend valid-caller"], "what follows from it is not mended by itself");
    let cases = [case("a", Verdict::Fail), Case { severity: Severity::Critical, ..case("key-alone", Verdict::Fail) }];
    let (decision, _) = decided(demands(&[], &[]), &cases);
    let remedies: Vec<&str> = decision.remedies.iter().map(Redacted::as_str).collect();
    assert_eq!(remedies, ["mend key-alone", "mend a"]);
}

#[rstest]
#[case::no_token(500, AnsweredBy::Unknown, "appRoleAssignmentRequired")]
#[case::other_audience(401, AnsweredBy::Platform, "resource")]
#[case::no_key(401, AnsweredBy::Gateway, "subscription-key")]
#[case::not_listed(403, AnsweredBy::Platform, "allowedApplications")]
#[case::no_such_path(404, AnsweredBy::Unknown, ";rev=N")]
#[case::no_backend(502, AnsweredBy::Gateway, "set-backend-service")]
#[case::anything_else(418, AnsweredBy::Unknown, "mend gateway-lets-in")]
fn what_the_gateway_answers_tells_causes_apart(
    #[case] status: u16,
    #[case] answered_by: AnsweredBy,
    #[case] named: &str,
) {
    let observed = Observed { status: Some(status), answered_by, detail: None };
    let failed = Case { observed, ..case("gateway-lets-in", Verdict::Fail) };
    assert!(remedy::of(&failed).contains(named), "{}", remedy::of(&failed));
}

#[rstest]
#[case::alike("{\"a\":1,\"b\":{}}", "{\"b\":2,\"a\":null}", Verdict::Pass)]
#[case::a_name_is_missing("{\"a\":1}", "{\"a\":1,\"b\":2}", Verdict::Warn)]
#[case::another_kind("{\"a\":1}", "plain text", Verdict::Warn)]
#[case::both_empty("", "", Verdict::Pass)]
fn good_answers_are_held_against_each_other(#[case] new: &str, #[case] previous: &str, #[case] verdict: Verdict) {
    let redactor = Redactor::default();
    let good = |id: &str, body: &str| {
        let response = redactor.text(&format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{body}"));
        let exchange = ExchangeRecord { request: redactor.text("GET / HTTP/1.1"), response, milliseconds: 1.0.into() };
        Case { expected: "accepted".to_owned(), exchanges: vec![exchange], ..case(id, Verdict::Pass) }
    };
    let cases = [good("valid-caller", new), good("previous-lets-in", previous)];
    let (decision, heard) = decided(Demands { compares: true, ..demands(&[], &[]) }, &cases);
    let alike = heard.cases.last().unwrap();
    assert_eq!((alike.id.as_str(), alike.verdict, decision.word), ("answers-alike", verdict, Go::Go));
}

#[rstest]
#[case::as_foretold(None, Strength::Must, Verdict::Pass, Go::Go)]
#[case::unlike_an_easy_auth(
    Some("the settings say 401, the app answered 302"),
    Strength::Must,
    Verdict::Fail,
    Go::NoGo
)]
#[case::unlike_something_else(
    Some("the settings say 401, the app answered 302"),
    Strength::Should,
    Verdict::Warn,
    Go::Go
)]
fn settings_that_are_not_in_force_stop_the_switch(
    #[case] drift: Option<&str>,
    #[case] strength: Strength,
    #[case] verdict: Verdict,
    #[case] word: Go,
) {
    let foretold = Predicted { phrase: "401".to_owned(), status: Some(401), answered_by: None };
    let drift = drift.map(|drift| Redactor::default().text(drift));
    let drifting = Case { predicted: Some(foretold), drift, ..case("missing-token", Verdict::Pass) };
    let waivers = [waiver("settings-in-force", "2027-01-31")];
    let asked = |waivers: &[Waived]| Demands { in_force: Some(strength), ..demands(&[], waivers) };
    let (decision, heard) = decided(asked(&[]), std::slice::from_ref(&drifting));
    let own = heard.cases.last().unwrap();
    assert_eq!((own.id.as_str(), own.verdict, decision.word), ("settings-in-force", verdict, word));
    if word == Go::NoGo {
        let why = "`settings-in-force`: 1 case was not answered as the settings say, first `missing-token`: the settings say 401";
        assert!(decision.why.as_str().starts_with(why), "{}", decision.why.as_str());
        assert_eq!(decided(asked(&waivers), &[drifting]).0.word, Go::Go, "somebody answers for it");
    }
    let (_, nothing) = decided(asked(&[]), &[case("missing-token", Verdict::Pass)]);
    assert_eq!(nothing.cases.last().unwrap().verdict, Verdict::Skip, "nothing was foretold");
}

#[rstest]
#[case::nothing_proven(Verdict::Inconclusive, "1 case proved nothing, first `another`: as it came")]
#[case::a_fault(Verdict::Error, "1 case could not be played to the end, first `another`: as it came")]
fn what_kept_a_case_from_proving_anything_is_told(#[case] verdict: Verdict, #[case] why: &str) {
    let cases = [case("valid-caller", Verdict::Pass), case("another", verdict)];
    let (decision, _) = decided(demands(&["valid-caller"], &[]), &cases);
    assert_eq!((decision.word, decision.why.as_str()), (Go::Inconclusive, why));
}
