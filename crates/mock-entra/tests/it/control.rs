//! The control API.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::{Value, json};
use token::{Draft, Token};

use crate::{BATCH, CONTOSO, FABRIKAM, Mock, NOW, ORDERS, secret, start, start_as_entra, start_with};

async fn minted(mock: &Mock, recipe: Value) -> Value {
    let answer = mock.control("mint", recipe).await;
    let token = answer.body["token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned();
    let (draft, _) = Token::new(&*token).open().unwrap();
    Value::Object(draft.payload_json().unwrap())
}

#[tokio::test]
async fn status_says_where_and_who() {
    let mock = start().await;
    let status = mock.get("/_greenlight/status").await.body;
    assert_eq!((&status["ready"], &status["https"]), (&json!(true), &json!(mock.mock.url())));
    let contoso = &status["tenants"][0];
    assert_eq!((&contoso["name"], &contoso["id"]), (&json!("contoso"), &json!(CONTOSO)));
    assert_eq!(contoso["issuers"]["v2"], mock.url(&format!("/{CONTOSO}/v2.0")));
    assert_eq!((contoso["kids"].as_array().unwrap().len(), &contoso["signing"]), (2, &contoso["kids"][0]));

    mock.mock.issuer().announce("imds", "http://127.0.0.1:4141".to_owned());
    assert_eq!(mock.get("/_greenlight/status").await.body["beside"], json!({"imds": "http://127.0.0.1:4141"}));
}

#[tokio::test]
async fn the_directory_is_told_without_its_secrets() {
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&start().await.get("/_greenlight/directory").await.body).unwrap()
    );
}

#[rstest]
#[case::browser("origin", "https://evil.example", "bears the header origin")]
#[case::proxy("x-forwarded-for", "203.0.113.9", "bears the header x-forwarded-for")]
#[case::standard_proxy("forwarded", "for=203.0.113.9", "bears the header forwarded")]
#[case::rebound_name("host", "rebound.example", "is addressed to the host `rebound.example`")]
#[tokio::test]
async fn only_programs_on_this_machine_may_control(#[case] header: &str, #[case] value: &str, #[case] reason: &str) {
    let mock = start().await;
    for action in ["status", "mint", "nothing"] {
        let request = mock.client.post(mock.url(&format!("/_greenlight/{action}"))).header(header, value);
        let answer = mock.send(request).await;
        assert_eq!(answer.status, 403);
        assert!(answer.body["error"].as_str().unwrap().contains(reason), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_configured_token_opens_the_control_api() {
    let mock = start_with(|config| config.control_token = Some(secret("open"))).await;
    let ask = |token: &str| {
        mock.client.get(mock.url("/_greenlight/status")).header("x-forwarded-for", "203.0.113.9").bearer_auth(token)
    };
    assert_eq!(mock.send(ask("open")).await.status, 200);
    assert_eq!(mock.send(ask("opem")).await.status, 401);
    assert_eq!(mock.get("/_greenlight/status").await.status, 200, "this machine needs none");
    let without = start().await;
    let any = without.client.get(without.url("/_greenlight/status")).bearer_auth("any");
    assert_eq!(without.send(any).await.status, 401);
}

#[rstest]
#[case::by_name(json!({"caller": "apim", "audience": "orders"}), json!({"aud": ORDERS, "tid": CONTOSO, "ver": "2.0", "roles": ["Orders.Read"]}))]
#[case::in_the_other_version(json!({"caller": "apim", "audience": "orders", "version": "other"}), json!({"aud": "api://orders", "ver": "1.0"}))]
#[case::for_anything(json!({"caller": "batch", "audience": "api://anything"}), json!({"aud": "api://anything", "ver": "2.0", "azp": BATCH, "azpacr": "1"}))]
#[case::where_the_caller_lives(json!({"caller": "gateway", "audience": "orders"}), json!({"tid": FABRIKAM}))]
#[case::by_another_tenant(json!({"caller": "apim", "audience": "orders", "tenant": "fabrikam.example"}), json!({"tid": FABRIKAM}))]
#[case::expired(json!({"caller": "apim", "audience": "orders", "lifetime": {"expires-in": -600}}), json!({"exp": NOW - 600}))]
#[case::changed(json!({"caller": "apim", "audience": "orders", "claims": [["azp", BATCH], ["roles"]]}), json!({"azp": BATCH, "roles": null}))]
#[tokio::test]
async fn recipes_become_tokens(#[case] recipe: Value, #[case] expected: Value) {
    let mock = start().await;
    let payload = minted(&mock, recipe).await;
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&payload[name], value, "{name} of {payload}");
    }
}

#[rstest]
#[case::as_issued(json!({}), true)]
#[case::changed_and_signed_again(json!({"claims": [["aud", "api://other"]]}), true)]
#[case::changed_and_kept(json!({"claims": [["aud", "api://other"]], "forge": {"signature": "keep"}}), false)]
#[case::by_a_stranger(json!({"forge": {"signature": "stranger"}}), false)]
#[case::keyed_with_the_public_key(json!({"forge": {"signature": {"hmac": "spki-pem"}}}), false)]
#[tokio::test]
async fn only_trusted_signatures_verify(#[case] changes: Value, #[case] good: bool) {
    let mock = start().await;
    let mut recipe = json!({"caller": "apim", "audience": "orders"});
    recipe.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let answer = mock.control("mint", recipe).await;
    let verified = mock.verify(CONTOSO, answer.body["token"].as_str().unwrap()).await;
    assert_eq!(verified.is_ok(), good, "{verified:?}");
}

#[rstest]
#[case::caller(json!({"caller": "amip", "audience": "orders"}), "there is no identity `amip`")]
#[case::tenant(json!({"caller": "apim", "audience": "orders", "tenant": "x"}), "there is no tenant `x`")]
#[case::audience(json!({"caller": "apim"}), "`audience` is missing")]
#[case::typo(json!({"caller": "apim", "audiences": "orders"}), "unknown field `audiences`")]
#[tokio::test]
async fn a_recipe_that_cannot_be_made_says_why(#[case] recipe: Value, #[case] reason: &str) {
    let answer = start().await.control("mint", recipe).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body["error"].as_str().unwrap().contains(reason), "{}", answer.body);
}

