use jsonwebtoken::{DecodingKey, Validation};
use rstest::rstest;

use super::*;

const NOW: UnixTime = 1_790_000_000;

/// A certificate and its key, PEM both.
fn pair() -> (String, String) {
    let key = SigningKey::generate(NOW).unwrap();
    let (private, _) = key.to_der().unwrap();
    (key.certificate_pem(), crate::jwk::pem("PRIVATE KEY", private.expose()))
}

#[test]
fn an_assertion_is_as_entra_wants_it() {
    let (certificate, key) = pair();
    // In one file, as tools write it, the key before the certificate.
    let file = format!("{key}{certificate}");
    let client = ClientCertificate::from_pem(&file, &file).unwrap();
    let endpoint = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token";
    let assertion = client.assertion("client", endpoint, "an-id", NOW);

    let mut validation = Validation::new(jsonwebtoken::Algorithm::PS256);
    validation.set_audience(&[endpoint]);
    validation.validate_exp = false;
    let public = DecodingKey::from_rsa_pem(client.key.public_pem().as_bytes()).unwrap();
    let read = jsonwebtoken::decode::<Value>(assertion.expose(), &public, &validation).unwrap();
    let expected = json!({
        "aud": endpoint, "iss": "client", "sub": "client", "jti": "an-id", "iat": NOW, "nbf": NOW, "exp": NOW + 600,
    });
    assert_eq!(read.claims, expected);
    let thumbprint = digest::digest(&SHA256, client.key.certificate_der());
    assert_eq!(read.header.x5t_s256, Some(BASE64_URL_SAFE_NO_PAD.encode(thumbprint)));
    assert!(!format!("{client:?}").contains("BEGIN"));
}

#[rstest]
#[case("", "KEY", "there is no `-----BEGIN CERTIFICATE-----` in it")]
#[case("CERTIFICATE", "", "there is no `-----BEGIN PRIVATE KEY-----` in it")]
#[case(
    "CERTIFICATE",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
    "is encrypted"
)]
#[case("CERTIFICATE", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "Entra takes RSA keys")]
#[case("CERTIFICATE", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "Entra takes RSA keys")]
#[case("CERTIFICATE", "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----", "is not Base64")]
#[case("-----BEGIN CERTIFICATE-----\nAAAA", "KEY", "is not Base64")]
#[case("CERTIFICATE", "ANOTHER", "is not the one of the certificate")]
fn what_cannot_be_used_is_named(#[case] certificate: &str, #[case] key: &str, #[case] expected: &str) {
    let (own_certificate, own_key) = pair();
    let certificate = if certificate == "CERTIFICATE" { &own_certificate } else { certificate };
    let another = pair().1;
    let key = match key {
        "KEY" => &own_key,
        "ANOTHER" => &another,
        other => other,
    };
    let error = ClientCertificate::from_pem(certificate, key).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}
