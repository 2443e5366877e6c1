//! The validator beside jsonwebtoken, which nobody here wrote: both agree, or it is said why they do not.

use http::Method;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm as Named, DecodingKey, Validation, decode, decode_header};
use rstest::rstest;
use serde_json::{Map, Value, json};
use token::{Algorithm, Draft, Version};

use super::lab::{
    FOREIGN, Json, NOW, ORDERS, TENANT, app, changed, header, key, listed, payload, request, sign, sign_by, stranger,
    token, told,
};

/// Whether jsonwebtoken takes a token for valid, told everything that our settings say of validity.
fn other_opinion(token: &str) -> bool {
    let keys: JwkSet = serde_json::from_value(json!({ "keys": [key().jwk()] })).unwrap();
    let Ok(header) = decode_header(token) else { return false };
    let jwk = match &header.kid {
        Some(kid) => keys.find(kid),
        None => keys.keys.first(),
    };
    let Some(jwk) = jwk else { return false };
    let mut validation = Validation::new(Named::RS256);
    validation.set_audience(&[ORDERS]);
    validation.set_issuer(&[
        format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        format!("https://sts.windows.net/{TENANT}/"),
    ]);
    validation.set_required_spec_claims(&["exp", "aud", "iss"]);
    validation.validate_nbf = true;
    validation.leeway = 300;
    decode::<Map<String, Value>>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).is_ok()
}

/// A token by the machine's clock: jsonwebtoken asks no other.
fn now() -> i64 {
    (serve::system_clock())()
}

fn fresh() -> Json {
    changed(payload(), &[("iat", now().into()), ("nbf", (now() - 300).into()), ("exp", (now() + 3600).into())])
}

fn with(changes: &[(&str, Value)]) -> String {
    sign(&header(), &changed(fresh(), changes))
}

fn with_header(changes: &[(&str, Value)]) -> String {
    sign(&changed(header(), changes), &fresh())
}

/// A token of raw JSON texts.
fn raw(header: &str, payload: &str) -> String {
    let draft = Draft { header: header.into(), payload: payload.into() };
    draft.signed(&key().sign(Algorithm::Rs256, draft.signing_input().as_bytes())).expose().to_owned()
}

fn text(object: &Json) -> String {
    Value::from(object.clone()).to_string()
}

fn at(seconds: i64) -> Value {
    (now() + seconds).into()
}

/// Says whether our validator takes a token for valid, at the machine's time.
async fn our_opinion(token: &str) -> bool {
    let mut request = request(Method::GET, "/api/orders", &[("authorization", &format!("Bearer {token}"))]);
    request.at = now();
    match told(&app(|_| {}), request).await.as_str() {
        "200" | "403 ApplicationNotAllowed" => true,
        refused if refused.starts_with("401 ") => false,
        other => panic!("{other}"),
    }
}