/// How a runner in another process completes what it has forged.
#[tokio::test]
async fn a_draft_is_signed_by_the_key_it_names() {
    let mock = start_as_entra().await;
    let kids = mock.get("/_greenlight/status").await.body["tenants"][0]["kids"].clone();
    for kid in [&kids[0], &kids[1]] {
        let draft =
            Draft { header: json!({"alg": "RS256", "kid": kid}).to_string().into(), payload: b"{\"exp\":1}".to_vec() };
        let input = BASE64_URL_SAFE_NO_PAD.encode(draft.signing_input());
        let answer =
            mock.control("sign", json!({"tenant": CONTOSO, "kid": kid, "algorithm": "RS256", "input": input})).await;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(answer.body["signature"].as_str().unwrap()).unwrap();
        mock.verify(CONTOSO, draft.signed(&signature).expose()).await.unwrap();
    }
    let unknown = mock.control("sign", json!({"tenant": CONTOSO, "kid": "x", "input": ""})).await;
    assert_eq!((unknown.status, &unknown.body["error"]), (400, &json!("no published key has the id x")));
    let algorithm = mock.control("sign", json!({"tenant": CONTOSO, "algorithm": "none", "input": ""})).await;
    assert_eq!(algorithm.status, 400);
}

#[tokio::test]
async fn faults_break_an_endpoint_until_they_are_cleared() {
    let mock = start().await;
    let path = format!("/{CONTOSO}/discovery/v2.0/keys");
    let rule = json!([{"path": path, "fault": {"kind": "status", "status": 500}}]);
    assert_eq!(mock.control("faults", rule.clone()).await.body, rule);
    assert_eq!(mock.get(&path).await.status, 500);
    assert_eq!(mock.get(&format!("/{FABRIKAM}/discovery/v2.0/keys")).await.status, 200);
    assert_eq!(mock.send(mock.client.delete(mock.url("/_greenlight/faults"))).await.body, json!([]));
    assert_eq!(mock.get(&path).await.status, 200);
    let wrong = mock.control("faults", json!([{"path": "nowhere", "fault": {"kind": "hang"}}])).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_group_of_faults_disturbs_no_other() {
    let mock = start().await;
    let (one, other) = (mock.tenant().await, mock.tenant().await);
    let path = |tenant: &str| format!("/{tenant}/discovery/v2.0/keys");
    let rule = |tenant: &str, status: u16| json!([{"path": format!("/{tenant}/*"), "fault": {"kind": "status", "status": status}}]);
    let statuses = async || [mock.get(&path(&one)).await.status, mock.get(&path(&other)).await.status];
    assert_eq!(mock.control(&format!("faults/{one}"), rule(&one, 500)).await.body, rule(&one, 500));
    mock.control(&format!("faults/{other}"), rule(&other, 503)).await;
    assert_eq!(statuses().await, [500, 503]);
    mock.control(&format!("faults/{one}"), rule(&one, 502)).await;
    assert_eq!(statuses().await, [502, 503]);
    assert_eq!(mock.get(&format!("/_greenlight/faults/{other}")).await.body, rule(&other, 503));
    mock.delete(&format!("faults/{one}")).await;
    assert_eq!(statuses().await, [200, 503]);
    mock.delete("faults").await;
    assert_eq!(statuses().await, [200, 200]);
}

/// What the runner holds a target's appetite against: an outage, and a journal long overflown, change nothing.
#[tokio::test]
async fn fetches_are_counted_for_each_tenant_whatever_comes_of_them() {
    let mock = start().await;
    let own = mock.tenant().await;
    let rule = json!([{"path": format!("/{own}/discovery/keys"), "fault": {"kind": "status", "status": 500}}]);
    mock.control("faults/x", rule).await;
    for path in ["discovery/keys", "discovery/v2.0/keys", "v2.0/.well-known/openid-configuration", "oauth2/token"] {
        mock.get(&format!("/{own}/{path}")).await;
    }
    mock.get("/common/discovery/keys").await;
    mock.delete("journal").await;
    let counted = async |tenant: &str| mock.get(&format!("/_greenlight/fetches?tenant={tenant}")).await.body;
    assert_eq!(counted(&own).await, json!({"jwks": 2, "discovery": 1}));
    assert_eq!(counted("contoso").await, json!({"jwks": 0, "discovery": 0}));
    assert_eq!(counted("common").await, json!({"jwks": 1, "discovery": 0}));
    assert!(counted("nobody").await["error"].as_str().unwrap().contains("there is no tenant"));
    assert_eq!(mock.get("/_greenlight/fetches").await.status, 400);
}

#[tokio::test]
async fn the_journal_is_read_for_one_tenant() {
    let mock = start().await;
    for tenant in [CONTOSO, FABRIKAM, CONTOSO] {
        mock.get(&format!("/{tenant}/discovery/keys")).await;
    }
    let entries = mock.get(&format!("/_greenlight/journal?path=/{CONTOSO}")).await.body;
    let sequences: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["sequence"].as_u64()).collect();
    assert_eq!(sequences, [Some(1), Some(3)]);
    let later = mock.get(&format!("/_greenlight/journal?since=1&path=/{CONTOSO}")).await.body;
    assert_eq!(later.as_array().unwrap().len(), 1);
}

