//! Azure's SDK for Rust, unmodified, gets its tokens from the mocks and understands their refusals.

use std::process::Command;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, ClientMethodOptions, ClientOptions, HttpClient, Request, Transport, Url};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
};
use jsonwebtoken::Algorithm::{PS256, RS256};
use rstest::rstest;
use serde_json::{Value, json};

use crate::azure::ask::{
    Ask, BILLING, BILLING_WITH_SLASH, BY_CLIENT, BY_OBJECT, BY_RESOURCE, EXCHANGE, NOBODY, OtherIssuer, Proof, SECRET,
    SUBJECT, SYSTEM, UNKNOWN, app_service, batch, imds, workload,
};
use crate::azure::claims::{of_apim, of_apim_v1, of_batch, of_reporting};
use crate::azure::{APP_SERVICE, IMDS, Mock, Signer, TOKEN_ENDPOINT, Trouble};

#[rstest]
#[case::secret(batch(SECRET), of_batch("1"))]
#[case::tenant_by_domain(Ask { tenant: "contoso.example", ..batch(SECRET) }, of_batch("1"))]
#[case::assertion_rs256(batch(Proof::Assertion(Signer::Registered, RS256, 300)), of_batch("2"))]
#[case::assertion_ps256(batch(Proof::Assertion(Signer::Registered, PS256, 300)), of_batch("2"))]
#[case::workload_of_another_tenant(workload(OtherIssuer::Fabrikam), of_batch("2"))]
#[case::workload_of_a_cluster(workload(OtherIssuer::Cluster), of_batch("2"))]
#[case::app_service(app_service(SYSTEM), of_apim())]
#[case::app_service_by_client(app_service(BY_CLIENT), of_reporting())]
#[case::app_service_by_object(app_service(BY_OBJECT), of_reporting())]
#[case::app_service_v1(Ask { scope: BILLING, ..app_service(SYSTEM) }, of_apim_v1("api://billing"))]
#[case::imds(imds(SYSTEM), of_apim())]
#[case::imds_by_client(imds(BY_CLIENT), of_reporting())]
#[case::imds_by_object(imds(BY_OBJECT), of_reporting())]
#[case::imds_by_resource(imds(BY_RESOURCE), of_reporting())]
#[case::slash_kept(Ask { scope: BILLING_WITH_SLASH, ..imds(SYSTEM) }, of_apim_v1("https://billing.contoso.example/"))]
fn tokens_are_granted(#[case] ask: Ask, #[case] claims: Value) {
    let mock = Mock::start();
    mock.assert_granted(&mock.answer(sdk(), &ask), claims);
}

#[rstest]
#[case::bad_secret(batch(Proof::Secret("guess")), 401, 7_000_215)]
#[case::expired_secret(batch(Proof::Secret("batch-secret-that-has-expired")), 401, 7_000_222)]
#[case::unknown_tenant(Ask { tenant: NOBODY, ..batch(SECRET) }, 400, 90_002)]
#[case::unknown_app(Ask { client: NOBODY, ..batch(SECRET) }, 400, 700_016)]
#[case::unknown_resource(Ask { scope: "api://nothing/.default", ..batch(SECRET) }, 400, 500_011)]
#[case::scope_without_default(Ask { scope: "api://orders/Orders.Read", ..batch(SECRET) }, 400, 1_002_012)]
#[case::not_assigned(Ask { scope: BILLING, ..batch(SECRET) }, 400, 501_051)]
#[case::assertion_by_a_stranger(batch(Proof::Assertion(Signer::Stranger, RS256, 300)), 401, 700_027)]
#[case::expired_assertion(batch(Proof::Assertion(Signer::Registered, RS256, -301)), 401, 700_024)]
#[case::federated_issuer(workload(OtherIssuer::Elsewhere), 401, 700_211)]
#[case::federated_audience(batch(Proof::Federated(OtherIssuer::Cluster, SUBJECT, "api://other")), 401, 700_212)]
#[case::federated_subject(batch(Proof::Federated(OtherIssuer::Fabrikam, "other", EXCHANGE)), 401, 700_213)]
#[case::federated_signature(workload(OtherIssuer::Impostor), 401, 700_027)]
fn refusals_of_the_issuer_are_understood(#[case] ask: Ask, #[case] status: u16, #[case] code: u32) {
    let answer = Mock::start().answer(sdk(), &ask);
    let understood = (&answer["exception"], &answer["status"], &answer["code"]);
    assert_eq!(understood, (&json!("Credential"), &json!(status), &json!(code.to_string())), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains(&format!(" AADSTS{code}: ")), "{answer}");
}

