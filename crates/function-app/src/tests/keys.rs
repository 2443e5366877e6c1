//! When keys are fetched and which are believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use authsettings::Knobs;
use rstest::rstest;
use serde_json::{Value, json};
use serve::{Request, Service};
use token::{Algorithm, Version};

use super::lab::{
    FOREIGN, Memory, NOW, TENANT, app_with, bearing, header, key, listed, payload, sign_by, stranger, token, told,
};
use crate::{App, FetchedKeys, KeyCache, KeySource, PublicKey};

fn app(memory: &Arc<Memory>) -> App {
    app_with(Arc::clone(memory), |_| {})
}

/// A request so many seconds later, with a token that is still valid then.
fn later(seconds: i64, token: &str) -> Request {
    Request { at: NOW + seconds, ..bearing(token) }
}

fn lasting() -> String {
    token(&[("exp", (NOW + 1_000_000).into())])
}

/// A token by the key that is not published at first.
fn rotated() -> String {
    let payload = super::lab::changed(payload(), &[("exp", (NOW + 1_000_000).into())]);
    sign_by(stranger(), Algorithm::Rs256, &listed(Version::V2).header(stranger().kid()), &payload)
}

#[tokio::test]
async fn keys_are_fetched_once() {
    let memory = Memory::new();
    let app = app(&memory);
    for _ in 0..3 {
        assert_eq!(told(&app, bearing(&token(&[]))).await, "200");
    }
    assert_eq!(memory.asked(), 1);
}

#[tokio::test]
async fn many_at_once_make_one_fetch() {
    let memory = Memory::new();
    let app = Arc::new(app(&memory));
    let token = token(&[]);
    let calls: Vec<_> = (0..20).map(|_| (Arc::clone(&app), bearing(&token))).collect();
    let tasks: Vec<_> =
        calls.into_iter().map(|(app, request)| tokio::spawn(async move { app.call(request).await.status() })).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    assert_eq!(memory.asked(), 1);
    // Nobody has asked for an unknown key by that: the first who does is served at once.
    memory.publish(&[key(), stranger()]);
    assert_eq!(told(&app, bearing(&rotated())).await, "200");
}

