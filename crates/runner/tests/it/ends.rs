//! The order in which a run is told, and how it ends before its time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use results::{Event, Reporter, RunVerdict, Verdict};
use runner::{RunError, play};
use scenario::Address;
use tokio::sync::Notify;
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, Request, ResponseTemplate};

use crate::stand_in::{NOWHERE, at, challenge, hung, protected};
use crate::told::{MISSING_TOKEN, Told, VALID_CALLER, run};

const DOORS: &str = "
id: doors
variants: { door: [a, b, c, d, e, f] }
send: { path: '/${door}' }
expect: unauthenticated
";

#[tokio::test]
async fn controls_come_first_and_cases_are_told_as_declared_however_fast_they_are() {
    let target = protected().await;
    // The first answers come last.
    let slower = |request: &Request| {
        let delay = match request.url.path() {
            "/a" => 60,
            "/b" => 40,
            "/c" => 20,
            _ => 0,
        };
        challenge().set_delay(Duration::from_millis(delay))
    };
    Mock::given(path_regex("^/[a-f]$")).respond_with(slower).with_priority(1).mount(&target).await;
    let mut one_at_a_time = run(&target.uri(), &[VALID_CALLER, DOORS]);
    one_at_a_time.profile.limits.concurrency = 1;
    let took = Told::of(one_at_a_time).await.closing().duration_ms.unwrap().micros();
    assert!(took > 115_000, "60, 40 and 20 ms one after the other: {took}");
    let mut run = run(&target.uri(), &[MISSING_TOKEN, DOORS, VALID_CALLER]);
    run.profile.limits.concurrency = 4;
    run.notes = vec!["a note of the user's".to_owned()];
    let told = Told::of(run).await;

    let cases = [
        "missing-token",
        "doors[door=a]",
        "doors[door=b]",
        "doors[door=c]",
        "doors[door=d]",
        "doors[door=e]",
        "doors[door=f]",
    ];
    let only = |word: &str| -> Vec<String> {
        told.events.iter().filter_map(|event| event.strip_prefix(word)).map(str::to_owned).collect()
    };
    let expected: Vec<&str> = ["valid-caller"].into_iter().chain(cases).collect();
    assert_eq!(only("started "), expected);
    assert_eq!(only("finished "), expected);
    assert_eq!(told.events[..3], ["opened", "started valid-caller", "finished valid-caller"]);
    assert_eq!(told.events.last().map(String::as_str), Some("closed"));
    let at = |event: &str| told.events.iter().position(|one| one == event).unwrap();
    assert!(at("started doors[door=f]") < at("finished missing-token"), "none waits to be told: {:?}", told.events);
    assert_eq!(told.closing().verdict, RunVerdict::Pass);
    assert_eq!(told.closing().notes, ["a note of the user's"]);
}

#[tokio::test]
async fn no_more_is_asked_than_the_limit_allows() {
    let target = protected().await;
    let mut few = run(&target.uri(), &[VALID_CALLER, DOORS]);
    few.profile.limits.requests = Some(4);
    few.profile.limits.concurrency = 1;
    let told = Told::of(few).await;
    assert_eq!(target.received_requests().await.unwrap().len(), 4, "is it ready, the control, two doors");
    let verdicts: Vec<Verdict> = told.cases.iter().map(|case| case.verdict).collect();
    let (pass, nothing) = (Verdict::Pass, Verdict::Inconclusive);
    assert_eq!(verdicts, [pass, pass, pass, nothing, nothing, nothing, nothing]);
    let reason = told.cases[3].reason.as_ref().unwrap().as_str();
    assert_eq!(reason, "not sent: the limit of 4 requests is reached (`limits.requests`)");
    assert_eq!(told.closing().verdict, RunVerdict::Inconclusive);
}

