//! Azure's SDK for Python, unmodified, gets its tokens from the mocks and understands their refusals.

use std::path::Path;
use std::process::Command;

use jsonwebtoken::Algorithm::{PS256, RS256};
use rstest::rstest;
use serde_json::Value;

use crate::azure::ask::{
    Ask, BILLING, BILLING_WITH_SLASH, BY_CLIENT, BY_OBJECT, BY_RESOURCE, EXCHANGE, NOBODY, OtherIssuer, Proof, SECRET,
    SUBJECT, SYSTEM, UNKNOWN, app_service, batch, imds, workload,
};
use crate::azure::claims::{of_apim, of_apim_v1, of_batch, of_reporting};
use crate::azure::{APP_SERVICE, IMDS, Mock, Signer, TOKEN_ENDPOINT, Trouble};
use crate::foreign::python;

const FAILED: &str = "ClientAuthenticationError";
const UNAVAILABLE: &str = "CredentialUnavailableError";

#[rstest]
#[case::secret(batch(SECRET), of_batch("1"))]
#[case::certificate(batch(Proof::Certificate(Signer::Registered)), of_batch("2"))]
#[case::assertion_rs256(batch(Proof::Assertion(Signer::Registered, RS256, 300)), of_batch("2"))]
#[case::assertion_ps256(batch(Proof::Assertion(Signer::Registered, PS256, 300)), of_batch("2"))]
#[case::workload_of_another_tenant(workload(OtherIssuer::Fabrikam), of_batch("2"))]
#[case::workload_of_a_cluster(workload(OtherIssuer::Cluster), of_batch("2"))]
#[case::app_service(app_service(SYSTEM), of_apim())]
#[case::app_service_by_client(app_service(BY_CLIENT), of_reporting())]
#[case::app_service_by_object(app_service(BY_OBJECT), of_reporting())]
#[case::app_service_by_resource(app_service(BY_RESOURCE), of_reporting())]
#[case::app_service_v1(Ask { scope: BILLING, ..app_service(SYSTEM) }, of_apim_v1("api://billing"))]
#[case::imds(imds(SYSTEM), of_apim())]
#[case::imds_by_client(imds(BY_CLIENT), of_reporting())]
#[case::imds_by_object(imds(BY_OBJECT), of_reporting())]
#[case::imds_by_resource(imds(BY_RESOURCE), of_reporting())]
#[case::slash_kept(Ask { scope: BILLING_WITH_SLASH, ..imds(SYSTEM) }, of_apim_v1("https://billing.contoso.example/"))]
#[ignore = "needs azure-identity, install with `python3 -m venv target/python && target/python/bin/pip install azure-identity==1.27.0`"]
fn tokens_are_granted(#[case] ask: Ask, #[case] claims: Value) {
    let mock = Mock::start();
    mock.assert_granted(&mock.answer(sdk(), &ask), claims);
}

#[rstest]
#[case::bad_secret(batch(Proof::Secret("guess")), FAILED, "AADSTS7000215: ")]
#[case::expired_secret(batch(Proof::Secret("batch-secret-that-has-expired")), FAILED, "AADSTS7000222: ")]
// It asks for the tenant's metadata first, and does not pass on why it got none.
#[case::unknown_tenant(Ask { tenant: NOBODY, ..batch(SECRET) }, FAILED, "Unable to get authority configuration")]
#[case::workload_in_unknown_tenant(Ask { tenant: NOBODY, ..workload(OtherIssuer::Cluster) }, FAILED, "AADSTS90002: ")]
#[case::unknown_app(Ask { client: NOBODY, ..batch(SECRET) }, FAILED, "AADSTS700016: ")]
#[case::unknown_resource(Ask { scope: "api://nothing/.default", ..batch(SECRET) }, FAILED, "AADSTS500011: ")]
#[case::scope_without_default(Ask { scope: "api://orders/Orders.Read", ..batch(SECRET) }, FAILED, "AADSTS1002012: ")]
#[case::not_assigned(Ask { scope: BILLING, ..batch(SECRET) }, FAILED, "AADSTS501051: ")]
#[case::certificate_of_a_stranger(batch(Proof::Certificate(Signer::Stranger)), FAILED, "AADSTS700027: ")]
#[case::expired_assertion(batch(Proof::Assertion(Signer::Registered, RS256, -301)), FAILED, "AADSTS700024: ")]
#[case::federated_issuer(workload(OtherIssuer::Elsewhere), FAILED, "AADSTS700211: ")]
#[case::federated_audience(
    batch(Proof::Federated(OtherIssuer::Cluster, SUBJECT, "api://other")),
    FAILED,
    "AADSTS700212: "
)]
#[case::federated_subject(batch(Proof::Federated(OtherIssuer::Fabrikam, "other", EXCHANGE)), FAILED, "AADSTS700213: ")]
#[case::federated_signature(workload(OtherIssuer::Impostor), FAILED, "AADSTS700027: ")]
#[case::imds_not_found(imds(UNKNOWN), UNAVAILABLE, "(invalid_request) Identity not found")]
#[case::imds_unknown_resource(
    Ask { scope: "api://nothing/.default", ..imds(SYSTEM) },
    UNAVAILABLE,
    "(invalid_resource) AADSTS500011: "
)]
#[case::imds_not_assigned(Ask { scope: BILLING, ..imds(BY_CLIENT) }, UNAVAILABLE, "(invalid_grant) AADSTS501051: ")]
#[case::app_service_not_found(app_service(UNKNOWN), UNAVAILABLE, "400, No User Assigned or Delegated Managed Identity")]
#[case::app_service_wrong_header(
    Ask { proof: Proof::AppService("guess", SYSTEM), ..app_service(SYSTEM) },
    UNAVAILABLE,
    "401, The header X-IDENTITY-HEADER is missing or wrong."
)]
#[ignore = "needs azure-identity, install with `python3 -m venv target/python && target/python/bin/pip install azure-identity==1.27.0`"]
fn refusals_are_understood(#[case] ask: Ask, #[case] exception: &str, #[case] words: &str) {
    let answer = Mock::start().answer(sdk(), &ask);
    assert_eq!(answer["exception"], exception, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
}

#[rstest]
#[case::issuer_throttles((TOKEN_ENDPOINT, 429, Some(1)), batch(SECRET), of_batch("1"))]
#[case::imds_throttles((IMDS, 429, Some(1)), imds(SYSTEM), of_apim())]
#[case::imds_is_updated((IMDS, 404, None), imds(SYSTEM), of_apim())]
#[case::app_service_stumbles((APP_SERVICE, 500, None), app_service(SYSTEM), of_apim())]
#[ignore = "needs azure-identity, install with `python3 -m venv target/python && target/python/bin/pip install azure-identity==1.27.0`"]
fn passing_trouble_is_waited_out(#[case] trouble: Trouble, #[case] ask: Ask, #[case] claims: Value) {
    Mock::start().assert_waited_out(trouble, sdk(), &ask, claims);
}

/// The SDK in a process of its own.
fn sdk() -> Command {
    let mut command = Command::new(python());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/azure_python.py"));
    command
}
