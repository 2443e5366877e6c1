//! A deployed target and real credentials: nothing trusts an issuer of ours, and Azure's SDK gets the tokens where the profile says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{header, query_param};
use wiremock::{Mock as Answer, MockServer, ResponseTemplate};

use crate::azure::ask::{BATCH, EXCHANGE, OtherIssuer, REPORTING, REPORTING_OBJECT, SUBJECT};
use crate::azure::{Mock, Signer};
use crate::foreign::{APIM, AUDIENCE, TENANT};
use crate::program::{Served, greenlight, read, said};
use crate::secrets::needles::{found, text_needles};

const BATCH_SECRET: &str = "batch-secret-of-the-mock-directory";
const IDENTITY_HEADER: &str = "greenlight";

type Variables<'a> = &'a [(&'a str, &'a str)];

/// The claims of the token that `greenlight token keep` gets by a credential.
fn kept(mock: &Mock, client: &str, credential: &str, environment: Variables<'_>) -> Result<Value, Output> {
    let (authority, ca) = (mock.at("/entra/url"), mock.at("/entra/ca"));
    let profile = mock.write(
        "profile.yaml",
        &format!(
            "target: {{ url: https://func.example.net }}\ntenant: {TENANT}\naudience: {AUDIENCE}\nresource: api://orders\n\
             authority: {authority}\nauthority-ca: {ca}\ncallers: {{ listed: {{ client-id: {client}, credential: {credential} }} }}\n"
        ),
    );
    let file = mock.write("kept.jwt", "");
    fs::remove_file(&file).unwrap();
    let mut command = greenlight();
    for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "AZURE_AUTHORITY_HOST"] {
        command.env_remove(name);
    }
    command.args(["token", "keep", "--profile", &profile, "--output", &file]).envs(environment.iter().copied());
    let output = command.output().unwrap();
    if !output.status.success() {
        return Err(output);
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = token::Token::new(fs::read_to_string(&file).unwrap().trim());
    Ok(Value::Object(token.open().unwrap().0.payload_json().unwrap()))
}

#[test]
fn azures_sdk_gets_tokens_by_every_credential_of_a_profile() {
    let mock = Mock::start();
    let endpoint = mock.at("/imds/identity_endpoint");
    let app_service = [("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", IDENTITY_HEADER)];
    let machine = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", mock.at("/imds/url"))];
    let certificate = mock.write("client.pem", &Signer::Registered.file());
    let by_certificate = format!("{{ certificate: {{ file: {certificate} }} }}");
    let by_object = format!("{{ managed-identity: {{ object-id: {REPORTING_OBJECT} }} }}");
    let federated = mock.write("federated.jwt", &mock.federated(OtherIssuer::Cluster, SUBJECT, EXCHANGE));
    let of_kubernetes = [("AZURE_FEDERATED_TOKEN_FILE", federated.as_str())];
    let secret_file = mock.write("secret.txt", &format!("{BATCH_SECRET}\n"));
    let by_file = format!("{{ client-secret: {{ file: {secret_file} }} }}");
    let by_command = format!("{{ client-secret: {{ command: [cat, {secret_file}] }} }}");

    let server = Jobs::start(&mock.federated(OtherIssuer::Cluster, SUBJECT, EXCHANGE));
    let url = format!("{}/token?v=1", server.server.uri());
    let of_github = [("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token")];
    let oidc = format!("{}/oidc", server.server.uri());
    let of_pipelines = [("SYSTEM_OIDCREQUESTURI", oidc.as_str()), ("SYSTEM_ACCESSTOKEN", "job-token")];

    let asks: [(&str, &str, Variables<'_>); 10] = [
        (APIM, "managed-identity", &app_service),
        (REPORTING, &by_object, &app_service),
        (APIM, "managed-identity", &machine),
        (REPORTING, &by_object, &machine),
        (BATCH, &by_file, &[]),
        (BATCH, &by_command, &[]),
        (BATCH, &by_certificate, &[]),
        (BATCH, "workload-identity", &of_kubernetes),
        (BATCH, "github-actions", &of_github),
        (BATCH, "{ azure-pipelines: { service-connection: connection } }", &of_pipelines),
    ];
    for (client, credential, environment) in asks {
        let claims = kept(&mock, client, credential, environment)
            .unwrap_or_else(|output| panic!("{credential}: {}", said(&output)));
        assert_eq!((&claims["aud"], &claims["azp"]), (&json!(AUDIENCE), &json!(client)), "{credential}");
    }
}

#[rstest]
#[case::wrong_secret("{ client-secret: { env: GUESS } }", &[("GUESS", "a-wrong-guess")], 3, "AADSTS7000215")]
#[case::no_secret("{ client-secret: { env: GUESS } }", &[], 2, "the environment variable GUESS is not set")]
#[case::no_job("github-actions", &[], 3, "ACTIONS_ID_TOKEN_REQUEST_URL is not set")]
#[case::no_pod("workload-identity", &[], 3, "no token file specified")]
fn what_gives_no_token_is_told_in_a_line(
    #[case] credential: &str,
    #[case] environment: &[(&str, &str)],
    #[case] code: i32,
    #[case] expected: &str,
) {
    let output = kept(&Mock::start(), BATCH, credential, environment).expect_err("no token");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(expected) && !told.contains("a-wrong-guess"), "{told}");
    let first = told.lines().next().unwrap_or_default();
    assert!(first.contains(expected), "{told}");
}

