use rstest::{Context, rstest};

use super::{APIM, APIM_OBJECT, Answer, LOOPBACK, Mock, NOW, REPORTING, REPORTING_ID, snapshot};
use crate::Config;

const HEADER: (&str, &str) = ("X-IDENTITY-HEADER", "greenlight");

async fn token(mock: &Mock, more: &str) -> Answer {
    mock.ask("GET", &format!("/msi/token?api-version=2019-08-01&resource=api://orders{more}"), &[HEADER]).await
}

#[tokio::test]
async fn an_answer_has_the_documented_members() {
    let mock = Mock::serving(&[]).await;
    let answer = token(&mock, "").await;
    snapshot("app_service_token", &answer);
    assert_eq!(answer.claims()["exp"].as_i64(), Some(NOW + 86_400));
    assert_eq!(mock.running.app_service_url(), format!("{}/msi/token", mock.running.url()));
    assert_eq!(mock.running.arc_url(), None);
}

#[rstest]
#[case("/msi/token/")]
#[case("/MSI/token")]
#[tokio::test]
async fn a_path_may_have_a_slash_at_its_end_and_any_case(#[case] path: &str) {
    let path = format!("{path}?api-version=2019-08-01&resource=api://orders");
    assert_eq!(Mock::serving(&[]).await.ask("GET", &path, &[HEADER]).await.status, 200);
}

#[rstest]
#[case::client_id("client_id", REPORTING, REPORTING)]
#[case::principal_id("principal_id", APIM_OBJECT, APIM)]
#[case::object_id("object_id", APIM_OBJECT, APIM)]
#[case::resource_id("mi_res_id", REPORTING_ID, REPORTING)]
#[tokio::test]
async fn a_selector_chooses(#[case] name: &str, #[case] value: &str, #[case] client: &str) {
    let answer = token(&Mock::serving(&[]).await, &format!("&{name}={value}")).await;
    assert_eq!(answer.json()["client_id"], client, "{}", answer.body);
}

#[rstest]
#[case::no_header("GET", "api-version=2019-08-01&resource=api://orders", &[])]
#[case::wrong_header("GET", "api-version=2019-08-01&resource=api://orders", &[("X-IDENTITY-HEADER", "greenlighT")])]
#[case::legacy_header("GET", "api-version=2019-08-01&resource=api://orders", &[("secret", "greenlight")])]
#[case::no_legacy_header("GET", "api-version=2017-09-01&resource=api://orders", &[HEADER])]
#[case::no_version("GET", "resource=api://orders", &[HEADER])]
#[case::imds_version("GET", "api-version=2018-02-01&resource=api://orders", &[HEADER])]
#[case::post("POST", "api-version=2019-08-01&resource=api://orders", &[HEADER])]
#[case::no_resource("GET", "api-version=2019-08-01", &[HEADER])]
#[case::unknown_resource("GET", "api-version=2019-08-01&resource=api://nowhere", &[HEADER])]
#[case::unknown_identity("GET", "api-version=2019-08-01&resource=api://orders&client_id=0", &[HEADER])]
#[case::two_selectors("GET", "api-version=2019-08-01&resource=api://orders&client_id=1&mi_res_id=2", &[HEADER])]
#[tokio::test]
async fn a_refusal_has_its_status_and_words(
    #[context] context: Context,
    #[case] method: &str,
    #[case] query: &str,
    #[case] headers: &[(&str, &str)],
) {
    let answer = Mock::serving(&[]).await.ask(method, &format!("/msi/token?{query}"), headers).await;
    snapshot(&format!("app_service_{}", context.description.unwrap()), &answer);
    assert_eq!(answer.json()["statusCode"], answer.status);
}

#[tokio::test]
async fn a_user_assigned_identity_is_never_guessed() {
    let answer = token(&Mock::serving(&["reporting"]).await, "").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("No User Assigned or Delegated Managed Identity found"), "{}", answer.body);
}

#[tokio::test]
async fn a_client_s_request_id_comes_back() {
    let id = "0f3a1b52-7c1d-4e11-9c55-3f2b8a6d9e01";
    let headers = [("x-ms-client-request-id", id)];
    let answer = Mock::serving(&[]).await.ask("GET", "/msi/token?api-version=2019-08-01", &headers).await;
    assert_eq!(answer.json()["correlationId"], id);
}

#[tokio::test]
async fn the_header_can_be_another() {
    let identity_header = mock_entra::Secret::new("another");
    let mock = Mock::start(Config { identity_header, ..Config::new(LOOPBACK) }).await;
    assert_eq!(token(&mock, "").await.status, 401);
    let path = "/msi/token?api-version=2019-08-01&resource=api://orders";
    assert_eq!(mock.ask("GET", path, &[("X-IDENTITY-HEADER", "another")]).await.status, 200);
}

#[rstest]
#[case::morning(0, "9/22/2026 2:13:20 PM +00:00")]
#[case::midnight(35_200, "9/23/2026 12:00:00 AM +00:00")]
#[case::noon(35_200 + 43_200, "9/23/2026 12:00:00 PM +00:00")]
#[tokio::test]
async fn the_legacy_answer_has_a_date(#[case] later: i64, #[case] expires: &str) {
    let mock = Mock::serving(&[]).await;
    mock.pass(later);
    let path = format!("/msi/token?api-version=2017-09-01&resource=api://orders&clientid={REPORTING}");
    let answer = mock.ask("GET", &path, &[("secret", "greenlight")]).await;
    if later == 0 {
        snapshot("app_service_legacy_token", &answer);
    }
    assert_eq!(answer.json()["expires_on"], expires);
    assert_eq!(answer.claims()["appid"].as_str().or(answer.claims()["azp"].as_str()), Some(REPORTING));
}