#[tokio::test]
async fn a_limit_counts_the_waiting_too() {
    let target = protected().await;
    let warming = Mock::given(path("/api/orders")).respond_with(ResponseTemplate::new(503)).with_priority(1);
    warming.mount(&target).await;
    let mut few = run(&target.uri(), &[VALID_CALLER]);
    few.profile.limits.requests = Some(2);
    let told = Told::of(few).await;
    assert_eq!(target.received_requests().await.unwrap().len(), 2);
    let reason =
        "the target cannot be reached: the limit of 2 requests is reached (`limits.requests`) before it was ready";
    assert_eq!(told.reason("valid-caller"), reason);
}

#[tokio::test]
async fn a_run_that_is_stopped_tells_what_was_played() {
    let target = protected().await;
    at(&target, "/a", hung()).await;
    let finished = Arc::new(Notify::new());
    let told = Told::until(run(&target.uri(), &[VALID_CALLER, DOORS]), finished.notified(), Arc::clone(&finished));
    let told = tokio::time::timeout(Duration::from_secs(20), told).await.unwrap().unwrap();

    assert_eq!(told.verdicts(), [("valid-caller".to_owned(), Verdict::Pass)]);
    let closing = told.closing();
    assert!(closing.interrupted && closing.finished.is_some());
    assert_eq!(closing.verdict, RunVerdict::Inconclusive);
    assert_eq!(closing.notes, ["interrupted: what is told was played, the rest was not"]);
    assert_eq!(told.opening.unwrap().planned, 7);
    assert_eq!(told.events.last().map(String::as_str), Some("closed"));
}

#[tokio::test]
async fn what_ended_behind_a_slow_case_is_told_when_a_run_is_stopped() {
    let target = protected().await;
    at(&target, "/a", hung()).await;
    let all_asked = async {
        // Readiness, the control and six doors; then a moment for the answers to come back.
        while target.received_requests().await.unwrap_or_default().len() < 8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let told = Told::until(run(&target.uri(), &[VALID_CALLER, DOORS]), all_asked, Arc::default());
    let told = tokio::time::timeout(Duration::from_secs(20), told).await.unwrap().unwrap();

    let doors: Vec<&str> =
        told.cases.iter().map(|case| case.variant.as_str()).filter(|variant| !variant.is_empty()).collect();
    assert_eq!(doors, ["door=b", "door=c", "door=d", "door=e", "door=f"]);
    assert!(told.closing().interrupted);
}

#[tokio::test]
async fn a_run_that_is_stopped_at_once_is_told_too() {
    let target = protected().await;
    at(&target, "/api/orders", hung()).await;
    let told = Told::until(run(&target.uri(), &[VALID_CALLER]), async {}, Arc::default()).await.unwrap();
    assert!(told.cases.is_empty() && told.closing().interrupted, "{:?}", told.events);
}

/// Cannot write once a case has finished.
struct Full;

impl Reporter for Full {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if matches!(event, Event::Finished(_)) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_told_ends() {
    let target = protected().await;
    let error = play(run(&target.uri(), &[VALID_CALLER, DOORS]), &mut Full, std::future::pending()).await.unwrap_err();
    assert!(matches!(error, RunError::Report(_)), "{error}");
    assert!(error.to_string().starts_with("the results cannot be written: "), "{error}");
}

#[tokio::test]
async fn a_reference_app_that_nobody_started_is_not_played() {
    let mut run = run(NOWHERE, &[MISSING_TOKEN]);
    run.profile.target.address = Address::Reference;
    let error = play(run, &mut Full, std::future::pending()).await.unwrap_err();
    assert!(matches!(error, RunError::NoReference), "{error}");
}

#[tokio::test]
async fn waiting_for_its_turn_is_no_part_of_a_cases_time() {
    let target = protected().await;
    let mut slow = run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN]);
    slow.profile.limits.requests_per_second = Some(5);
    let told = Told::of(slow).await;
    let micros: u64 = told.cases.iter().map(|case| case.duration_ms.micros()).sum();
    assert!(told.closing().duration_ms.unwrap().micros() > 350_000, "a fifth of a second before each case");
    assert!((1..300_000).contains(&micros), "{micros}");
}
