use std::time::Duration;

use rstest::rstest;
use scenario::Marker;
use wire::Phase;

use super::*;
use crate::attribute::attribute;
use crate::attribute::tests::answer;

const CHALLENGE: (&str, &str) = ("WWW-Authenticate", r#"Bearer realm="func.example.net""#);
const MARKED: (&str, &str) = ("x-function", "orders");
const OID: &str = "0a1b2c3d-0000-4000-8000-000000000001";

const OUTCOMES: [Outcome; 5] =
    [Outcome::Accepted, Outcome::Unauthenticated, Outcome::Forbidden, Outcome::Refused, Outcome::Recorded];

/// Judges an answer of a target whose function has a marker unless it is said to have none.
struct Bench {
    expect: Expect,
    answer: Exchange,
    form: Form,
    marker: bool,
    principal: Option<PrincipalPlace>,
    caller: Option<&'static str>,
}

impl Bench {
    fn new(outcome: Outcome, answer: Exchange) -> Self {
        let expect = Expect::promise(outcome);
        Self { expect, answer, form: Form::USUAL, marker: true, principal: None, caller: None }
    }

    fn judge(&self) -> (Verdict, String) {
        let marker = self.marker.then(|| Marker { header: MARKED.0.to_owned(), value: None });
        let seen = Seen {
            exchange: Ok(&self.answer),
            attribution: attribute(&self.answer, marker.as_ref()),
            principal: self.principal.as_ref(),
            caller: self.caller.map(str::to_owned),
        };
        let judgement = judge(&self.expect, &seen, &self.form, &Redactor::default());
        assert_eq!(judgement.verdict == Verdict::Pass, judgement.reason.is_none(), "all but a pass say why");
        let judged = matches!(judgement.verdict, Verdict::Pass | Verdict::Fail | Verdict::Warn);
        assert!(!judged || !judgement.compared.is_empty(), "no verdict without evidence");
        (judgement.verdict, judgement.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default())
    }
}

/// The verdicts on one answer for each of the five outcomes, in the order of [`OUTCOMES`].
fn verdicts(status: u16, headers: &[(&str, &str)], form: &Form, marker: bool) -> [String; 5] {
    OUTCOMES.map(|outcome| {
        let bench = Bench { form: form.clone(), marker, ..Bench::new(outcome, answer(status, headers, "")) };
        bench.judge().0.to_string()
    })
}

#[rstest]
//                                                                       accepted, unauthenticated, forbidden, refused, recorded
#[case::function(200, &[MARKED], ["pass", "fail", "fail", "fail", "recorded"])]
#[case::function_refuses(401, &[MARKED], ["pass", "fail", "fail", "fail", "recorded"])]
#[case::function_crashes(500, &[MARKED], ["pass", "fail", "fail", "fail", "recorded"])]
#[case::success_of_something_else(200, &[], ["fail", "fail", "fail", "fail", "recorded"])]
#[case::challenged(401, &[CHALLENGE], ["fail", "pass", "warn", "pass", "recorded"])]
#[case::unchallenged(401, &[], ["fail", "warn", "warn", "pass", "recorded"])]
#[case::forbidden(403, &[], ["fail", "warn", "pass", "pass", "recorded"])]
#[case::redirected(302, &[("Location", "/login")], ["fail", "warn", "warn", "warn", "recorded"])]
#[case::bad_request(400, &[], ["fail", "warn", "warn", "warn", "recorded"])]
#[case::not_found(404, &[], ["fail", "warn", "warn", "warn", "recorded"])]
#[case::too_many_requests(429, &[], ["inconclusive", "inconclusive", "inconclusive", "inconclusive", "recorded"])]
#[case::server_error(500, &[], ["inconclusive", "inconclusive", "inconclusive", "inconclusive", "recorded"])]
#[case::bad_gateway(502, &[], ["inconclusive", "inconclusive", "inconclusive", "inconclusive", "recorded"])]
#[case::unavailable(503, &[], ["inconclusive", "inconclusive", "inconclusive", "inconclusive", "recorded"])]
#[case::gateway_timeout(504, &[], ["inconclusive", "inconclusive", "inconclusive", "inconclusive", "recorded"])]
fn behind_easy_auth_an_answer_is_judged_to_the_letter(
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] expected: [&str; 5],
) {
    assert_eq!(verdicts(status, headers, &Form::USUAL, true), expected);
}

