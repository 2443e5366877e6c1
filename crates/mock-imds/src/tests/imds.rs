use rstest::{Context, rstest};
use serve::{Fault, Rule};

use super::{APIM, APIM_OBJECT, Answer, LOOPBACK, Mock, NOW, REPORTING, REPORTING_ID, snapshot};
use crate::{Config, MockImds, StartError};

const TOKEN: &str = "/metadata/identity/oauth2/token";
const METADATA: (&str, &str) = ("Metadata", "true");

async fn token(mock: &Mock, more: &str) -> Answer {
    mock.ask("GET", &format!("{TOKEN}?api-version=2018-02-01&resource=api://orders{more}"), &[METADATA]).await
}

#[tokio::test]
async fn an_answer_is_all_strings() {
    let mock = Mock::serving(&[]).await;
    let answer = token(&mock, "").await;
    assert_eq!(answer.header("server"), "IMDS/150.870.65.1854");
    snapshot("imds_token", &answer);
    assert!(answer.json().as_object().unwrap().values().all(serde_json::Value::is_string));
    let claims = answer.claims();
    assert_eq!((claims["exp"].as_i64(), claims["nbf"].as_i64()), (Some(NOW + 86_400), Some(NOW - 300)));
    assert!(claims["xms_mirid"].as_str().unwrap().ends_with("/apim-contoso"), "{claims}");
}

#[rstest]
#[case::as_documented("/metadata/identity/oauth2/token")]
#[case::slash_at_the_end("/metadata/identity/oauth2/token/")]
#[case::capital("/Metadata/identity/oauth2/token")]
#[case::capitals("/METADATA/identity/oauth2/token/")]
#[tokio::test]
async fn a_path_may_have_a_slash_at_its_end_and_any_case(#[case] path: &str) {
    let mock = Mock::serving(&[]).await;
    for resource in ["api://orders", "api%3A%2F%2Forders"] {
        let answer = mock.ask("GET", &format!("{path}?api-version=2019-08-01&resource={resource}"), &[METADATA]).await;
        assert_eq!((answer.status, answer.json()["resource"].as_str()), (200, Some("api://orders")));
    }
}

#[rstest]
#[case::no_metadata("GET", "api-version=2018-02-01&resource=api://orders", &[])]
#[case::metadata_false("GET", "api-version=2018-02-01&resource=api://orders", &[("Metadata", "false")])]
#[case::probe("GET", "", &[])]
#[case::forwarded("GET", "api-version=2018-02-01&resource=api://orders", &[METADATA, ("X-Forwarded-For", "10.0.0.1")])]
#[case::post("POST", "api-version=2018-02-01&resource=api://orders", &[METADATA])]
#[case::no_version("GET", "resource=api://orders", &[METADATA])]
#[case::odd_version("GET", "api-version=latest&resource=api://orders", &[METADATA])]
#[case::no_resource("GET", "api-version=2018-02-01", &[METADATA])]
#[case::empty_resource("GET", "api-version=2018-02-01&resource=", &[METADATA])]
#[case::unknown_resource("GET", "api-version=2018-02-01&resource=api://nowhere", &[METADATA])]
#[case::not_assigned("GET", "api-version=2018-02-01&resource=api://billing&client_id=44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f", &[METADATA])]
#[case::unknown_identity("GET", "api-version=2018-02-01&resource=api://orders&client_id=0", &[METADATA])]
#[case::two_selectors("GET", "api-version=2018-02-01&resource=api://orders&client_id=1&object_id=2", &[METADATA])]
#[tokio::test]
async fn a_refusal_has_its_status_and_words(
    #[context] context: Context,
    #[case] method: &str,
    #[case] query: &str,
    #[case] headers: &[(&str, &str)],
) {
    let answer = Mock::serving(&[]).await.ask(method, &format!("{TOKEN}?{query}"), headers).await;
    assert_eq!(answer.header("server"), "IMDS/150.870.65.1854");
    assert_eq!(answer.header("allow"), if method == "GET" { "" } else { "GET" });
    snapshot(&format!("imds_{}", context.description.unwrap()), &answer);
}

#[tokio::test]
async fn the_best_known_refusals_have_the_length_that_was_captured() {
    let mock = Mock::serving(&[]).await;
    assert_eq!(mock.ask("GET", TOKEN, &[]).await.body.len(), 88);
    assert_eq!(token(&mock, "&client_id=0").await.body.len(), 68);
}

#[rstest]
#[case::client_id("client_id", REPORTING, REPORTING)]
#[case::client_id_in_capitals("client_id", "44C9FADD-5E60-4F71-9D82-9A0B1C2D3E4F", REPORTING)]
#[case::object_id("object_id", APIM_OBJECT, APIM)]
#[case::resource_id("msi_res_id", REPORTING_ID, REPORTING)]
#[case::resource_id_as_elsewhere("mi_res_id", REPORTING_ID, REPORTING)]
#[case::empty("client_id", "", APIM)]
#[tokio::test]
async fn a_selector_chooses(#[case] name: &str, #[case] value: &str, #[case] client: &str) {
    let mock = Mock::serving(&[]).await;
    let answer = token(&mock, &format!("&{name}={value}")).await;
    assert_eq!(answer.json()["client_id"], client, "{}", answer.body);
}

