//! Targets that ask for patience, change their mind, or live in another time; and what their logs show of a run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use results::{AnsweredBy, RunVerdict, Verdict};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use wiremock::matchers::{any, header, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::stand_in::{at, challenge, function, protected};
use crate::told::{MISSING_TOKEN, Told, VALID_CALLER, marked, run};

fn busy(status: u16, wait: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("retry-after", wait)
}

const BUSY_DOOR: &str = "id: busy\nsend: { path: /busy }\nexpect: unauthenticated";

/// How often a path was asked for.
async fn asked(target: &MockServer, place: &str) -> usize {
    target.received_requests().await.unwrap().iter().filter(|request| request.url.path() == place).count()
}

#[tokio::test]
async fn a_target_that_asks_to_wait_is_asked_again() {
    for status in [429, 503] {
        let target = protected().await;
        let first = Mock::given(path("/busy")).respond_with(busy(status, "0"));
        first.up_to_n_times(2).with_priority(1).mount(&target).await;
        let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, BUSY_DOOR]))).await;
        assert_eq!(told.case("busy").verdict, Verdict::Pass, "{:?}", told.case("busy").reason);
        assert_eq!(told.case("busy").observed.status, Some(401));
        assert_eq!(asked(&target, "/busy").await, 3);
    }
}

#[tokio::test]
async fn a_target_that_goes_on_asking_to_wait_proves_nothing() {
    let target = protected().await;
    at(&target, "/busy", busy(429, "0")).await;
    let recorded = "id: recorded\nsend: { path: /busy }\nexpect: recorded";
    let tolerated = "id: tolerated\nsend: { path: /busy }\nexpect: { outcome: unauthenticated, also: [429] }";
    let mut patient = marked(run(&target.uri(), &[VALID_CALLER, BUSY_DOOR, recorded, tolerated]));
    patient.profile.limits.concurrency = 1;
    let told = Told::of(patient).await;
    let reason = "rate limited: the target answered 429 and asked to wait 0 s, 4 times in a row; ask more slowly (`limits.requests-per-second`)";
    for id in ["busy", "recorded"] {
        assert_eq!((told.case(id).verdict, told.reason(id)), (Verdict::Inconclusive, reason));
    }
    assert_eq!(told.case("tolerated").verdict, Verdict::Pass, "it is what the scenario is after");
    assert_eq!(asked(&target, "/busy").await, 4 + 4 + 1);
    assert_eq!(told.closing().verdict, RunVerdict::Inconclusive);
}

#[tokio::test]
async fn a_wait_ends_where_the_profile_says_and_counts_in_the_limit() {
    let target = protected().await;
    at(&target, "/busy", busy(429, "3600")).await;
    let mut few = marked(run(&target.uri(), &[VALID_CALLER, BUSY_DOOR]));
    few.profile.limits.back_off = std::time::Duration::from_millis(10);
    few.profile.limits.requests = Some(4);
    let told = Told::of(few).await;
    assert_eq!(target.received_requests().await.unwrap().len(), 4, "is it ready, the control, two tries");
    assert_eq!(told.reason("busy"), "not sent: the limit of 4 requests is reached (`limits.requests`)");
}

#[tokio::test]
async fn a_function_that_asks_to_wait_was_reached() {
    let target = protected().await;
    at(&target, "/busy", busy(429, "0").insert_header("x-function", "orders")).await;
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, BUSY_DOOR]))).await;
    assert_eq!(told.case("busy").verdict, Verdict::Fail);
}

#[tokio::test]
async fn a_target_that_refuses_once_and_then_lets_in_is_a_breach() {
    let target = protected().await;
    let count = AtomicUsize::new(0);
    let flapping = move |_: &Request| if count.fetch_add(1, Ordering::Relaxed) == 0 { challenge() } else { function() };
    at(&target, "/flaps", flapping).await;
    let flaps = "id: flaps\nsteps: [{ send: { path: /flaps }, expect: unauthenticated, times: 2 }]";
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, flaps]))).await;
    assert_eq!(told.case("flaps").verdict, Verdict::Fail);
    assert_eq!(told.reason("flaps"), "answer 2 of 2: the function: answered (200), expected not to be reached");
}

