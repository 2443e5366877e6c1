//! Runs with real tokens and no issuer.

use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use results::{Means, Verdict};
use runner::Credentials;
use scenario::{Caller, Credential, Identity};
use serde_json::{Value, json};
use token::Token;
use wiremock::Request;

use crate::stand_in::{always, challenge, function};
use crate::told::{Told, marked, run};

const CONTROL: &str = "id: issued\ncontrol: true\nsend: { token: { caller: listed } }\nexpect: accepted";
const FLIPPED: &str =
    "id: flipped\nsend: { token: { caller: listed, forge: { signature: flipped } } }\nexpect: unauthenticated";
const EXPIRED: &str = "id: expired\nsend: { token: { caller: listed, expires-in: -15m } }\nexpect: unauthenticated";
const UNLISTED: &str = "id: unlisted\nsend: { token: { caller: unlisted } }\nexpect: forbidden";
const STRANGER: &str =
    "id: stranger\nsend: { token: { caller: listed, forge: { signature: stranger } } }\nexpect: unauthenticated";

/// A credential that gives `listed` a token, and nobody else.
struct Listed(Token);

impl Credentials for Listed {
    fn token<'a>(
        &'a self,
        role: &'a str,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + 'a>> {
        let token = if role == "listed" { Ok(self.0.clone()) } else { Err("nobody answers there".to_owned()) };
        Box::pin(async { token })
    }
}

fn token(claims: &Value) -> Token {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = BASE64_URL_SAFE_NO_PAD.encode("signed-by-a-real-issuer");
    Token::new(format!("{}.{}.{signature}", part(&json!({"alg": "RS256", "kid": "real"})), part(claims)))
}

fn real(run: runner::Run, token: &Token) -> runner::Run {
    let caller = |role: &str| Caller {
        role: role.to_owned(),
        identity: Identity::ClientId(role.to_owned()),
        tenant: None,
        credential: Some(Credential::ManagedIdentity(None)),
        kept: None,
    };
    let mut run = marked(run);
    run.profile.audience = Some("orders".to_owned());
    run.profile.callers = vec![caller("listed"), caller("unlisted")];
    run.credentials = Some(Arc::new(Listed(token.clone())));
    run
}

#[tokio::test]
async fn a_real_token_is_the_control_and_what_its_forgeries_start_from() {
    let token = token(&json!({"aud": "orders", "azp": "listed", "oid": "a-real-caller", "exp": 4_000_000_000_i64}));
    let good = format!("Bearer {}", token.expose());
    let answer = move |request: &Request| {
        let is_good = request.headers.get("authorization").is_some_and(|value| *value == *good);
        if is_good { function() } else { challenge() }
    };
    let target = always(answer).await;
    let scenarios = [FLIPPED, CONTROL, EXPIRED, UNLISTED, STRANGER];
    let told = Told::of(real(run(&target.uri(), &scenarios), &token)).await;
    let verdicts: Vec<_> = told.cases.iter().map(|case| (case.id.as_str(), case.verdict, case.means)).collect();
    let expected = [
        ("issued", Verdict::Pass, Some(Means::Real)),
        ("stranger", Verdict::Pass, Some(Means::Forged)),
        ("flipped", Verdict::Pass, Some(Means::Forged)),
        ("expired", Verdict::Skip, None),
        ("unlisted", Verdict::Skip, None),
    ];
    assert_eq!(verdicts, expected);
    let reason = "the credential of `unlisted` gave no token: nobody answers there";
    assert_eq!(told.case("unlisted").reason.as_ref().unwrap().as_str(), reason);
    assert!(told.closing().notes.iter().any(|note| note.as_str() == reason), "{:?}", told.closing().notes);
    let (_, payload) = token.expose().split_once('.').unwrap();
    let (payload, signature) = payload.split_once('.').unwrap();
    assert!(told.case("flipped").exchanges[0].request.as_str().contains(payload));
    assert!(!told.document.contains(signature), "{}", told.document);
}

#[tokio::test]
async fn a_token_for_somebody_else_is_never_sent() {
    let token = token(&json!({"aud": "https://graph.microsoft.com", "azp": "listed", "exp": 4_000_000_000_i64}));
    let target = always(challenge()).await;
    let told = Told::of(real(run(&target.uri(), &[CONTROL]), &token)).await;
    let case = told.case("issued");
    assert_eq!(case.verdict, Verdict::Skip);
    assert!(case.reason.as_ref().unwrap().as_str().contains("not for the target"), "{:?}", case.reason);
    for request in target.received_requests().await.unwrap() {
        assert_eq!(request.headers.get("authorization"), None);
    }
}

#[tokio::test]
async fn a_token_that_was_kept_plays_the_expired_one() {
    let expired = token(&json!({"aud": "orders", "azp": "listed", "exp": 1_700_000_000}));
    let target = always(challenge()).await;
    let mut run = real(run(&target.uri(), &[EXPIRED]), &expired);
    run.credentials = None;
    run.kept = vec![("listed".to_owned(), expired.clone())];
    let told = Told::of(run).await;
    assert_eq!(told.case("expired").means, Some(Means::Real));
    let sent = target.received_requests().await.unwrap();
    assert!(sent.iter().any(|one| {
        one.headers.get("authorization").is_some_and(|value| *value == *format!("Bearer {}", expired.expose()))
    }));
}

/// A credential that asks somebody who never answers.
struct Silent;

impl Credentials for Silent {
    fn token<'a>(&'a self, _: &'a str, _: &'a str) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + 'a>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_run_can_be_stopped_while_it_asks_for_tokens() {
    let target = always(function()).await;
    let mut run = real(run(&target.uri(), &[CONTROL]), &token(&json!({})));
    run.credentials = Some(Arc::new(Silent));
    let told = Told::until(run, tokio::task::yield_now(), Arc::default()).await.unwrap();
    assert!(told.closing().interrupted && told.cases.is_empty(), "{:?}", told.events);
    assert!(target.received_requests().await.unwrap().is_empty(), "nothing is sent any more");
}