#[rstest]
#[case::function(200, ["pass", "fail", "fail", "fail", "recorded"])]
#[case::unauthorized(401, ["fail", "pass", "pass", "pass", "recorded"])]
#[case::forbidden(403, ["fail", "pass", "pass", "pass", "recorded"])]
#[case::redirected(302, ["fail", "pass", "pass", "pass", "recorded"])]
#[case::not_found(404, ["fail", "pass", "pass", "pass", "recorded"])]
#[case::server_error(500, ["inconclusive", "inconclusive", "inconclusive", "inconclusive", "recorded"])]
fn elsewhere_any_refusal_will_do_and_any_success_is_the_function(#[case] status: u16, #[case] expected: [&str; 5]) {
    assert_eq!(verdicts(status, &[], &Form::Any, false), expected);
}

#[rstest]
#[case::forbids(403, &[], "pass")]
#[case::unauthorized(401, &[CHALLENGE], "warn")]
fn settings_change_the_form_of_a_refusal(#[case] status: u16, #[case] headers: &[(&str, &str)], #[case] verdict: &str) {
    let form = Form::EasyAuth { unauthenticated: 403, challenge: false };
    assert_eq!(verdicts(status, headers, &form, true)[1], verdict);
    assert_eq!(verdicts(200, &[MARKED], &form, true), ["pass", "fail", "fail", "fail", "recorded"], "not the promise");
}

#[rstest]
#[case::as_named(vec![401, 503], 503, "pass")]
#[case::another_refusal(vec![400], 401, "warn")]
#[case::another_trouble(vec![401, 503], 500, "inconclusive")]
fn a_scenario_that_names_a_status_expects_it(#[case] named: Vec<u16>, #[case] status: u16, #[case] verdict: &str) {
    let mut bench = Bench::new(Outcome::Refused, answer(status, &[CHALLENGE], ""));
    bench.expect.status = named;
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[rstest]
#[case::bearer("Bearer realm=\"x\"", true)]
#[case::alone("bearer", true)]
#[case::among_others("Negotiate, Bearer realm=\"x\"", true)]
#[case::behind_a_tab("Bearer\trealm=\"x\"", true)]
#[case::another("Basic realm=\"x\"", false)]
#[case::longer("Bearerish realm=\"x\"", false)]
#[case::nothing("", false)]
fn a_challenge_is_for_a_bearer_token(#[case] challenge: &str, #[case] holds: bool) {
    let challenges = [("WWW-Authenticate", "NTLM"), ("www-authenticate", challenge)];
    let (verdict, reason) = Bench::new(Outcome::Unauthenticated, answer(401, &challenges, "")).judge();
    assert_eq!(verdict == Verdict::Pass, holds, "{reason}");
}

#[rstest]
#[case::accepted(Outcome::Accepted, 401, &[CHALLENGE], "the function: not reached (401 from the platform), expected to answer")]
#[case::accepted_by_the_host(Outcome::Accepted, 401, &[], "the function: not reached (401 from the Functions host), expected to answer")]
#[case::unmarked(Outcome::Accepted, 200, &[], "the function: a success without its marker (200), expected to answer")]
#[case::breach(Outcome::Forbidden, 200, &[MARKED], "the function: answered (200), expected not to be reached")]
#[case::form(Outcome::Forbidden, 404, &[], "status: 404, expected 403")]
#[case::challenge(Outcome::Unauthenticated, 401, &[], "challenge: none, expected WWW-Authenticate: Bearer ...")]
#[case::recorded(Outcome::Recorded, 401, &[CHALLENGE], "nobody knows what must come back; it was 401 from the platform")]
#[case::recorded_by_nobody_known(Outcome::Recorded, 404, &[], "nobody knows what must come back; it was 404")]
#[case::slow_down(Outcome::Refused, 429, &[], "the target answered 429: it wants to be asked more slowly (`limits.requests-per-second`), so nothing is proven")]
#[case::not_now(Outcome::Refused, 503, &[], "the target answered 503: it could not take the request now, so nothing is proven")]
#[case::crash(Outcome::Refused, 500, &[], "the target answered 500: it failed, and whether the function was reached cannot be told")]
fn the_reason_says_what_was_wrong(
    #[case] outcome: Outcome,
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] reason: &str,
) {
    assert_eq!(Bench::new(outcome, answer(status, headers, "")).judge().1, reason);
}

