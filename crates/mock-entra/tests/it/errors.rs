//! What callers are told when they ask wrongly.

use rstest::rstest;

use crate::{BATCH, BATCH_SECRET, CONTOSO, ORDERS, start};

const V2: &str = "oauth2/v2.0/token";
const V1: &str = "oauth2/token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A good request with some parameters changed; an empty one is left out.
fn form<'a>(audience: (&'a str, &'a str), changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let good = [("grant_type", "client_credentials"), ("client_id", BATCH), ("client_secret", BATCH_SECRET), audience];
    let kept = good.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().copied()).filter(|(_, value)| !value.is_empty()).collect()
}

#[rstest]
#[case::unknown_tenant("nowhere.example", V2, &[], 400, "invalid_request", 90_002)]
#[case::short_name_as_tenant("contoso", V2, &[], 400, "invalid_request", 90_002)]
#[case::no_tenant("common", V2, &[], 400, "invalid_request", 9_001_023)]
#[case::no_grant(CONTOSO, V2, &[("grant_type", "")], 400, "invalid_request", 900_144)]
#[case::wrong_grant(CONTOSO, V2, &[("grant_type", "password")], 400, "unsupported_grant_type", 70_003)]
#[case::no_client(CONTOSO, V2, &[("client_id", "")], 400, "invalid_request", 900_144)]
#[case::unknown_client(CONTOSO, V2, &[("client_id", "99999999-6f71-4082-8e93-0b1c2d3e4f50")], 400, "unauthorized_client", 700_016)]
#[case::client_by_name(CONTOSO, V2, &[("client_id", "batch")], 400, "unauthorized_client", 700_016)]
#[case::managed_identity_as_client(CONTOSO, V2, &[("client_id", "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e")], 400, "unauthorized_client", 700_016)]
#[case::client_of_another_tenant("fabrikam.example", V2, &[], 400, "unauthorized_client", 700_016)]
#[case::bad_secret(CONTOSO, V2, &[("client_secret", "guess")], 401, "invalid_client", 7_000_215)]
#[case::expired_secret(CONTOSO, V2, &[("client_secret", "batch-secret-that-has-expired")], 401, "invalid_client", 7_000_222)]
#[case::no_secret(CONTOSO, V2, &[("client_secret", "")], 401, "invalid_client", 7_000_216)]
#[case::garbage_assertion(CONTOSO, V2, &[("client_assertion", "a.b"), ("client_assertion_type", ASSERTION_TYPE)], 401, "invalid_client", 50_027)]
#[case::no_assertion_type(CONTOSO, V2, &[("client_assertion", "a.b.c")], 400, "invalid_request", 900_144)]
#[case::wrong_assertion_type(CONTOSO, V2, &[("client_assertion", "a.b.c"), ("client_assertion_type", "saml")], 400, "invalid_request", 9_002_313)]
#[case::no_scope(CONTOSO, V2, &[("scope", "")], 400, "invalid_request", 900_144)]
#[case::scope_without_default(CONTOSO, V2, &[("scope", "api://orders/Orders.Read")], 400, "invalid_scope", 1_002_012)]
#[case::two_scopes(CONTOSO, V2, &[("scope", "api://orders/.default api://billing/.default")], 400, "invalid_scope", 70_011)]
#[case::resource_on_v2(CONTOSO, V2, &[("resource", "api://orders")], 400, "invalid_request", 901_002)]
#[case::unknown_resource(CONTOSO, V2, &[("scope", "api://nothing/.default")], 400, "invalid_resource", 500_011)]
#[case::managed_identity_as_resource(CONTOSO, V2, &[("scope", "44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f/.default")], 400, "invalid_resource", 500_011)]
#[case::not_assigned(CONTOSO, V2, &[("scope", "api://billing/.default")], 400, "invalid_grant", 501_051)]
#[case::no_resource(CONTOSO, V1, &[("scope", "")], 400, "invalid_request", 900_144)]
#[case::unknown_resource_on_v1(CONTOSO, V1, &[("resource", "api://nothing")], 400, "invalid_resource", 500_011)]
#[tokio::test]
async fn each_mistake_has_its_code(
    #[case] tenant: &str,
    #[case] path: &str,
    #[case] changes: &[(&str, &str)],
    #[case] status: u16,
    #[case] error: &str,
    #[case] code: u32,
) {
    let mock = start().await;
    let answer = mock.post(&format!("/{tenant}/{path}"), &form(("scope", "api://orders/.default"), changes)).await;
    assert_eq!(answer.body["error_codes"], serde_json::json!([code]), "{}", answer.body);
    assert_eq!((answer.status, answer.body["error"].as_str().unwrap()), (status, error));
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
    assert_eq!(answer.header("cache-control"), "no-store, no-cache");
    assert!(!answer.body.to_string().contains(BATCH_SECRET));
}

#[tokio::test]
async fn an_error_is_shaped_like_entras() {
    let mock = start().await;
    let correlation = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let request = mock.client.post(mock.url(&format!("/{CONTOSO}/{V2}"))).header("client-request-id", correlation);
    let answer =
        mock.send(request.form(&form(("scope", "x"), &[("client_secret", "guess"), ("scope", "a/.default")]))).await;
    insta::with_settings!({ filters => vec![(r#"(Trace ID: |"trace_id": ")[0-9a-f-]{36}"#, "${1}[trace]")] }, {
        insta::assert_snapshot!(serde_json::to_string_pretty(&answer.body).unwrap());
    });
}

#[tokio::test]
async fn the_token_endpoint_only_takes_posts() {
    let answer = start().await.get(&format!("/{CONTOSO}/{V2}")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    assert_eq!(answer.body["error_codes"][0], 900_561);
}

#[tokio::test]
async fn a_body_that_is_no_form_lacks_everything() {
    let mock = start().await;
    let url = mock.url(&format!("/{CONTOSO}/{V2}"));
    let json = mock.send(mock.client.post(&url).json(&serde_json::json!({"client_id": ORDERS}))).await;
    assert_eq!(json.body["error_codes"][0], 900_144);
    let bytes = mock.send(mock.client.post(&url).body("scope=%ff")).await;
    assert_eq!(bytes.body["error_codes"][0], 9_002_313);
}