#[test]
fn a_token_of_another_than_the_profile_says_is_not_kept() {
    let mock = Mock::start();
    let app_service = [("IDENTITY_ENDPOINT", mock.at("/imds/identity_endpoint")), ("IDENTITY_HEADER", IDENTITY_HEADER)];
    let output = kept(&mock, REPORTING, "managed-identity", &app_service).expect_err("no token");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&format!("gave a token of the client {APIM}, and the profile says {REPORTING}")), "{told}");
}

#[test]
fn no_token_is_written_where_others_can_read_it() {
    let mock = Mock::start();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("kept.jwt");
    fs::write(&file, "mine").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let text = format!(
        "target: {{ url: https://func.example.net }}\ntenant: {TENANT}\naudience: {AUDIENCE}\ncallers: {{ listed: {{ client-id: a, credential: azure-cli }} }}\n"
    );
    let profile = mock.write("profile.yaml", &text);
    let output = greenlight().args(["token", "keep", "--profile", &profile, "--output"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("others can read"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

/// Hands out the identity token of a job, as GitHub Actions and Azure Pipelines do.
struct Jobs {
    server: MockServer,
}

impl Jobs {
    fn start(token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let shown = || header("authorization", "Bearer job-token");
            Answer::given(shown())
                .and(query_param("v", "1"))
                .and(query_param("audience", EXCHANGE))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": token})))
                .mount(&server)
                .await;
            Answer::given(shown())
                .and(query_param("serviceConnectionId", "connection"))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({"oidcToken": token})))
                .mount(&server)
                .await;
            server
        });
        Self { server }
    }
}

#[test]
fn a_deployed_target_is_judged_with_real_tokens_and_no_issuer() {
    let folder = TempDir::new().unwrap();
    let served = Served::start(&[]);
    let (authority, ca) = (served.at("/entra/url"), served.at("/entra/ca"));
    let profile = format!(
        "target: {{ url: \"{}\", ca: {ca}, marker: {{ header: x-function, value: orders }}, platform: easy-auth }}
tenant: {TENANT}
audience: {AUDIENCE}
authority: {authority}
authority-ca: {ca}
callers:
  listed: {{ client-id: {APIM}, credential: managed-identity }}
  unlisted: {{ client-id: {BATCH}, credential: {{ client-secret: {{ env: BATCH_SECRET }} }} }}
  foreign: {{ client-id: 66eb1cff-7082-4193-9fa4-1c2d3e4f5061, credential: github-actions }}
apis: {{ another-api: {{ audience: api://billing, harmless: true }} }}
",
        served.at("/function/url")
    );
    fs::write(folder.path().join("profile.yaml"), profile).unwrap();
    let output = greenlight()
        .args(["run", "--profile", "profile.yaml", "--results", "results.json", "--junit", "junit.xml", "--verbose"])
        .env("IDENTITY_ENDPOINT", served.at("/imds/identity_endpoint"))
        .env("IDENTITY_HEADER", IDENTITY_HEADER)
        .env("BATCH_SECRET", BATCH_SECRET)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));

    let results = read(&folder.path().join("results.json"));
    let cases = results["cases"].as_array().unwrap();
    let of = |id: &str| cases.iter().find(|case| case["id"] == *id).unwrap_or_else(|| panic!("no {id}"));
    for id in ["valid-caller", "unlisted-caller", "wrong-audience"] {
        assert_eq!((&of(id)["verdict"], &of(id)["means"]), (&json!("pass"), &json!("real")), "{}", of(id));
    }
    assert_eq!((&of("bad-signature")["verdict"], &of("bad-signature")["means"]), (&json!("pass"), &json!("forged")));
    let reason = |id: &str| of(id)["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason("expired-token").contains("name an `issuer`"), "{}", reason("expired-token"));
    let foreign = "the credential of `foreign` gave no token: the environment variable ACTIONS_ID_TOKEN_REQUEST_URL";
    let notes = results["notes"].to_string();
    assert!(notes.contains(foreign), "{notes}");
    // A target that takes what anybody can make is found out first.
    let first = cases.iter().find(|case| case["theme"] != "controls").unwrap();
    assert_eq!((&first["id"], &first["verdict"]), (&json!("unknown-key"), &json!("pass")));

    let outputs = outputs(&output, folder.path());
    let leaks = found(&outputs, &text_needles("a secret", BATCH_SECRET.as_bytes()));
    assert!(leaks.is_empty(), "{leaks:?}");
    // Every signature that was sent is told as a hash: a token that can be read whole has none.
    for (name, text) in &outputs {
        for start in text.match_indices("eyJ").map(|(at, _)| at) {
            let word: String =
                text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
            let signature = word.split('.').nth(2).unwrap_or_default();
            assert!(signature.len() < 300, "{name} has a signature: {word}");
        }
    }
}

fn outputs(output: &Output, folder: &Path) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let file = |name: &str| (name.to_owned(), fs::read_to_string(folder.join(name)).unwrap());
    vec![
        ("stdout".to_owned(), text(&output.stdout)),
        ("stderr".to_owned(), text(&output.stderr)),
        file("results.json"),
        file("junit.xml"),
    ]
}