#[rstest]
#[case(OUTCOMES[0])]
#[case(OUTCOMES[1])]
#[case(OUTCOMES[2])]
#[case(OUTCOMES[3])]
fn no_answer_proves_nothing(#[case] outcome: Outcome) {
    let at = "https://func.example.net".to_owned();
    let error = WireError::TimedOut { at, phase: Phase::FirstByte, after: Duration::from_millis(100) };
    let seen = Seen { exchange: Err(&error), attribution: Attribution::NO_ANSWER, principal: None, caller: None };
    let judgement = judge(&Expect::promise(outcome), &seen, &Form::USUAL, &Redactor::default());
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    let reason = judgement.reason.unwrap();
    assert!(reason.as_str().starts_with("no answer: https://func.example.net: timed out"), "{reason:?}");
}

fn json() -> PrincipalPlace {
    PrincipalPlace::Json("/principal/id".to_owned())
}

#[rstest]
#[case::the_caller(
    Principal::Caller,
    Some(OID),
    r#"{"principal":{"id":"0a1b2c3d-0000-4000-8000-000000000001"}}"#,
    "pass"
)]
#[case::somebody_else(Principal::Caller, Some(OID), r#"{"principal":{"id":"admin"}}"#, "fail")]
#[case::nobody(Principal::Caller, Some(OID), r#"{"principal":null}"#, "fail")]
#[case::nobody_as_wanted(Principal::Nobody, None, r#"{"principal":null}"#, "pass")]
#[case::empty_is_nobody(Principal::Nobody, None, r#"{"principal":{"id":""}}"#, "pass")]
#[case::null_is_nobody(Principal::Nobody, None, r#"{"principal":{"id":null}}"#, "pass")]
#[case::left_out_is_nobody(Principal::Nobody, None, "{}", "pass")]
#[case::somebody_where_nobody_was(Principal::Nobody, None, r#"{"principal":{"id":"admin"}}"#, "fail")]
#[case::anybody(Principal::Somebody, None, r#"{"principal":{"id":"admin"}}"#, "pass")]
#[case::nobody_where_anybody_was_wanted(Principal::Somebody, None, r#"{"principal":null}"#, "fail")]
#[case::no_json_for_anybody(Principal::Somebody, None, "<html>", "inconclusive")]
#[case::a_number(Principal::Nobody, None, r#"{"principal":{"id":0}}"#, "fail")]
#[case::an_object(Principal::Nobody, Some(OID), r#"{"principal":{"id":{}}}"#, "fail")]
#[case::no_json(Principal::Nobody, None, "<html>", "inconclusive")]
#[case::no_json_for_the_caller(Principal::Caller, Some(OID), "", "inconclusive")]
#[case::a_token_that_names_nobody(Principal::Caller, None, r#"{"principal":null}"#, "inconclusive")]
fn the_function_is_told_who_is_calling(
    #[case] wanted: Principal,
    #[case] caller: Option<&'static str>,
    #[case] body: &str,
    #[case] verdict: &str,
) {
    let mut bench =
        Bench { principal: Some(json()), caller, ..Bench::new(Outcome::Accepted, answer(200, &[MARKED], body)) };
    bench.expect.principal = Some(wanted);
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[rstest]
#[case::shown(&[MARKED, ("X-Principal-Id", OID)], "pass")]
#[case::another(&[MARKED, ("X-Principal-Id", "admin")], "fail")]
#[case::empty(&[MARKED, ("X-Principal-Id", "")], "fail")]
#[case::absent(&[MARKED], "fail")]
fn a_header_may_show_the_principal(#[case] headers: &[(&str, &str)], #[case] verdict: &str) {
    let place = Some(PrincipalPlace::Header("x-principal-id".to_owned()));
    let mut bench =
        Bench { principal: place, caller: Some(OID), ..Bench::new(Outcome::Accepted, answer(200, headers, "")) };
    bench.expect.principal = Some(Principal::Caller);
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[test]
fn the_reason_says_whom_the_function_was_told() {
    let body = r#"{"principal":{"id":"admin"}}"#;
    let mut bench = Bench {
        principal: Some(json()),
        caller: Some(OID),
        ..Bench::new(Outcome::Accepted, answer(200, &[MARKED], body))
    };
    bench.expect.principal = Some(Principal::Caller);
    assert_eq!(bench.judge().1, format!("principal: admin, expected {OID}"));
    bench.principal = None;
    assert_eq!(bench.judge().1, "the profile does not say where the function shows the principal");
    bench.answer = answer(401, &[CHALLENGE], "");
    assert_eq!(bench.judge().1, "the function: not reached (401 from the platform), expected to answer");
}

#[rstest]
#[case::lacks(401, &[CHALLENGE], "Unauthorized", false, "pass")]
#[case::leaks(401, &[CHALLENGE], "at System.Web.Token", false, "fail")]
#[case::leaks_in_the_part_that_came(401, &[CHALLENGE], "at System.Web.Tok", true, "fail")]
#[case::may_leak_in_the_part_that_did_not_come(401, &[CHALLENGE], "Unauthor", true, "inconclusive")]
#[case::a_breach_stands_whatever_the_body(200, &[MARKED], "Unauthor", true, "fail")]
#[case::a_bad_form_does_not_outweigh_it(404, &[], "Unauthor", true, "inconclusive")]
fn what_a_body_must_not_say_is_looked_for(
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] body: &str,
    #[case] truncated: bool,
    #[case] verdict: &str,
) {
    let mut bench = Bench::new(Outcome::Unauthenticated, answer(status, headers, body));
    bench.answer.truncated = truncated;
    bench.expect.body_lacks = vec!["System.".to_owned()];
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[rstest]
#[case::there("orders", false, None)]
#[case::not_there("order", false, Some("body: it is not there, expected contains `orders`"))]
#[case::not_yet_there("order", true, Some("body: it is not in the part that came, expected contains `orders`"))]
fn what_a_body_should_say_is_looked_for(#[case] body: &str, #[case] truncated: bool, #[case] warning: Option<&str>) {
    let mut bench = Bench::new(Outcome::Accepted, answer(200, &[MARKED], body));
    bench.answer.truncated = truncated;
    bench.expect.body_contains = vec![String::new(), "orders".to_owned()];
    let verdict = if warning.is_some() { Verdict::Warn } else { Verdict::Pass };
    assert_eq!(bench.judge(), (verdict, warning.unwrap_or_default().to_owned()));
}

#[rstest]
#[case::present(HeaderExpectation::Present, &["a"], true)]
#[case::not_present(HeaderExpectation::Present, &[], false)]
#[case::absent(HeaderExpectation::Absent, &[], true)]
#[case::not_absent(HeaderExpectation::Absent, &[""], false)]
#[case::is(HeaderExpectation::Is("a".to_owned()), &["a"], true)]
#[case::is_one_of_several(HeaderExpectation::Is("a".to_owned()), &["b", "a"], true)]
#[case::is_not(HeaderExpectation::Is("a".to_owned()), &["ab"], false)]
#[case::contains(HeaderExpectation::Contains("a".to_owned()), &["cab"], true)]
#[case::contains_not(HeaderExpectation::Contains("a".to_owned()), &["b"], false)]
#[case::contains_nothing_where_nothing_is(HeaderExpectation::Contains(String::new()), &[], false)]
fn a_header_is_as_expected(#[case] expectation: HeaderExpectation, #[case] values: &[&str], #[case] holds: bool) {
    let mut headers = vec![MARKED];
    headers.extend(values.iter().map(|value| ("X-Other", *value)));
    let mut bench = Bench::new(Outcome::Accepted, answer(200, &headers, ""));
    bench.expect.headers = vec![("x-other".to_owned(), expectation)];
    let (verdict, reason) = bench.judge();
    assert_eq!(verdict, if holds { Verdict::Pass } else { Verdict::Warn }, "{reason}");
    assert!(holds || reason.starts_with("header x-other: ") && reason.contains(", expected "), "{reason}");
}

#[test]
fn who_answers_and_how_fast_is_expected_too() {
    let mut bench = Bench::new(Outcome::Unauthenticated, answer(401, &[CHALLENGE], ""));
    bench.expect.answered_by = Some(AnsweredBy::Platform);
    bench.expect.within_ms = Some(2);
    assert_eq!(bench.judge().0, Verdict::Pass);
    bench.expect.within_ms = Some(1);
    assert_eq!(bench.judge(), (Verdict::Warn, "time: 1.5 ms, expected at most 1 ms".to_owned()));
    bench.expect.answered_by = Some(AnsweredBy::Gateway);
    assert_eq!(bench.judge(), (Verdict::Warn, "answered by: platform, expected gateway".to_owned()));
}

#[test]
fn what_came_passes_the_redactor() {
    let header = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXI";
    let redactor = Redactor::default().with_token(header);
    let echoing = answer(200, &[MARKED, ("X-Echo", header)], "");
    let mut expect = Expect::promise(Outcome::Accepted);
    expect.headers = vec![("x-echo".to_owned(), HeaderExpectation::Absent)];
    let marker = Marker { header: MARKED.0.to_owned(), value: None };
    let attribution = attribute(&echoing, Some(&marker));
    let seen = Seen { exchange: Ok(&echoing), attribution, principal: None, caller: None };
    let judgement = judge(&expect, &seen, &Form::USUAL, &redactor);
    let told = format!("{judgement:?}");
    assert!(told.contains("sha256:") && !told.contains("c2lnbmF0"), "{told}");
}

#[rstest]
#[case::unreached_and_silent(Outcome::Unreached, 404, &[], "pass")]
#[case::unreached_with_success(Outcome::Unreached, 204, &[], "pass")]
#[case::reached(Outcome::Unreached, 200, &[MARKED], "fail")]
#[case::unreached_and_failed(Outcome::Unreached, 500, &[], "inconclusive")]
#[case::tolerated_and_reached(Outcome::Tolerated, 200, &[MARKED], "pass")]
#[case::tolerated_and_refused(Outcome::Tolerated, 401, &[], "pass")]
#[case::tolerated_and_answered_by_others(Outcome::Tolerated, 200, &[], "pass")]
fn others_may_answer_where_that_is_promised(
    #[case] outcome: Outcome,
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] verdict: &str,
) {
    let bench = Bench { form: Form::Any, ..Bench::new(outcome, answer(status, headers, "")) };
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[test]
fn who_is_tolerated_is_told_rightly() {
    let body = r#"{"principal":{"id":"admin"}}"#;
    let mut bench = Bench {
        principal: Some(json()),
        caller: Some(OID),
        ..Bench::new(Outcome::Tolerated, answer(200, &[MARKED], body))
    };
    bench.expect.principal = Some(Principal::Caller);
    assert_eq!(bench.judge().0, Verdict::Fail);
    bench.answer = answer(401, &[CHALLENGE], "");
    assert_eq!(bench.judge().0, Verdict::Pass);
}

#[rstest]
#[case::bad_input_is_refused(400, "pass")]
#[case::bad_input_brings_it_down(500, "fail")]
#[case::or_what_stands_before_it(502, "fail")]
fn bad_input_must_not_bring_a_target_down(#[case] status: u16, #[case] verdict: &str) {
    let mut bench = Bench { form: Form::Any, ..Bench::new(Outcome::Refused, answer(status, &[], "")) };
    bench.expect.never_5xx = true;
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[rstest]
#[case::as_good(400, "pass")]
#[case::usual(401, "pass")]
#[case::neither(404, "warn")]
fn a_status_may_be_as_good_as_the_usual_one(#[case] status: u16, #[case] verdict: &str) {
    let mut bench = Bench::new(Outcome::Unauthenticated, answer(status, &[CHALLENGE], ""));
    bench.expect.also = vec![400];
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[test]
fn a_promise_of_form_only_warns() {
    let mut bench = Bench::new(Outcome::Refused, answer(200, &[MARKED], ""));
    bench.expect.contract = true;
    assert_eq!(bench.judge(), (Verdict::Warn, "the function: answered (200), expected not to be reached".to_owned()));
}

#[rstest]
#[case::lacks("a, b", "pass")]
#[case::has("a, secret", "fail")]
fn what_a_header_must_never_say_fails(#[case] value: &str, #[case] verdict: &str) {
    let mut bench = Bench::new(Outcome::Accepted, answer(200, &[MARKED, ("X-Other", value)], ""));
    bench.expect.headers = vec![("x-other".to_owned(), HeaderExpectation::Never("secret".to_owned()))];
    assert_eq!(bench.judge().0.to_string(), verdict);
}

#[rstest]
#[case::denied(Outcome::Refused, true, "pass")]
#[case::tolerated(Outcome::Tolerated, true, "pass")]
#[case::accepted(Outcome::Accepted, true, "inconclusive")]
#[case::not_said(Outcome::Refused, false, "inconclusive")]
#[case::recorded(Outcome::Recorded, false, "recorded")]
fn a_connection_may_be_closed_where_that_is_said(
    #[case] outcome: Outcome,
    #[case] may_close: bool,
    #[case] verdict: &str,
) {
    let error = WireError::Reset { at: "https://func.example.net".to_owned(), reason: "closed".to_owned() };
    let seen = Seen { exchange: Err(&error), attribution: Attribution::NO_ANSWER, principal: None, caller: None };
    let expect = Expect { may_close, ..Expect::promise(outcome) };
    assert_eq!(judge(&expect, &seen, &Form::Any, &Redactor::default()).verdict.to_string(), verdict);
}

#[rstest]
#[case::nobody_came(&[], Some((3, 3)), "pass", "")]
#[case::somebody_came(&["GET /a from 127.0.0.1:1"], None, "fail", "callback: GET /a from 127.0.0.1:1, expected none")]
#[case::too_often(&[], Some((3, 4)), "fail", "fetches of keys: 4, expected at most 3")]
fn what_is_seen_elsewhere_fails_a_case(
    #[case] callbacks: &[&str],
    #[case] key_fetches: Option<(u32, u64)>,
    #[case] verdict: &str,
    #[case] reason: &str,
) {
    let callbacks: Vec<String> = callbacks.iter().map(|one| (*one).to_owned()).collect();
    let mut judgement = Judgement { verdict: Verdict::Pass, reason: None, compared: Vec::new() };
    judgement.add_elsewhere(&Elsewhere { callbacks: Some(&callbacks), key_fetches }, &Redactor::default());
    let told = judgement.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default();
    assert_eq!((judgement.verdict.to_string(), told), (verdict.to_owned(), reason.to_owned()));
}