#[tokio::test]
async fn nothing_is_fetched_for_what_can_not_be_valid() {
    let memory = Memory::new();
    let app = app(&memory);
    let mut none = header();
    none.insert("alg".to_owned(), "none".into());
    for token in ["opaque".to_owned(), super::lab::sign(&none, &payload())] {
        told(&app, bearing(&token)).await;
    }
    assert_eq!(memory.asked(), 0);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_at_once_and_then_only_now_and_then() {
    let memory = Memory::new();
    let app = app(&memory);
    assert_eq!(told(&app, later(0, &lasting())).await, "200");
    for second in 0..299 {
        assert_eq!(told(&app, later(second, &rotated())).await, "401 NotSigned");
    }
    assert_eq!(memory.asked(), 2);
    memory.publish(&[key(), stranger()]);
    assert_eq!(told(&app, later(299, &rotated())).await, "401 NotSigned");
    assert_eq!(told(&app, later(300, &rotated())).await, "200");
    assert_eq!(told(&app, later(301, &lasting())).await, "200");
    assert_eq!(memory.asked(), 1);
}

#[tokio::test]
async fn all_who_wait_for_a_new_key_get_it() {
    let memory = Memory::new();
    let app = Arc::new(app(&memory));
    told(&app, bearing(&lasting())).await;
    memory.publish(&[key(), stranger()]);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (app, request) = (Arc::clone(&app), bearing(&rotated()));
            tokio::spawn(async move { app.call(request).await.status() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    assert_eq!(memory.asked(), 2);
}

/// Publishes one key, and does not answer a second time.
struct Stuck(AtomicBool);

impl KeySource for Stuck {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async {
            if self.0.swap(true, Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let jwk = serde_json::to_value(key().jwk()).unwrap();
            Ok(vec![PublicKey::read(&jwk).unwrap()])
        })
    }
}

#[tokio::test]
async fn known_keys_do_not_wait_for_unknown_ones() {
    let cache = KeyCache::new(Box::new(Stuck(AtomicBool::new(false))), &Knobs::default());
    assert_eq!(cache.keys(NOW).await.len(), 1);
    tokio::select! {
        biased;
        _ = cache.newer_keys(NOW) => panic!("nothing is answered a second time"),
        keys = cache.keys(NOW) => assert_eq!(keys.len(), 1),
    }
}

#[tokio::test]
async fn keys_are_fetched_again_twice_a_day() {
    let memory = Memory::new();
    let app = app(&memory);
    assert_eq!(told(&app, later(0, &lasting())).await, "200");
    memory.publish(&[stranger()]);
    assert_eq!(told(&app, later(12 * 3600 - 1, &lasting())).await, "200");
    assert_eq!(told(&app, later(12 * 3600, &lasting())).await, "401 NotSigned");
    assert_eq!(told(&app, later(12 * 3600, &rotated())).await, "200");
}

#[rstest]
#[case::outage(Err("connection refused".to_owned()))]
#[case::no_keys(Ok(json!({ "keys": [] })))]
#[case::something_else(Ok(json!("<html>")))]
#[tokio::test]
async fn known_keys_outlive_trouble(#[case] trouble: Result<Value, String>) {
    let memory = Memory::new();
    let app = app(&memory);
    assert_eq!(told(&app, later(0, &lasting())).await, "200");
    *memory.keys.lock().unwrap() = trouble;
    assert_eq!(told(&app, later(13 * 3600, &lasting())).await, "200");
    assert_eq!(told(&app, later(13 * 3600 + 1, &rotated())).await, "401 NotSigned");
    assert_eq!(memory.asked(), 2);
    let decision = app.decisions().pop().unwrap();
    assert!(decision.to_string().contains("; the keys could not be fetched: "), "{decision}");
    memory.publish(&[key(), stranger()]);
    assert_eq!(told(&app, later(13 * 3600 + 300, &rotated())).await, "200");
}

#[tokio::test]
async fn a_cold_start_without_keys_stays_closed_and_recovers() {
    let memory = Memory::new();
    let app = app(&memory);
    *memory.metadata.lock().unwrap() = Err("connection refused".to_owned());
    assert_eq!(told(&app, later(0, &lasting())).await, "401 NotSigned");
    assert_eq!(told(&app, later(0, &lasting())).await, "401 NotSigned");
    *memory.metadata.lock().unwrap() = Memory::new().metadata.lock().unwrap().clone();
    assert_eq!(told(&app, later(0, &lasting())).await, "401 NotSigned");
    assert_eq!(told(&app, later(1, &lasting())).await, "200");
}

#[tokio::test]
async fn attempts_of_a_cold_start_are_spaced() {
    let memory = Memory::new();
    let app = app(&memory);
    *memory.keys.lock().unwrap() = Err("connection refused".to_owned());
    for second in 0..1000 {
        assert_eq!(told(&app, later(second, &lasting())).await, "401 NotSigned");
    }
    // After 0, 1, 3, 7, ... 255 seconds, then every 300.
    assert_eq!(memory.asked(), 11);
}

#[rstest]
#[case::other_issuer("issuer", "https://login.microsoftonline.com/a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d/v2.0")]
#[case::other_version("issuer", "https://sts.windows.net/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/")]
#[case::foreign_keys("jwks_uri", "https://evil.example/keys")]
#[case::plain_keys("jwks_uri", "http://login.microsoftonline.com/keys")]
#[case::no_keys("jwks_uri", "")]
#[tokio::test]
async fn metadata_of_another_authority_is_not_believed(#[case] member: &str, #[case] value: &str) {
    let memory = Memory::new();
    if let Ok(metadata) = memory.metadata.lock().unwrap().as_mut() {
        metadata[member] = value.into();
    }
    assert_eq!(told(&app(&memory), bearing(&token(&[]))).await, "401 NotSigned");
    assert_eq!(memory.asked(), 0);
}

// What may stand in a key set, and whether its key is used.
#[rstest]
#[case::as_it_is(json!({}), true)]
#[case::own_issuer(json!({ "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0") }), true)]
#[case::any_issuer(json!({ "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" }), true)]
#[case::foreign_issuer(json!({ "issuer": format!("https://login.microsoftonline.com/{FOREIGN}/v2.0") }), false)]
#[case::for_encryption(json!({ "use": "enc" }), false)]
#[case::other_operations(json!({ "key_ops": ["encrypt"] }), false)]
#[case::verifying(json!({ "key_ops": ["verify"] }), true)]
#[case::other_algorithm(json!({ "alg": "RS512" }), false)]
#[case::other_type(json!({ "kty": "oct", "k": "AAAA" }), false)]
#[case::other_name(json!({ "kid": "other" }), false)]
#[case::exponent_one(json!({ "e": "AQ" }), false)]
#[case::short_modulus(json!({ "n": "sXch0Lq4Yl2vNdoFvgHJ0XcTjq4VvC3mJ1hK2w" }), false)]
#[case::no_modulus(json!({ "n": 1 }), false)]
#[tokio::test]
async fn only_keys_for_our_signatures_are_used(#[case] change: Value, #[case] expected: bool) {
    let memory = Memory::new();
    let mut jwk = serde_json::to_value(key().jwk()).unwrap();
    for (name, value) in change.as_object().unwrap() {
        jwk[name] = value.clone();
    }
    // A second key keeps the set usable.
    let other = serde_json::to_value(stranger().jwk()).unwrap();
    *memory.keys.lock().unwrap() = Ok(json!({ "keys": [jwk, other, "no key", { "kty": "EC" }] }));
    let expected = if expected { "200" } else { "401 NotSigned" };
    assert_eq!(told(&app(&memory), bearing(&token(&[]))).await, expected);
}

#[test]
fn a_key_keeps_what_was_published_of_it() {
    let jwk = serde_json::to_value(key().jwk()).unwrap();
    let key = PublicKey::read(&jwk).unwrap();
    assert_eq!((key.jwk(), key.kid()), (&jwk, jwk["kid"].as_str()));
}

#[tokio::test]
async fn an_error_that_looks_like_a_key_set_is_none() {
    let memory = Memory::new();
    memory.status.store(500, Ordering::Relaxed);
    assert_eq!(told(&app(&memory), bearing(&token(&[]))).await, "401 NotSigned");
}

#[tokio::test]
async fn of_two_keys_of_one_name_the_right_one_counts() {
    let memory = Memory::new();
    let mut twin = serde_json::to_value(stranger().jwk()).unwrap();
    twin["kid"] = key().kid().into();
    *memory.keys.lock().unwrap() = Ok(json!({ "keys": [twin, serde_json::to_value(key().jwk()).unwrap()] }));
    assert_eq!(told(&app(&memory), bearing(&token(&[]))).await, "200");
}

#[tokio::test]
async fn any_tenant_is_its_own_issuer_and_has_its_own_keys() {
    let memory = Memory::new();
    *memory.metadata.lock().unwrap() = Ok(json!({
        "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
        "jwks_uri": "https://login.microsoftonline.com/common/discovery/v2.0/keys",
    }));
    let app = app_with(Arc::clone(&memory), |config| {
        config.settings.entra.as_mut().unwrap().issuer = Some("https://login.microsoftonline.com/common/v2.0".into());
    });
    let issuer = |tenant: &str| Value::from(format!("https://login.microsoftonline.com/{tenant}/v2.0"));
    assert_eq!(told(&app, bearing(&token(&[]))).await, "200");
    let foreign = token(&[("iss", issuer(FOREIGN)), ("tid", FOREIGN.into())]);
    assert_eq!(told(&app, bearing(&foreign)).await, "200");
    let mixed = token(&[("iss", issuer(FOREIGN))]);
    assert_eq!(told(&app, bearing(&mixed)).await, "401 WrongIssuer");
    let placeholder = token(&[("iss", issuer("{tenantid}")), ("tid", FOREIGN.into())]);
    assert_eq!(told(&app, bearing(&placeholder)).await, "401 WrongIssuer");
    let mut jwk = serde_json::to_value(key().jwk()).unwrap();
    jwk["issuer"] = issuer(FOREIGN);
    *memory.keys.lock().unwrap() = Ok(json!({ "keys": [jwk] }));
    let later = |token: &str| Request { at: NOW + 13 * 3600, ..bearing(token) };
    assert_eq!(told(&app, later(&token(&[("exp", (NOW + 99_999).into())]))).await, "401 NotSigned");
}
