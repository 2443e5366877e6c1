//! What becomes of a target's answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use results::{AnsweredBy, RunVerdict, Verdict};
use runner::Run;
use scenario::Platform;
use wiremock::{Request, ResponseTemplate};

use crate::stand_in::{always, at, challenge, function, protected};
use crate::told::{MISSING_TOKEN, Told, VALID_CALLER, marked, run};

#[tokio::test]
async fn an_open_function_is_a_breach_with_a_control_and_without() {
    let target = always(function()).await;
    for scenarios in [&[VALID_CALLER, MISSING_TOKEN][..], &[MISSING_TOKEN]] {
        let told = Told::of(marked(run(&target.uri(), scenarios))).await;
        assert_eq!(told.case("missing-token").verdict, Verdict::Fail);
        assert_eq!(told.reason("missing-token"), "the function: answered (200), expected not to be reached");
        assert_eq!(told.closing().verdict, RunVerdict::Fail);
    }
}

#[tokio::test]
async fn a_protected_function_passes_with_a_control_and_proves_nothing_without() {
    let target = protected().await;
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN]))).await;
    let expected = [("valid-caller".to_owned(), Verdict::Pass), ("missing-token".to_owned(), Verdict::Pass)];
    assert_eq!(told.verdicts(), expected);
    assert_eq!(told.closing().verdict, RunVerdict::Pass);
    let refused = &told.case("missing-token").observed;
    assert_eq!((refused.status, refused.answered_by), (Some(401), AnsweredBy::Platform));
    assert_eq!(refused.detail.as_ref().unwrap().as_str(), r#"Bearer realm="func.example.net""#);

    let told = Told::of(marked(run(&target.uri(), &[MISSING_TOKEN]))).await;
    assert_eq!(told.case("missing-token").verdict, Verdict::Inconclusive);
    let reason = "refused, but nothing shows that this target lets anyone in: no positive control was played";
    assert_eq!(told.reason("missing-token"), reason);
    assert_eq!(told.closing().verdict, RunVerdict::Inconclusive);
}

#[tokio::test]
async fn without_evidence_a_case_is_judged_all_the_same() {
    let target = always(function()).await;
    let told = Told::of(Run { evidence: false, ..marked(run(&target.uri(), &[MISSING_TOKEN])) }).await;
    let case = told.case("missing-token");
    assert_eq!((case.verdict, case.exchanges.len(), &case.replay), (Verdict::Fail, 0, &None));
}

#[tokio::test]
async fn a_target_that_refuses_everybody_proves_nothing_by_it() {
    let target = always(challenge()).await;
    let told = Told::of(run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN])).await;
    assert_eq!(told.case("valid-caller").verdict, Verdict::Fail);
    assert_eq!(told.case("missing-token").verdict, Verdict::Inconclusive);
    let begin =
        "refused, but nothing shows that this target lets anyone in: `valid-caller` ended in fail: the function: ";
    assert!(told.reason("missing-token").starts_with(begin), "{}", told.reason("missing-token"));
}

#[tokio::test]
async fn a_control_that_cannot_be_played_is_named() {
    let target = protected().await;
    let control = "id: issued\ncontrol: true\nsend: { token: { caller: listed } }\nexpect: accepted";
    let told = Told::of(run(&target.uri(), &[control, MISSING_TOKEN])).await;
    assert_eq!(told.case("issued").verdict, Verdict::Skip);
    assert_eq!(
        told.reason("missing-token"),
        "refused, but nothing shows that this target lets anyone in: `issued` ended in skip: needs a token that the target trusts: name \
         an `issuer` in a profile, or give `callers: { listed: { credential: ... } }`"
    );
    let told = Told::of(run(&target.uri(), &[control, VALID_CALLER, MISSING_TOKEN])).await;
    assert_eq!(told.case("missing-token").verdict, Verdict::Pass, "another control did");
}