// This SDK has one sentence for whatever an identity endpoint answers with 400.
#[rstest]
#[case::imds_not_found(imds(UNKNOWN), 400, "has not been assigned to this resource")]
#[case::imds_unknown_resource(Ask { scope: "api://nothing/.default", ..imds(SYSTEM) }, 400, "has not been assigned")]
#[case::app_service_not_found(app_service(UNKNOWN), 400, "has not been assigned to this resource")]
#[case::app_service_wrong_header(
    Ask { proof: Proof::AppService("guess", SYSTEM), ..app_service(SYSTEM) },
    401,
    r#"The request failed: {"statusCode":401,"message":"#
)]
fn refusals_of_the_identity_endpoints_are_understood(#[case] ask: Ask, #[case] status: u16, #[case] words: &str) {
    let answer = Mock::start().answer(sdk(), &ask);
    assert_eq!((&answer["exception"], &answer["status"]), (&json!("Credential"), &json!(status)), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
}

#[rstest]
#[case::issuer_throttles((TOKEN_ENDPOINT, 429, Some(1)), batch(SECRET), of_batch("1"))]
#[case::imds_throttles((IMDS, 429, Some(1)), imds(SYSTEM), of_apim())]
#[case::imds_is_updated((IMDS, 404, None), imds(SYSTEM), of_apim())]
#[case::app_service_stumbles((APP_SERVICE, 500, None), app_service(SYSTEM), of_apim())]
fn passing_trouble_is_waited_out(#[case] trouble: Trouble, #[case] ask: Ask, #[case] claims: Value) {
    Mock::start().assert_waited_out(trouble, sdk(), &ask, claims);
}

/// The SDK in a process of its own: its environment cannot be changed in this one.
fn sdk() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "azure_rust::child", "--include-ignored", "--nocapture"]);
    command
}

#[test]
#[ignore = "is no test of its own: the others start it, each in its own environment"]
#[expect(clippy::print_stdout, reason = "this is how the child answers its parent")]
fn child() {
    // Started by nobody who asks, it has nothing to do.
    let Ok(kind) = std::env::var("ASK") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async {
        let credential = credential(&kind);
        match credential.get_token(&[&variable("SCOPE")], None).await {
            Ok(token) => json!({"token": token.token.secret(), "expires_on": token.expires_on.unix_timestamp()}),
            Err(error) => refusal(&error),
        }
    });
    // The harness has begun a line of its own.
    println!("\n{answer}");
}

/// A credential, configured by nothing but the environment wherever the SDK can be.
fn credential(kind: &str) -> Arc<dyn TokenCredential> {
    let (tenant, client) = (|| variable("AZURE_TENANT_ID"), || variable("AZURE_CLIENT_ID"));
    match kind {
        "secret" => {
            let secret = variable("AZURE_CLIENT_SECRET").into();
            ClientSecretCredential::new(&tenant(), client(), secret, None).unwrap()
        }
        "assertion" => {
            let assertion = Assertion(variable("CLIENT_ASSERTION"));
            ClientAssertionCredential::new(tenant(), client(), assertion, None).unwrap()
        }
        "workload" => WorkloadIdentityCredential::new(None).unwrap(),
        "managed-identity" => {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: std::env::var("IDENTITY").ok().map(|text| identity(&text)),
                client_options: ClientOptions { transport: Detour::from_environment(), ..ClientOptions::default() },
            };
            ManagedIdentityCredential::new(Some(options)).unwrap()
        }
        other => panic!("unknown kind of credential: {other}"),
    }
}

fn identity(text: &str) -> UserAssignedId {
    match text.split_once('=').unwrap() {
        ("client_id", id) => UserAssignedId::ClientId(id.to_owned()),
        ("object_id", id) => UserAssignedId::ObjectId(id.to_owned()),
        ("resource_id", id) => UserAssignedId::ResourceId(id.to_owned()),
        (other, _) => panic!("unknown kind of identity: {other}"),
    }
}

/// What the SDK made of a refusal: its own kind of error, and of the answer beneath it the status and the issuer's codes.
fn refusal(error: &azure_core::Error) -> Value {
    let beneath = std::error::Error::source(error).and_then(|error| error.downcast_ref::<azure_core::Error>());
    let (status, code) = match beneath.map(azure_core::Error::kind) {
        Some(ErrorKind::HttpResponse { status, error_code, .. }) => (Some(u16::from(*status)), error_code.as_deref()),
        _ => (None, None),
    };
    json!({"exception": format!("{:?}", error.kind()), "message": error.to_string(), "status": status, "code": code})
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

/// An assertion that was made before.
#[derive(Debug)]
struct Assertion(String);

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.clone())
    }
}

/// Leads what is meant for the address of IMDS to the mock: this SDK has no setting for it.
#[derive(Debug)]
struct Detour {
    client: Arc<dyn HttpClient>,
    mock: Url,
}

impl Detour {
    fn from_environment() -> Option<Transport> {
        let mock = std::env::var("AZURE_POD_IDENTITY_AUTHORITY_HOST").ok()?.parse().unwrap();
        Some(Transport::new(Arc::new(Self { client: azure_core::http::new_http_client(None), mock })))
    }
}

#[async_trait::async_trait]
impl HttpClient for Detour {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut request = request.clone();
        let url = request.url_mut();
        assert_eq!(url.host_str(), Some("169.254.169.254"));
        url.set_host(self.mock.host_str()).unwrap();
        url.set_port(self.mock.port()).unwrap();
        self.client.execute_request(&request).await
    }
}
