//! Azure's SDK over our transport, against stand-ins that say what they were asked. Which tokens the mocks grant it is tested where the
//! whole program runs.

use rstest::rstest;
use serde_json::json;
use token::SigningKey;
use wiremock::matchers::{any, body_string_contains, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const NOW: UnixTime = 1_790_000_000;

fn surroundings(authority: &str, imds: Option<&str>) -> Surroundings {
    Surroundings {
        authority: authority.to_owned(),
        trust: Trust::Only(Vec::new()),
        imds: imds.map(str::to_owned),
        clock: Arc::new(|| NOW),
    }
}

async fn refusal(proof: Proof, tenant: Option<&str>, client_id: Option<&str>, authority: &str) -> String {
    match Credential::new(proof, tenant, client_id, &surroundings(authority, None)) {
        Ok(credential) => credential.token("api://orders").await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

/// An identity endpoint that grants, counted.
async fn identity_endpoint(expires_on: i64) -> MockServer {
    let server = MockServer::start().await;
    let granted =
        json!({"access_token": "a.b.c", "expires_on": expires_on.to_string(), "resource": "x", "token_type": "Bearer"});
    Mock::given(method("GET"))
        .and(path("/metadata/identity/oauth2/token"))
        .and(header("metadata", "true"))
        .and(query_param("resource", "api://orders"))
        .respond_with(ResponseTemplate::new(200).set_body_json(granted))
        .mount(&server)
        .await;
    server
}

// The SDK reads the machine's clock.
#[rstest]
#[case::far_from_its_end(4_000_000_000, 1)]
#[case::at_its_end(1_000_000_000, 2)]
#[tokio::test]
async fn a_token_is_kept_until_its_end_is_near(#[case] expires_on: i64, #[case] asked: usize) {
    let server = identity_endpoint(expires_on).await;
    let uri = server.uri();
    let surroundings = surroundings(PUBLIC_AUTHORITY, Some(&uri));
    let credential = Credential::new(Proof::ManagedIdentity(None), None, None, &surroundings).unwrap();
    for _ in 0..2 {
        assert_eq!(credential.token("api://orders").await.unwrap().expose(), "a.b.c");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), asked);
}

#[rstest]
#[case(UserAssigned::ClientId("id".to_owned()), "client_id")]
#[case(UserAssigned::ObjectId("id".to_owned()), "object_id")]
#[case(UserAssigned::ResourceId("id".to_owned()), "msi_res_id")]
#[tokio::test]
async fn a_user_assigned_identity_is_named(#[case] which: UserAssigned, #[case] parameter: &str) {
    let server = identity_endpoint(4_000_000_000).await;
    let uri = server.uri();
    let surroundings = surroundings(PUBLIC_AUTHORITY, Some(&uri));
    let credential = Credential::new(Proof::ManagedIdentity(Some(which)), None, None, &surroundings).unwrap();
    credential.token("api://orders").await.unwrap();
    let asked = &server.received_requests().await.unwrap()[0].url;
    assert!(asked.query_pairs().any(|(name, value)| name == parameter && value == "id"), "{asked}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let secret = || Proof::ClientSecret("a-secret".to_owned());
    assert_eq!(refusal(secret(), None, Some("id"), PUBLIC_AUTHORITY).await, "it needs the caller's `tenant`");
    assert_eq!(refusal(secret(), Some("t"), None, PUBLIC_AUTHORITY).await, "it needs the caller's `client-id`");
    let plain = refusal(secret(), Some("t"), Some("id"), "http://login.example").await;
    assert_eq!(plain, "authority host doesn't use HTTPS scheme: http://login.example");
    let file = Proof::WorkloadIdentity(Some("/nonexistent/token".into()));
    let told = refusal(file, Some("t"), Some("id"), PUBLIC_AUTHORITY).await;
    assert!(told.starts_with("failed to read federated token from file /nonexistent/token"), "{told}");
}

// Nobody listens there: who repeats that for a minute holds up the whole run.
#[tokio::test]
async fn nobody_there_is_told_at_once_and_in_one_line() {
    let secret = Proof::ClientSecret("a-secret".to_owned());
    let told = refusal(secret, Some("t"), Some("id"), "https://localhost:1").await;
    assert!(told.contains("localhost:1") && !told.contains(['\n', '\r']) && !told.contains("a-secret"), "{told}");
}

#[tokio::test]
async fn a_job_without_permission_is_told_what_it_lacks() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(403).set_body_string("no")).mount(&server).await;
    let job = Proof::GitHubActions { url: format!("{}/?v=1", server.uri()), token: "job-token".to_owned() };
    let told = refusal(job, Some("t"), Some("id"), "https://localhost:1").await;
    assert!(told.contains("status 403") && told.contains("id-token: write"), "{told}");
    let asked = &server.received_requests().await.unwrap()[0];
    assert_eq!(asked.url.query(), Some("v=1&audience=api%3A%2F%2FAzureADTokenExchange"));
    assert_eq!(asked.headers["authorization"], "Bearer job-token");
}

#[tokio::test]
async fn an_assertion_says_a_new_id_each_time() {
    let key = SigningKey::generate(NOW).unwrap();
    let pem = {
        use std::fmt::Write as _;
        let (private, _) = key.to_der().unwrap();
        let mut pem = key.certificate_pem();
        write!(pem, "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", base64(private.expose())).unwrap();
        pem
    };
    let by = ByCertificate {
        certificate: ClientCertificate::from_pem(&pem, &pem).unwrap(),
        client_id: "id".to_owned(),
        endpoint: "https://login.example/t/oauth2/v2.0/token".to_owned(),
        clock: Arc::new(|| NOW),
    };
    let claims = async || {
        let assertion = Token::new(by.secret(None).await.unwrap());
        assertion.open().unwrap().0.payload_json().unwrap()
    };
    let (one, other) = (claims().await, claims().await);
    assert_eq!((&one["aud"], &one["sub"], &one["iat"]), (&json!(by.endpoint), &json!("id"), &json!(NOW)));
    assert_ne!(one["jti"], other["jti"]);
}

/// Base64 of the bytes.
fn base64(bytes: &[u8]) -> String {
    azure_core::base64::encode(bytes)
}

#[tokio::test]
async fn a_body_goes_over_the_wire_as_the_sdk_wrote_it() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(body_string_contains("scope=api"))
        .respond_with(ResponseTemplate::new(200).insert_header("x-a", "b").set_body_string("done"))
        .mount(&server)
        .await;
    let errands = Errands::new(&Trust::Only(Vec::new()), None).unwrap();
    let mut request = azure_core::http::Request::new(server.uri().parse().unwrap(), azure_core::http::Method::Post);
    request.set_body("scope=api");
    let answer = azure_core::http::HttpClient::execute_request(&errands, &request).await.unwrap();
    assert_eq!(u16::from(answer.status()), 200);
    let header = azure_core::http::headers::HeaderName::from_static("x-a");
    assert_eq!(answer.headers().get_str(&header).unwrap(), "b");
}