#[tokio::test]
async fn a_success_without_the_marker_is_neither_let_in_nor_refused() {
    let target = always(ResponseTemplate::new(200).set_body_string("Your app is up and running")).await;
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, MISSING_TOKEN]))).await;
    assert_eq!(told.case("valid-caller").verdict, Verdict::Fail);
    assert_eq!(told.case("missing-token").verdict, Verdict::Fail);
    assert_eq!(told.case("valid-caller").observed.answered_by, AnsweredBy::Unknown);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = protected().await;
    at(&target, "/old", ResponseTemplate::new(302).insert_header("location", "/api/orders")).await;
    let moved = "id: moved\nsend: { path: /old, authorization: Bearer good }\nexpect: unauthenticated";
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, moved]))).await;
    assert_eq!((told.case("moved").verdict, told.case("moved").observed.status), (Verdict::Pass, Some(302)));
    let asked: Vec<String> =
        target.received_requests().await.unwrap().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(
        asked,
        ["/api/orders", "/api/orders", "/old", "/api/orders"],
        "is it ready, the control, the case, the control"
    );
}

#[tokio::test]
async fn a_server_error_is_no_refusal() {
    let target = protected().await;
    at(&target, "/crash", ResponseTemplate::new(500)).await;
    at(&target, "/busy", ResponseTemplate::new(429)).await;
    let crash = "id: crash\nsend: { path: /crash }\nexpect: unauthenticated";
    let busy = "id: busy\nsend: { path: /busy }\nexpect: unauthenticated";
    let named = "id: named\nsend: { path: /crash }\nexpect: { outcome: unauthenticated, status: [401, 500] }";
    let told = Told::of(run(&target.uri(), &[VALID_CALLER, crash, busy, named])).await;
    assert_eq!(told.case("crash").verdict, Verdict::Inconclusive);
    assert_eq!(told.case("busy").verdict, Verdict::Inconclusive);
    assert_eq!(told.case("named").verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_breach_behind_a_warning_is_found() {
    let target = protected().await;
    at(&target, "/old", ResponseTemplate::new(404)).await;
    at(&target, "/open", function()).await;
    let steps = "
id: two-doors
steps:
  - { send: { path: /old }, expect: unauthenticated }
  - { send: { path: /open }, expect: unauthenticated }
  - { send: { path: /never }, expect: unauthenticated }
";
    let mut easy_auth = marked(run(&target.uri(), &[VALID_CALLER, steps]));
    easy_auth.profile.target.platform = Platform::EasyAuth;
    let told = Told::of(easy_auth).await;
    let case = told.case("two-doors");
    assert_eq!(case.verdict, Verdict::Fail);
    assert_eq!(told.reason("two-doors"), "step 2: the function: answered (200), expected not to be reached");
    assert_eq!(case.expected, "unauthenticated, then unauthenticated, then unauthenticated");
    assert_eq!(case.exchanges.len(), 2, "what follows a failure is not played");
    assert!(case.replay.as_ref().unwrap().as_str().ends_with("/open"), "{:?}", case.replay);
}

#[tokio::test]
async fn the_gravest_step_decides_and_is_shown() {
    let target = protected().await;
    at(&target, "/old", ResponseTemplate::new(404)).await;
    let steps = "
id: two-doors
steps:
  - { send: { path: /old }, expect: { outcome: unauthenticated, status: 401 } }
  - { send: {}, expect: unauthenticated }
  - { send: {}, expect: recorded }
";
    let all = |platform, strict| {
        let mut run = marked(run(&target.uri(), &[VALID_CALLER, steps]));
        run.profile.target.platform = platform;
        run.profile.strict = strict;
        run
    };
    let told = Told::of(all(Platform::Other, false)).await;
    assert_eq!(told.case("two-doors").verdict, Verdict::Warn);
    assert_eq!(told.reason("two-doors"), "step 1: status: 404, expected 401");
    assert_eq!(told.case("two-doors").observed.status, Some(404));
    assert_eq!(told.case("two-doors").exchanges.len(), 3);

    for (platform, strict) in [(Platform::Other, true), (Platform::EasyAuth, false)] {
        let told = Told::of(all(platform, strict)).await;
        assert_eq!(told.case("two-doors").verdict, Verdict::Fail, "{platform:?} {strict}");
        assert_eq!(told.case("valid-caller").verdict, Verdict::Pass);
    }
}

#[tokio::test]
async fn a_body_that_did_not_come_whole_proves_nothing_about_what_it_lacks() {
    let target = protected().await;
    let long = challenge().set_body_string(format!("{} at System.Web", "x".repeat(100)));
    at(&target, "/trace", long).await;
    let trace = "id: trace\nsend: { path: /trace }\nexpect: { outcome: unauthenticated, body: { lacks: System. } }";
    let mut short = run(&target.uri(), &[VALID_CALLER, trace]);
    short.profile.limits.body_bytes = 50;
    let told = Told::of(short).await;
    assert_eq!(told.case("trace").verdict, Verdict::Inconclusive);
    assert!(told.reason("trace").starts_with("only the first 50 bytes of the body came"), "{}", told.reason("trace"));
    assert_eq!(Told::of(run(&target.uri(), &[VALID_CALLER, trace])).await.case("trace").verdict, Verdict::Fail);
}

#[tokio::test]
async fn no_signature_is_told_though_the_target_repeats_it() {
    let echo = |request: &Request| {
        let authorization = request.headers.get("authorization").map_or("", |value| value.to_str().unwrap());
        let body = authorization.rsplit('.').next().unwrap_or_default().to_owned();
        challenge().insert_header("x-echo", authorization).set_body_string(body)
    };
    let target = always(echo).await;
    let steps = "
id: forged
steps:
  - { send: { token: { caller: listed, forge: { signature: stranger } } }, expect: unauthenticated }
  - { send: { token: { caller: listed, forge: { signature: garbage } }, query: 'access_token=${token}' }, expect: refused }
";
    let mut secret = run(&target.uri(), &[steps]);
    secret.secrets = vec!["a-key-of-the-user".to_owned()];
    secret.command = "greenlight run --key a-key-of-the-user".to_owned();
    let told = Told::of(secret).await;
    assert_eq!(told.case("forged").exchanges.len(), 2);
    assert!(!told.document.contains("a-key-of-the-user"), "{}", told.document);

    let mut signatures = 0;
    for request in target.received_requests().await.unwrap() {
        let token = request.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let token = token.or_else(|| request.url.query().map(str::to_owned)).unwrap_or_default();
        let Some((content, signature)) = token.rsplit_once('.') else { continue };
        let content = content.trim_start_matches("Bearer ").trim_start_matches("access_token=");
        assert!(told.document.contains(content), "the evidence stays");
        for piece in signature.as_bytes().chunks(12) {
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(piece.len() < 12 || !told.document.contains(piece), "{piece} in {}", told.document);
        }
        signatures += 1;
    }
    assert_eq!(signatures, 2);
}

#[tokio::test]
async fn the_form_of_a_refusal_is_that_of_the_very_request() {
    let target = protected().await;
    let redirects = |request: &Request| match request.headers.get("user-agent").and_then(|agent| agent.to_str().ok()) {
        Some(agent) if agent.starts_with("Mozilla") => ResponseTemplate::new(302),
        _ => challenge(),
    };
    at(&target, "/login", redirects).await;
    let agents = "
id: agents
variants: { agent: [Mozilla/5.0, curl/8.0] }
send: { path: /login, headers: { User-Agent: '${agent}' } }
expect: unauthenticated
";
    let settings = r#"{"properties": {
        "platform": {"enabled": true},
        "globalValidation": {"requireAuthentication": true, "unauthenticatedClientAction": "RedirectToLoginPage"},
        "httpSettings": {"requireHttps": false},
        "identityProviders": {"azureActiveDirectory": {"registration": {
            "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41",
            "openIdIssuer": "https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0"}}}}}"#;
    let mut easy_auth = marked(run(&target.uri(), &[VALID_CALLER, agents]));
    easy_auth.profile.target.platform = Platform::EasyAuth;
    easy_auth.settings = authsettings::read(&diagnostics::Source::new("settings.json", settings)).0;
    assert!(easy_auth.settings.is_some());

    let told = Told::of(easy_auth).await;
    let agents: Vec<_> = told.cases.iter().filter(|case| case.id == "agents").map(|case| case.verdict).collect();
    assert_eq!(agents, [Verdict::Pass, Verdict::Pass], "{:#?}", told.cases);
}