#[rstest]
#[case::system_assigned(&["reporting", "apim"], 200, APIM)]
#[case::the_only_one(&["reporting"], 200, REPORTING)]
#[case::several(&["reporting", "archive"], 400, "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request")]
#[tokio::test]
async fn without_a_selector_there_is_a_rule(#[case] served: &[&str], #[case] status: u16, #[case] part: &str) {
    let answer = token(&Mock::serving(served).await, "").await;
    assert_eq!(answer.status, status);
    assert!(answer.body.contains(part), "{}", answer.body);
}

#[tokio::test]
async fn an_identity_that_is_not_attached_is_not_found() {
    let answer = token(&Mock::serving(&["apim"]).await, &format!("&client_id={REPORTING}")).await;
    assert_eq!(answer.body, r#"{"error":"invalid_request","error_description":"Identity not found"}"#);
}

#[tokio::test]
async fn a_token_is_cached_while_it_lives() {
    let mock = Mock::serving(&[]).await;
    let bearer = |answer: &Answer| answer.json()["access_token"].as_str().unwrap().to_owned();
    let first = token(&mock, "").await;
    mock.pass(80_000);
    let later = token(&mock, "").await;
    assert_eq!(bearer(&later), bearer(&first));
    assert_eq!(later.json()["expires_in"], "6399");
    assert_eq!(later.json()["expires_on"], first.json()["expires_on"]);
    assert_ne!(bearer(&token(&mock, "&client_id=44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f").await), bearer(&first));
    assert_ne!(bearer(&token(&mock, "%2F").await), bearer(&first));

    let forced = token(&mock, "&bypass_cache=true").await;
    assert_ne!(bearer(&forced), bearer(&first));
    assert_eq!(forced.json()["expires_in"], "86399");
    assert_eq!(bearer(&token(&mock, "&bypass_cache=false").await), bearer(&forced));
    // App Service's endpoint speaks for the same back end.
    let path = "/msi/token?api-version=2019-08-01&resource=api://orders";
    assert_eq!(bearer(&mock.ask("GET", path, &[("X-IDENTITY-HEADER", "greenlight")]).await), bearer(&forced));

    mock.pass(86_400 - 299);
    assert_ne!(bearer(&token(&mock, "").await), bearer(&forced), "too little was left of it");
}

#[tokio::test]
async fn the_tenant_can_be_asked_for() {
    let mock = Mock::serving(&[]).await;
    let answer = mock.ask("GET", "/metadata/identity/info?api-version=2018-02-01", &[METADATA]).await;
    assert_eq!(answer.body, r#"{"tenantId":"72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10"}"#);
    assert_eq!(mock.ask("GET", "/metadata/identity/info?api-version=2018-02-01", &[]).await.status, 400);
}

#[rstest]
#[case("GET", "/metadata/identity/getplatformmetadata?cred-api-version=2.0")]
#[case("POST", "/metadata/identity/issuecredential?cred-api-version=2.0")]
#[case("POST", "/metadata/identity/credential?cred-api-version=1.0")]
#[case("GET", "/metadata/instance")]
#[case("GET", "/arc/metadata/identity/oauth2/token")]
#[case("GET", "/")]
#[tokio::test]
async fn other_paths_are_not_there(#[case] method: &str, #[case] path: &str) {
    let answer = Mock::serving(&[]).await.ask(method, path, &[METADATA]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("server").starts_with("IMDS/"), path.starts_with("/metadata"));
}

#[rstest]
#[case::updating(404)]
#[case::gone(410)]
#[case::throttled(429)]
#[case::restarting(500)]
#[tokio::test]
async fn trouble_comes_on_demand(#[case] status: u16) {
    let mock = Mock::serving(&[]).await;
    let headers = vec![("Retry-After".to_owned(), "1".to_owned())];
    let fault = Fault::Status { status, headers, body: String::new(), body_base64: None };
    mock.running.faults().set(vec![Rule { path: format!("{TOKEN}*"), times: Some(1), fault }]).unwrap();
    let answer = token(&mock, "").await;
    assert_eq!((answer.status, answer.header("retry-after")), (status, "1"));
    assert_eq!(token(&mock, "").await.status, 200);
    assert_eq!(mock.running.journal().since(0)[0].note, Some("fault: status"));
}

#[rstest]
#[case::identity(Config { identities: vec!["nobody".into()], ..Config::new(LOOPBACK) }, "contoso has no managed identity `nobody`", "archive, apim, reporting")]
#[case::service_principal(Config { identities: vec!["batch".into()], ..Config::new(LOOPBACK) }, "no managed identity `batch`", "apim")]
#[case::tenant(Config { tenant: Some("nowhere".into()), ..Config::new(LOOPBACK) }, "no tenant `nowhere`", "contoso, fabrikam")]
#[tokio::test]
async fn what_cannot_be_served_is_named(#[case] config: Config, #[case] part: &str, #[case] known: &str) {
    let error = MockImds::start(config, super::issuer(), serve::system_clock()).await.err().unwrap();
    assert!(!matches!(error, StartError::Serve(_)));
    let message = error.to_string();
    assert!(message.contains(part) && message.contains(known), "{message}");
}

#[tokio::test]
async fn another_tenant_s_identities_can_be_served() {
    let mock = Mock::start(Config { tenant: Some("fabrikam".into()), ..Config::new(LOOPBACK) }).await;
    let answer = token(&mock, "").await;
    assert_eq!(answer.claims()["tid"], "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d");
    assert_eq!(mock.running.url(), format!("http://localhost:{}", mock.running.address().port()));
    assert!(!mock.running.is_exposed());
}
