//! Tokens as the endpoints hand them out, for every way to prove who asks.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::{Value, json};
use token::{Algorithm, SigningKey};

use crate::{
    Answer, BATCH, BATCH_SECRET, CLIENT_KEY, CONTOSO, Mock, NOW, ORDERS, directory, directory_text, start,
    start_as_entra, start_directory,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn claims(token: &str) -> Value {
    let (draft, _) = token::Token::new(token).open().unwrap();
    json!([draft.header_json().unwrap(), draft.payload_json().unwrap()])
}

/// What differs from token to token, in the snapshots of their claims.
fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (r#""(uti|aio|rh|kid|x5t)": "[^"]+""#, r#""$1": "[$1]""#),
        (r#""access_token": "[^"]+""#, r#""access_token": "[token]""#),
        (r"localhost:\d+", "localhost:PORT"),
    ]
}

async fn with_secret(mock: &Mock, path: &str, audience: (&str, &str)) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_id", BATCH), ("client_secret", BATCH_SECRET), audience];
    mock.post(&format!("/{CONTOSO}/{path}"), &form).await
}

#[tokio::test]
async fn v2_answers_with_numbers_and_a_v2_token() {
    let mock = start_as_entra().await;
    let answer = with_secret(&mock, "oauth2/v2.0/token", ("scope", "api://orders/.default")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store, no-cache", "no-cache"));
    assert_eq!(answer.header("x-ms-request-id").len(), 36);
    let issued = mock.verify(CONTOSO, answer.token()).await.unwrap();
    assert_eq!(issued["exp"].as_i64().unwrap() - issued["iat"].as_i64().unwrap(), 3900);
    let text = serde_json::to_string_pretty(&json!([answer.body, claims(answer.token())])).unwrap();
    insta::with_settings!({ filters => filters() }, { assert_snapshot!(text) });
}

#[tokio::test]
async fn v1_answers_with_texts_whatever_the_token() {
    let mock = start_as_entra().await;
    let answer = with_secret(&mock, "oauth2/token", ("resource", "api://orders/")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(claims(answer.token())[1]["ver"], "2.0", "the registration decides");
    insta::with_settings!({ filters => filters() }, {
        assert_snapshot!(serde_json::to_string_pretty(&answer.body).unwrap());
    });
}

/// Billing wants an assignment, which only apim has.
async fn managed(mock: &Mock, identity: &str, resource: &str) -> Result<mock_entra::Issued, mock_entra::OAuthError> {
    let issuer = mock.mock.issuer();
    let (_, identity) = issuer.directory().identities(identity).next().unwrap();
    issuer.managed_identity_token(identity, resource, NOW).await
}

#[rstest]
#[case::v1_system_assigned("v1_system_assigned", "apim", "https://billing.contoso.example/")]
#[case::v2_user_assigned("v2_user_assigned", "reporting", "api://orders")]
#[tokio::test]
async fn managed_identities_get_day_long_tokens(#[case] name: &str, #[case] identity: &str, #[case] resource: &str) {
    let mock = start_as_entra().await;
    let issued = managed(&mock, identity, resource).await.unwrap();
    assert_eq!((issued.expires_in, issued.expires_on, issued.not_before), (86_399, NOW + 86_400, NOW - 300));
    mock.verify(CONTOSO, issued.token.expose()).await.unwrap();
    let text = serde_json::to_string_pretty(&claims(issued.token.expose())).unwrap();
    insta::with_settings!({ snapshot_suffix => name, filters => filters() }, { assert_snapshot!(text) });
}

#[tokio::test]
async fn managed_identities_are_refused_what_does_not_exist_or_is_not_assigned() {
    let mock = start().await;
    let unknown = managed(&mock, "apim", "api://nothing").await.unwrap_err();
    assert_eq!((unknown.code, unknown.error), (500_011, "invalid_resource"));
    let unassigned = managed(&mock, "reporting", "api://billing").await.unwrap_err();
    assert_eq!((unassigned.code, unassigned.error), (501_051, "invalid_grant"));
}

#[rstest]
#[case::v1_echoes_what_was_asked("api://billing", "api://billing")]
#[case::v1_echoes_a_slash_too("https://billing.contoso.example/", "https://billing.contoso.example/")]
#[case::v1_echoes_a_client_id("22a7d8bb-3c4e-4d5f-9b60-7e8f9a0b1c2d", "22a7d8bb-3c4e-4d5f-9b60-7e8f9a0b1c2d")]
#[case::v2_says_the_client_id("api://orders", ORDERS)]
#[tokio::test]
async fn audiences_follow_the_version(#[case] asked: &str, #[case] audience: &str) {
    let mock = start().await;
    let issued = managed(&mock, "apim", asked).await.unwrap();
    assert_eq!(claims(issued.token.expose())[1]["aud"], audience);
    assert_eq!(issued.resource, asked);
}

#[rstest]
#[case::posted(None)]
#[case::basic(Some((BATCH, BATCH_SECRET)))]
#[tokio::test]
async fn a_secret_may_come_in_the_body_or_by_basic_authentication(#[case] basic: Option<(&str, &str)>) {
    let mock = start().await;
    let mut form = vec![("grant_type", "client_credentials"), ("scope", "api://orders/.default"), ("client_info", "1")];
    let mut request = mock.client.post(mock.url("/contoso.example/oauth2/v2.0/token?client-request-id=x"));
    match basic {
        Some((id, secret)) => request = request.basic_auth(id, Some(secret)),
        None => form.extend([("client_id", BATCH), ("client_secret", BATCH_SECRET)]),
    }
    let answer = mock.send(request.form(&form)).await;
    assert_eq!(claims(answer.token())[1]["azpacr"], "1");
}

/// An assertion by the tests' key.
fn assertion(algorithm: Algorithm, header: &Value, claims: &Value) -> String {
    let mut full = json!({"typ": "JWT", "alg": algorithm.name()});
    full.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    sign(&CLIENT_KEY, algorithm, &full, claims)
}

fn sign(key: &SigningKey, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
    let draft = token::Draft::of(header.as_object().unwrap(), claims.as_object().unwrap());
    draft.signed(&key.sign(algorithm, draft.signing_input().as_bytes())).expose().to_owned()
}

async fn with_assertion(mock: &Mock, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", BATCH),
        ("scope", "api://orders/.default"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ];
    mock.post(&format!("/{CONTOSO}/oauth2/v2.0/token"), &form).await
}

fn thumbprint(algorithm: &'static aws_lc_rs::digest::Algorithm) -> Vec<u8> {
    aws_lc_rs::digest::digest(algorithm, CLIENT_KEY.certificate_der()).as_ref().to_vec()
}

fn sha1() -> Vec<u8> {
    thumbprint(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY)
}

fn sha256() -> Vec<u8> {
    thumbprint(&aws_lc_rs::digest::SHA256)
}

/// As each SDK sends them.
#[rstest]
#[case::python(Algorithm::Rs256, json!({"x5t": BASE64_URL_SAFE.encode(sha1())}), json!({"exp": 1_790_000_599.79, "iat": 1_789_999_999.79}))]
#[case::javascript(Algorithm::Ps256, json!({"x5t#S256": BASE64_URL_SAFE_NO_PAD.encode(sha256())}), json!({"exp": NOW + 600, "nbf": NOW, "iat": NOW}))]
#[case::rust(Algorithm::Rs256, json!({"x5t": BASE64_STANDARD.encode(sha1())}), json!({"exp": NOW + 300}))]
#[case::unpadded(Algorithm::Ps256, json!({"x5t": BASE64_URL_SAFE_NO_PAD.encode(sha1())}), json!({"exp": NOW + 300}))]
#[tokio::test]
async fn certificate_assertions_of_every_sdk_are_accepted(
    #[case] algorithm: Algorithm,
    #[case] header: Value,
    #[case] times: Value,
) {
    let mock = start().await;
    let endpoint = mock.url(&format!("/{CONTOSO}/oauth2/v2.0/token"));
    let mut statement = json!({"aud": endpoint, "iss": BATCH, "sub": BATCH, "jti": "one"});
    statement.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
    let answer = with_assertion(&mock, &assertion(algorithm, &header, &statement)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(claims(answer.token())[1]["azpacr"], "2");
}

#[rstest]
#[case::the_other_endpoint("/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/oauth2/token", 200)]
#[case::by_domain("/contoso.example/oauth2/v2.0/token", 200)]
#[case::the_issuer("/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0", 200)]
#[case::another_tenant("/fabrikam.example/oauth2/v2.0/token", 401)]
#[case::nobody("", 401)]
#[tokio::test]
async fn an_assertion_must_be_meant_for_this_tenant(#[case] path: &str, #[case] status: u16) {
    let mock = start().await;
    let statement = json!({"aud": mock.url(path), "iss": BATCH, "sub": BATCH, "exp": NOW + 300});
    let header = json!({"x5t": BASE64_URL_SAFE_NO_PAD.encode(sha1())});
    let answer = with_assertion(&mock, &assertion(Algorithm::Rs256, &header, &statement)).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    if status == 401 {
        assert_eq!(answer.body["error_codes"][0], 700_023);
    }
}

#[rstest]
#[case::expired(json!({"exp": NOW - 301}), Algorithm::Rs256, 700_024)]
#[case::premature(json!({"nbf": NOW + 301}), Algorithm::Rs256, 700_024)]
#[case::without_expiry(json!({"exp": null}), Algorithm::Rs256, 700_024)]
#[case::another_subject(json!({"sub": ORDERS}), Algorithm::Rs256, 700_021)]
#[case::another_algorithm(json!({}), Algorithm::Rs512, 700_027)]
#[tokio::test]
async fn bad_certificate_assertions_are_refused(
    #[case] claims: Value,
    #[case] algorithm: Algorithm,
    #[case] code: u32,
) {
    let mock = start().await;
    let endpoint = mock.url(&format!("/{CONTOSO}/oauth2/v2.0/token"));
    let mut statement = json!({"aud": endpoint, "iss": BATCH, "sub": BATCH, "exp": NOW + 300});
    statement.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let header = json!({"x5t": BASE64_URL_SAFE_NO_PAD.encode(sha1())});
    let answer = with_assertion(&mock, &assertion(algorithm, &header, &statement)).await;
    assert_eq!((answer.status, &answer.body["error"]), (401, &"invalid_client".into()));
    assert_eq!(answer.body["error_codes"][0], code, "{}", answer.body);
}

#[tokio::test]
async fn an_assertion_by_another_key_is_refused_whatever_it_claims() {
    let mock = start().await;
    let endpoint = mock.url(&format!("/{CONTOSO}/oauth2/v2.0/token"));
    let statement = json!({"aud": endpoint, "iss": BATCH, "sub": BATCH, "exp": NOW + 300});
    let other = SigningKey::generate(NOW).unwrap();
    let own_name = json!({"alg": "RS256", "x5t": other.kid()});
    let stolen_name = json!({"alg": "RS256", "x5t": BASE64_URL_SAFE_NO_PAD.encode(sha1())});
    for (header, reason) in [(own_name, "not found"), (stolen_name, "did not make the signature")] {
        let answer = with_assertion(&mock, &sign(&other, Algorithm::Rs256, &header, &statement)).await;
        assert_eq!((answer.status, &answer.body["error_codes"][0]), (401, &700_027.into()));
        assert!(answer.body["error_description"].as_str().unwrap().contains(reason), "{}", answer.body);
    }
}

#[rstest]
#[case::as_registered(json!({}), 0)]
#[case::audience_in_a_list(json!({"aud": ["api://AzureADTokenExchange"]}), 0)]
#[case::another_issuer(json!({"iss": "https://ci.example/"}), 700_211)]
#[case::issuer_in_another_case(json!({"iss": "https://CI.example"}), 700_211)]
#[case::another_subject(json!({"sub": "repo:contoso/orders:ref:refs/heads/Main"}), 700_213)]
#[case::another_audience(json!({"aud": "api://azureadtokenexchange"}), 700_212)]
#[case::another_audience_in_a_list(json!({"aud": ["api://azureadtokenexchange"]}), 700_212)]
#[case::no_audience(json!({"aud": null}), 700_212)]
#[case::expired(json!({"exp": NOW - 301}), 700_024)]
#[tokio::test]
async fn federated_assertions_must_match_to_the_letter(#[case] change: Value, #[case] code: u32) {
    let jwk = CLIENT_KEY.jwk();
    let credential = format!(
        "        federated-credentials:\n          - issuer: https://ci.example\n            subject: repo:contoso/orders:ref:refs/heads/main\n            \
         keys: {{ keys: [{{ kty: RSA, kid: ci, n: {}, e: {} }}] }}\n",
        jwk.n, jwk.e
    );
    let text = directory_text().replacen("        federated-credentials:\n", &credential, 1);
    let mock = start_directory(directory(&text), |_| {}).await;
    let mut statement = json!({
        "iss": "https://ci.example",
        "sub": "repo:contoso/orders:ref:refs/heads/main",
        "aud": "api://AzureADTokenExchange",
        "exp": NOW + 300,
    });
    statement.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let answer = with_assertion(&mock, &assertion(Algorithm::Rs256, &json!({"kid": "ci"}), &statement)).await;
    match code {
        0 => assert_eq!(claims(answer.token())[1]["azpacr"], "2"),
        _ => assert_eq!((answer.status, &answer.body["error_codes"][0]), (401, &code.into()), "{}", answer.body),
    }
    if code == 0 {
        let unknown_key =
            with_assertion(&mock, &assertion(Algorithm::Rs256, &json!({"kid": "other"}), &statement)).await;
        assert_eq!(unknown_key.body["error_codes"][0], 700_027);
    }
}

#[tokio::test]
async fn a_tenant_of_the_mock_can_sign_federated_assertions() {
    let mock = start_as_entra().await;
    let subject = "system:serviceaccount:jobs:batch";
    let recipe = json!({
        "caller": "reporting",
        "audience": "api://AzureADTokenExchange",
        "claims": [["sub", subject]],
    });
    let minted = mock.control("mint", recipe).await;
    let answer = with_assertion(&mock, minted.body["token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let of_another_key = json!({"alg": "RS256", "kid": CLIENT_KEY.kid()});
    let issuer = format!("https://login.microsoftonline.com/{CONTOSO}/v2.0");
    let statement = json!({"iss": issuer, "sub": subject, "aud": "api://AzureADTokenExchange", "exp": NOW + 300});
    let refused = with_assertion(&mock, &sign(&CLIENT_KEY, Algorithm::Rs256, &of_another_key, &statement)).await;
    assert_eq!(refused.body["error_codes"][0], 700_027);
}