#[tokio::test]
async fn the_gravest_of_several_answers_decides() {
    let target = protected().await;
    let opens = AtomicUsize::new(0);
    let third = move |_: &Request| match opens.fetch_add(1, Ordering::Relaxed) {
        2 => function(),
        _ => challenge(),
    };
    at(&target, "/tired", third).await;
    let tired = "
id: tired
steps:
  - { send: { path: /tired }, times: 5, expect: unauthenticated }
";
    let told = Told::of(run(&target.uri(), &[VALID_CALLER, tired])).await;
    let reason = "answer 3 of 5: the function: answered (200), expected not to be reached";
    assert_eq!((told.case("tired").verdict, told.reason("tired")), (Verdict::Fail, reason));
    assert_eq!(told.case("tired").exchanges.len(), 1);
}

#[tokio::test]
async fn a_caller_who_is_locked_out_by_the_run_is_told() {
    let target = always(challenge()).await;
    let calls = AtomicUsize::new(0);
    let twice = move |_: &Request| if calls.fetch_add(1, Ordering::Relaxed) < 2 { function() } else { challenge() };
    at(&target, "/api/orders", twice).await;
    let doors = "id: door\nsend: { path: /door }\nexpect: unauthenticated";
    let told = Told::of(marked(run(&target.uri(), &[VALID_CALLER, doors]))).await;
    let expected = [
        ("valid-caller".to_owned(), Verdict::Pass),
        ("door".to_owned(), Verdict::Pass),
        ("valid-caller[played=again]".to_owned(), Verdict::Fail),
    ];
    assert_eq!(told.verdicts(), expected);
    assert_eq!(told.closing().verdict, RunVerdict::Fail);
}