#[rstest]
#[case::rs256("RS256", &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256)]
#[case::rs384("RS384", &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA384)]
#[case::rs512("RS512", &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA512)]
#[case::ps256("PS256", &aws_lc_rs::signature::RSA_PSS_2048_8192_SHA256)]
#[case::ps384("PS384", &aws_lc_rs::signature::RSA_PSS_2048_8192_SHA384)]
#[case::ps512("PS512", &aws_lc_rs::signature::RSA_PSS_2048_8192_SHA512)]
#[tokio::test]
async fn any_bytes_are_signed_by_any_algorithm_for_an_added_tenant(
    #[case] name: &str,
    #[case] algorithm: &'static aws_lc_rs::signature::RsaParameters,
) {
    let mock = start().await;
    let own = mock.tenant().await;
    let rotated = mock.control("rotate", json!({"tenant": own})).await.body["kid"].clone();
    let bytes = b"\xff\x00 no text";
    let input = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let sign = json!({"tenant": own, "kid": rotated, "algorithm": name, "input": input});
    let signed = mock.control("sign", sign.clone()).await.body;
    assert_eq!((&signed["kid"], &signed["algorithm"]), (&rotated, &json!(name)));
    let keys = mock.get(&format!("/{own}/discovery/v2.0/keys")).await.body["keys"].clone();
    let key = keys.as_array().unwrap().iter().find(|key| key["kid"] == rotated).unwrap();
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap();
    let components = aws_lc_rs::signature::RsaPublicKeyComponents { n: part(&key["n"]), e: part(&key["e"]) };
    components.verify(algorithm, bytes, &part(&signed["signature"])).unwrap();

    let mut elsewhere = sign;
    elsewhere["tenant"] = json!(CONTOSO);
    assert_eq!(mock.control("sign", elsewhere).await.status, 400, "contoso does not publish it");
}

#[tokio::test]
async fn the_journal_shows_requests_without_their_secrets() {
    let mock = start().await;
    mock.post(&format!("/{CONTOSO}/oauth2/v2.0/token?client_secret=in-the-query"), &[("client_secret", "in-the-body")])
        .await;
    let journal = mock.get("/_greenlight/journal").await.body;
    let entry = &journal[0];
    assert_eq!((&entry["path"], &entry["status"]), (&json!(format!("/{CONTOSO}/oauth2/v2.0/token")), &json!(400)));
    assert!(!journal.to_string().contains("in-the-"));
    let since = mock.get(&format!("/_greenlight/journal?since={}", entry["sequence"])).await.body;
    assert_eq!(since[0]["path"], "/_greenlight/journal");
    mock.send(mock.client.delete(mock.url("/_greenlight/journal"))).await;
    assert_eq!(mock.get("/_greenlight/journal").await.body.as_array().unwrap().len(), 1);
}