#[rstest]
#[case::listed(with(&[]), true)]
#[case::v1(sign(&listed(Version::V1).header(key().kid()), &changed(listed(Version::V1).payload(), &[("exp", at(3600))])), true)]
#[case::unlisted(with(&[("azp", "x".into())]), true)]
#[case::unknown_claims(with(&[("extra", json!({"a": [1, null]}))]), true)]
#[case::no_kid(with_header(&[("kid", Value::Null)]), true)]
#[case::no_typ(with_header(&[("typ", Value::Null)]), true)]
#[case::audience_list(with(&[("aud", json!([ORDERS]))]), true)]
#[case::one_of_two_audiences(with(&[("aud", json!(["x", ORDERS]))]), true)]
#[case::just_expired(with(&[("exp", at(-200))]), true)]
#[case::almost_valid(with(&[("nbf", at(200))]), true)]
#[case::no_nbf(with(&[("nbf", Value::Null)]), true)]
#[case::wrong_audience(with(&[("aud", "api://billing".into())]), false)]
#[case::no_audience(with(&[("aud", Value::Null)]), false)]
#[case::empty_audience(with(&[("aud", json!([]))]), false)]
#[case::object_audience(with(&[("aud", json!({}))]), false)]
#[case::audience_with_slash(with(&[("aud", format!("{ORDERS}/").into())]), false)]
#[case::upper_case_audience(with(&[("aud", ORDERS.to_uppercase().into())]), false)]
#[case::audience_in_upper_case_name(with(&[("aud", Value::Null), ("AUD", ORDERS.into())]), false)]
#[case::foreign(with(&[("iss", format!("https://login.microsoftonline.com/{FOREIGN}/v2.0").into()), ("tid", FOREIGN.into())]), false)]
#[case::issuer_with_slash(with(&[("iss", format!("https://login.microsoftonline.com/{TENANT}/v2.0/").into())]), false)]
#[case::no_issuer(with(&[("iss", Value::Null)]), false)]
#[case::expired(with(&[("exp", at(-3600))]), false)]
#[case::no_expiry(with(&[("exp", Value::Null)]), false)]
#[case::expiry_as_text(with(&[("exp", "9999999999".into())]), false)]
#[case::negative_expiry(with(&[("exp", (-1).into())]), false)]
#[case::nbf_as_text(with(&[("nbf", "0".into())]), false)]
#[case::not_yet_valid(with(&[("nbf", at(3500))]), false)]
#[case::other_key(sign_by(stranger(), Algorithm::Rs256, &header(), &fresh()), false)]
#[case::unknown_kid(with_header(&[("kid", "unknown".into())]), false)]
#[case::rs512(sign_by(key(), Algorithm::Rs512, &changed(header(), &[("alg", "RS512".into())]), &fresh()), false)]
#[case::ps256(sign_by(key(), Algorithm::Ps256, &changed(header(), &[("alg", "PS256".into())]), &fresh()), false)]
#[case::other_digest_under_rs256(sign_by(key(), Algorithm::Rs512, &header(), &fresh()), false)]
#[case::lower_case_alg(with_header(&[("alg", "rs256".into())]), false)]
#[case::no_alg(with_header(&[("alg", Value::Null)]), false)]
#[case::none(with_header(&[("alg", "none".into())]), false)]
#[case::hs256(with_header(&[("alg", "HS256".into())]), false)]
#[case::payload_is_a_list(raw(&text(&header()), "[]"), false)]
#[case::payload_is_null(raw(&text(&header()), "null"), false)]
#[case::payload_is_nothing(raw(&text(&header()), ""), false)]
#[case::header_is_a_list(raw("[]", &text(&fresh())), false)]
#[case::byte_order_mark(raw(&text(&header()), &format!("\u{feff}{}", text(&fresh()))), false)]
#[case::duplicate_audience(raw(&text(&header()), &text(&fresh()).replacen('{', &format!("{{\"aud\":\"{ORDERS}\","), 1)), false)]
#[case::four_segments(with(&[]) + ".AAAA", false)]
#[case::padded(with(&[]) + "=", false)]
#[case::no_signature(with(&[]).rsplit_once('.').unwrap().0.to_owned() + ".", false)]
#[case::two_segments(with(&[]).rsplit_once('.').unwrap().0.to_owned(), false)]
#[case::longer_signature(with(&[]) + "AAAA", false)]
#[case::opaque("opaque".to_owned(), false)]
#[tokio::test]
async fn both_agree(#[case] token: String, #[case] valid: bool) {
    assert_eq!((our_opinion(&token).await, other_opinion(&token)), (valid, valid));
}

// Ours refuses what the other takes, each time for the reason named.
#[rstest]
#[case::critical_extension(with_header(&[("crit", json!(["exp"]))]), "RFC 7515 section 4.1.11 says to refuse what is not understood")]
#[case::token_of_another_kind(with_header(&[("typ", "logout+jwt".into())]), "RFC 8725 section 3.11")]
#[case::nested(with_header(&[("cty", "JWT".into())]), "the payload is said to be a token, not claims")]
#[case::fractional_expiry(with(&[("exp", json!(9_999_999_999.5))]), "Entra writes whole seconds")]
#[case::expiry_beyond_64_bits(with(&[("exp", json!(u64::MAX))]), "no time is that far away")]
#[case::expires_before_it_starts(with(&[("nbf", at(200)), ("exp", at(-200))]), "it was never valid")]
#[case::contradicting_tenant(with(&[("tid", FOREIGN.into())]), "the issuer and the tenant claim must be of one tenant")]
#[case::duplicate_unknown_claim(raw(&text(&header()), &text(&fresh()).replacen('{', "{\"a\":1,\"a\":2,", 1)), "names must be unique")]
#[tokio::test]
async fn ours_is_stricter(#[case] token: String, #[case] why: &str) {
    assert_eq!((our_opinion(&token).await, other_opinion(&token)), (false, true), "{why}");
}

#[tokio::test]
async fn a_token_by_the_tests_own_clock_is_valid_then() {
    assert_eq!(told(&app(|_| {}), super::lab::bearing(&token(&[]))).await, "200");
    let mut later = super::lab::bearing(&token(&[]));
    later.at = NOW + 3600 + 300;
    assert_eq!(told(&app(|_| {}), later.clone()).await, "200");
    later.at += 1;
    assert_eq!(told(&app(|_| {}), later).await, "401 Expired");
}