/// Settings that take plain HTTP and do this with callers without a token.
fn settings(action: &str) -> authsettings::Settings {
    let text = format!(
        r#"{{"properties": {{ "platform": {{ "enabled": true }}, "httpSettings": {{ "requireHttps": false }},
             "globalValidation": {{ "requireAuthentication": true, "unauthenticatedClientAction": "{action}" }} }} }}"#
    );
    authsettings::read(&diagnostics::Source::new("settings.json", text)).0.unwrap()
}

#[tokio::test]
async fn a_prediction_excuses_no_breach_and_drift_is_none() {
    let told = async |action: &str, target: &wiremock::MockServer, scenarios: &[&str]| {
        let run = Run { settings: Some(settings(action)), ..marked(run(&target.uri(), scenarios)) };
        let told = Told::of(run).await;
        let case = told.case("missing-token");
        let drift = case.drift.as_ref().map(|drift| drift.as_str().to_owned());
        (case.verdict, case.predicted.clone().unwrap().phrase, drift, told.closing().drift)
    };
    let open = always(function()).await;
    let (verdict, phrase, drift, count) = told("AllowAnonymous", &open, &[MISSING_TOKEN]).await;
    assert_eq!(
        (verdict, phrase.as_str(), drift, count),
        (Verdict::Fail, "reaches the function without an identity", None, 0)
    );
    let (verdict, phrase, drift, count) = told("Return401", &open, &[MISSING_TOKEN]).await;
    assert_eq!((verdict, phrase.as_str(), count), (Verdict::Fail, "401", 1));
    assert_eq!(drift.as_deref(), Some("the settings say: 401; the function answered 200"));
    let closed = protected().await;
    let (verdict, _, drift, count) = told("AllowAnonymous", &closed, &[VALID_CALLER, MISSING_TOKEN]).await;
    assert_eq!((verdict, count), (Verdict::Pass, 1));
    assert_eq!(
        drift.as_deref(),
        Some("the settings say: reaches the function without an identity; the platform answered 401")
    );
}