#[tokio::test]
async fn a_target_that_dies_in_the_middle_leaves_the_rest_open() {
    let target = protected().await;
    let count = AtomicUsize::new(0);
    // Readiness and the control are answered; then the front end finds nobody behind it.
    let dying = move |_: &Request| match count.fetch_add(1, Ordering::Relaxed) {
        0 => challenge(),
        1 => function(),
        _ => ResponseTemplate::new(502),
    };
    Mock::given(any()).respond_with(dying).with_priority(1).mount(&target).await;
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN, BUSY_DOOR]))).await;
    for id in ["missing-token", "busy"] {
        assert_eq!(told.case(id).verdict, Verdict::Inconclusive);
        assert_eq!(told.case(id).observed.answered_by, AnsweredBy::Gateway);
        assert_eq!(told.reason(id), "the target answered 502: it could not take the request now, so nothing is proven");
    }
    assert_eq!(told.closing().verdict, RunVerdict::Inconclusive);
    assert_eq!(told.cases.len(), 4, "the control is told again: it got in no more");
}

/// A target that lets `Bearer good` in and lives so many seconds ahead.
async fn ahead(seconds: i64) -> MockServer {
    let date = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    let date = date.format(&Rfc2822).unwrap().replace("+0000", "GMT");
    let target = MockServer::start().await;
    let good = header("authorization", "Bearer good");
    Mock::given(good).respond_with(function().insert_header("date", &*date)).mount(&target).await;
    Mock::given(any()).respond_with(challenge().insert_header("date", &*date)).with_priority(9).mount(&target).await;
    target
}

const EXPIRED: &str = "
id: expired
send: { token: { caller: listed, expires-in: -15m, forge: { signature: stranger } } }
expect: unauthenticated
";

#[tokio::test]
async fn clocks_that_differ_take_back_what_rests_on_them() {
    let target = ahead(-1200).await;
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, EXPIRED, MISSING_TOKEN]))).await;
    assert_eq!(told.case("expired").verdict, Verdict::Inconclusive);
    let reason = told.reason("expired");
    assert!(
        reason.starts_with("the target's clock is 1")
            && reason.ends_with(" s behind this machine's, which may have decided this"),
        "{reason}"
    );
    assert_eq!(told.case("missing-token").verdict, Verdict::Pass, "which rests on no time");
    let note = &told.closing().notes[0];
    assert!(note.ends_with("this machine's: cases that rest on a token's times prove nothing"), "{note}");

    for near in [-30, 30] {
        let told = Told::of(marked(run(&ahead(near).await.uri(), &[VALID_CALLER, EXPIRED]))).await;
        assert_eq!(told.case("expired").verdict, Verdict::Pass);
        assert_eq!(told.closing().notes, [""; 0]);
    }
}

#[tokio::test]
async fn logs_of_the_target_show_the_run_by_its_trace() {
    let target = protected().await;
    let own = "id: own\nsend: { headers: { traceparent: mine, User-Agent: me } }\nexpect: unauthenticated";
    let exact = "id: exact\nsend: { path: /exact, without: [User-Agent, traceparent] }\nexpect: unauthenticated";
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN, own, exact]))).await;
    let trace = told.opening.as_ref().unwrap().trace.clone().unwrap();
    let agent = format!("greenlight/{} (run {trace})", env!("CARGO_PKG_VERSION"));
    let received = target.received_requests().await.unwrap();
    let value = |request: &Request, name: &str| {
        request.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let mut spans = BTreeSet::new();
    for request in &received {
        let (parent, said) = (value(request, "traceparent"), value(request, "user-agent"));
        if request.url.path() == "/exact" {
            assert_eq!((parent, said), (String::new(), String::new()));
        } else if parent == "mine" {
            assert_eq!(said, "me");
        } else {
            assert_eq!(said, agent);
            let span = parent.strip_prefix(&format!("00-{trace}-")).and_then(|rest| rest.strip_suffix("-01"));
            spans.insert(span.unwrap_or_else(|| panic!("{parent}")).to_owned());
        }
    }
    assert_eq!(
        (received.len(), spans.len()),
        (6, 4),
        "is it ready, the control twice and the case: each a span of its own"
    );
}
