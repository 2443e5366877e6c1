//! Targets that are not there, not there yet, or do not answer.

use std::time::Duration;

use results::{AnsweredBy, RunVerdict, Verdict};
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::stand_in::{NOWHERE, always, at, drops, hung, protected};
use crate::told::{MISSING_TOKEN, Told, VALID_CALLER, run};

const SLOW: &str = "
id: slow
variants: { door: [slow, open] }
send: { path: '/${door}' }
expect: unauthenticated
";

#[tokio::test]
async fn a_target_that_is_not_there_is_told_for_every_case() {
    let forged = "id: issued\nsend: { token: { caller: listed } }\nexpect: forbidden";
    let told = Told::of(run(NOWHERE, &[MISSING_TOKEN, SLOW, forged, VALID_CALLER])).await;
    let verdicts: Vec<Verdict> = told.cases.iter().map(|case| case.verdict).collect();
    let nothing = Verdict::Inconclusive;
    assert_eq!(
        verdicts,
        [nothing, nothing, nothing, nothing, Verdict::Skip],
        "what could not be played anyway stays so"
    );
    let reason = format!("the target cannot be reached: {NOWHERE}: connection refused; ");
    assert!(told.reason("missing-token").starts_with(&reason), "{}", told.reason("missing-token"));
    assert_eq!(told.closing().verdict, RunVerdict::Inconclusive);
    assert!(told.closing().notes[0].starts_with(&reason), "{:?}", told.closing().notes);
    assert_eq!(told.opening.as_ref().unwrap().planned, told.cases.len());
}

#[tokio::test]
async fn a_target_that_warms_up_is_waited_for() {
    let target = protected().await;
    let warming = Mock::given(any()).respond_with(ResponseTemplate::new(503)).up_to_n_times(3).with_priority(1);
    warming.expect(3).mount(&target).await;
    let told = Told::of(run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN])).await;
    assert_eq!(told.closing().verdict, RunVerdict::Pass, "{:?}", told.verdicts());
}

#[tokio::test]
async fn a_target_that_stays_cold_is_given_up() {
    let target = always(ResponseTemplate::new(503)).await;
    let mut cold = run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN]);
    cold.wait = Some(Duration::from_millis(100));
    let told = Told::of(cold).await;
    assert!(told.cases.iter().all(|case| case.verdict == Verdict::Inconclusive), "{:?}", told.verdicts());
    let reason = told.reason("missing-token");
    let begin = format!("the target cannot be reached: {} still answered 503 after ", target.uri());
    assert!(reason.starts_with(&begin) && reason.ends_with(" s; is the app running?"), "{reason}");
    let asked = target.received_requests().await.unwrap().len();
    assert!((1..=3).contains(&asked), "at once, after 20 ms, after 60 ms: {asked}");
}

#[tokio::test]
async fn a_hung_target_is_told_once_it_has_had_its_time() {
    let target = always(hung()).await;
    let mut quick = run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN]);
    quick.profile.limits.answer = Duration::from_millis(100);
    let told = Told::of(quick).await;
    assert!(told.cases.iter().all(|case| case.verdict == Verdict::Inconclusive), "{:?}", told.verdicts());
    let begin = format!("the target cannot be reached: {}: timed out after 0.1 s while waiting for ", target.uri());
    assert!(told.reason("missing-token").starts_with(&begin), "{}", told.reason("missing-token"));
    assert_eq!(target.received_requests().await.unwrap().len(), 1, "it is not asked again and again");
}

#[tokio::test]
async fn one_hung_answer_spoils_one_case() {
    let target = protected().await;
    at(&target, "/slow", hung()).await;
    let mut quick = run(&target.uri(), &[VALID_CALLER, SLOW]);
    quick.profile.limits.answer = Duration::from_millis(300);
    let told = Told::of(quick).await;
    let expected = [
        ("valid-caller".to_owned(), Verdict::Pass),
        ("slow[door=slow]".to_owned(), Verdict::Inconclusive),
        ("slow[door=open]".to_owned(), Verdict::Pass),
    ];
    assert_eq!(told.verdicts(), expected);
    let slow = told.case("slow");
    assert_eq!((slow.observed.status, slow.observed.answered_by), (None, AnsweredBy::Network));
    let begin = format!("no answer: {}: timed out after 0.3 s while waiting for ", target.uri());
    assert!(told.reason("slow").starts_with(&begin), "{}", told.reason("slow"));
    assert!(slow.replay.as_ref().unwrap().as_str().ends_with("/slow"), "it can be tried again");
}

#[tokio::test]
async fn a_target_that_drops_the_first_question_may_answer_others() {
    let told = Told::of(run(&format!("http://{}", drops(1)), &[MISSING_TOKEN])).await;
    assert_eq!(told.case("missing-token").observed.status, Some(401));
    let told = Told::of(run(&format!("http://{}", drops(usize::MAX)), &[MISSING_TOKEN])).await;
    assert!(told.reason("missing-token").starts_with("no answer: http://"), "{}", told.reason("missing-token"));
    assert!(told.reason("missing-token").contains("closed without an answer"), "{}", told.reason("missing-token"));
}

#[tokio::test]
async fn who_waits_for_a_target_waits_while_it_drops_connections() {
    let mut patient = run(&format!("http://{}", drops(2)), &[MISSING_TOKEN]);
    patient.wait = Some(Duration::from_secs(5));
    assert_eq!(Told::of(patient).await.case("missing-token").observed.status, Some(401));
}
