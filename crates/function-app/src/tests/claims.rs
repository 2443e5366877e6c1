//! How claims are read, where jsonwebtoken has no opinion or another one.

use rstest::rstest;
use serde_json::{Value, json};
use serve::Request;

use super::lab::{
    FOREIGN, LISTED, NOW, OBJECT, ORDERS, TENANT, UNLISTED, app, bearing, header, payload, sign, token, told,
};

async fn answer(claims: &[(&str, Value)]) -> String {
    told(&app(|_| {}), bearing(&token(claims))).await
}

// Which claim names the client, by the version that the token says it has.
#[rstest]
#[case::v2(&[("ver", "2.0".into()), ("azp", LISTED.into()), ("appid", UNLISTED.into())], "200")]
#[case::v2_by_the_other_claim(&[("ver", "2.0".into()), ("azp", UNLISTED.into()), ("appid", LISTED.into())], "403 ApplicationNotAllowed")]
#[case::v2_without_its_claim(&[("ver", "2.0".into()), ("azp", Value::Null), ("appid", LISTED.into())], "403 ApplicationNotAllowed")]
#[case::v1(&[("ver", "1.0".into()), ("appid", LISTED.into()), ("azp", UNLISTED.into())], "200")]
#[case::v1_by_the_other_claim(&[("ver", "1.0".into()), ("appid", UNLISTED.into()), ("azp", LISTED.into())], "403 ApplicationNotAllowed")]
#[case::v1_without_its_claim(&[("ver", "1.0".into())], "403 ApplicationNotAllowed")]
#[case::no_version(&[("ver", Value::Null)], "200")]
#[case::no_version_and_a_v1_claim(&[("ver", Value::Null), ("azp", Value::Null), ("appid", LISTED.into())], "200")]
#[case::no_version_and_both(&[("ver", Value::Null), ("azp", UNLISTED.into()), ("appid", LISTED.into())], "403 ApplicationNotAllowed")]
#[case::odd_version(&[("ver", 2.into())], "200")]
#[case::nobody(&[("azp", Value::Null)], "403 ApplicationNotAllowed")]
#[case::list(&[("azp", json!([LISTED]))], "403 ApplicationNotAllowed")]
#[case::number(&[("azp", 1.into())], "403 ApplicationNotAllowed")]
#[case::upper_case(&[("azp", LISTED.to_uppercase().into())], "403 ApplicationNotAllowed")]
#[case::braces(&[("azp", format!("{{{LISTED}}}").into())], "403 ApplicationNotAllowed")]
#[case::blank(&[("azp", format!(" {LISTED}").into())], "403 ApplicationNotAllowed")]
#[tokio::test]
async fn clients(#[case] claims: &[(&str, Value)], #[case] expected: &str) {
    assert_eq!(answer(claims).await, expected);
}

#[rstest]
#[case::whole("exp", json!(NOW + 60), "200")]
#[case::last_second_of_the_skew("exp", json!(NOW - 300), "200 ")]
#[case::float("exp", json!(9_999_999_999.0), "401 Expired")]
#[case::text("exp", json!("9999999999"), "401 Expired")]
#[case::list("exp", json!([9_999_999_999_i64]), "401 Expired")]
#[case::beyond_64_bits("exp", json!(9_223_372_036_854_775_808_u64), "401 Expired")]
#[case::the_last_of_64_bits("exp", json!(i64::MAX), "200")]
#[case::negative("exp", json!(i64::MIN), "401 Expired")]
#[case::starts_at_the_end_of_the_skew("nbf", json!(NOW + 300), "200")]
#[case::starts_after_the_skew("nbf", json!(NOW + 301), "401 Premature")]
#[case::starts_when_it_ends("nbf", json!(NOW + 3600), "401 Premature")]
#[case::starts_as_text("nbf", json!("0"), "401 Premature")]
#[case::starts_as_float("nbf", json!(1.0), "401 Premature")]
#[case::starts_in_the_distant_past("nbf", json!(i64::MIN), "200")]
#[tokio::test]
async fn times(#[case] name: &str, #[case] value: Value, #[case] expected: &str) {
    // Where a token ends before it starts, it is that which is told.
    let start = if name == "exp" { NOW - 4000 } else { NOW - 60 };
    let claims = [("nbf", start.into()), (name, value)];
    assert_eq!(answer(&claims).await, expected.trim());
}

#[tokio::test]
async fn a_token_may_end_when_it_starts_and_not_before() {
    let at = |nbf: i64, exp: i64| [("nbf", nbf.into()), ("exp", exp.into())];
    assert_eq!(answer(&at(NOW + 100, NOW + 100)).await, "200");
    assert_eq!(answer(&at(NOW + 100, NOW + 99)).await, "401 Premature");
    assert_eq!(answer(&[("nbf", NOW.into()), ("exp", Value::Null)]).await, "401 Expired");
}

#[rstest]
#[case::http(format!("http://login.microsoftonline.com/{TENANT}/v2.0").into())]
#[case::upper_case_host(format!("https://LOGIN.microsoftonline.com/{TENANT}/v2.0").into())]
#[case::upper_case_tenant(format!("https://login.microsoftonline.com/{}/v2.0", TENANT.to_uppercase()).into())]
#[case::slash(format!("https://login.microsoftonline.com/{TENANT}/v2.0/").into())]
#[case::no_version(format!("https://login.microsoftonline.com/{TENANT}").into())]
#[case::user(format!("https://login.microsoftonline.com@evil.example/{TENANT}/v2.0").into())]
#[case::extra_path(format!("https://login.microsoftonline.com/{TENANT}/v2.0/x").into())]
#[case::placeholder("https://login.microsoftonline.com/{tenantid}/v2.0".into())]
#[case::list(json!([format!("https://login.microsoftonline.com/{TENANT}/v2.0")]))]
#[case::foreign_v1(format!("https://sts.windows.net/{FOREIGN}/").into())]
#[tokio::test]
async fn issuers_that_are_not_ours(#[case] issuer: Value) {
    assert_eq!(answer(&[("iss", issuer)]).await, "401 WrongIssuer");
}

#[tokio::test]
async fn the_tenant_must_be_the_issuers() {
    assert_eq!(answer(&[("tid", FOREIGN.into())]).await, "401 WrongIssuer");
    assert_eq!(answer(&[("tid", json!([TENANT]))]).await, "401 WrongIssuer");
    assert_eq!(answer(&[("tid", 1.into())]).await, "401 WrongIssuer");
    assert_eq!(answer(&[("tid", Value::Null)]).await, "200");
    assert_eq!(answer(&[("iss", format!("https://sts.windows.net/{TENANT}/").into())]).await, "200");
}

#[rstest]
#[case::texts(json!([UNLISTED, ORDERS]), "200")]
#[case::not_all_texts(json!([ORDERS, 1]), "401 WrongAudience")]
#[case::nested(json!([[ORDERS]]), "401 WrongAudience")]
#[case::object(json!({ "aud": ORDERS }), "401 WrongAudience")]
#[case::prefix(json!(ORDERS[..35]), "401 WrongAudience")]
#[case::two_in_one(json!(format!("{ORDERS} {UNLISTED}")), "401 WrongAudience")]
#[tokio::test]
async fn audiences(#[case] audience: Value, #[case] expected: &str) {
    assert_eq!(answer(&[("aud", audience)]).await, expected);
}

#[tokio::test]
async fn object_ids_tenants_and_groups_reach_the_decision() {
    let principals = |identities: &[&str], groups: &[&str]| {
        let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let (identities, groups) = (list(identities), list(groups));
        app(move |config| {
            let policy = config.settings.entra.as_mut().unwrap().policy.as_mut().unwrap();
            (policy.identities, policy.groups) = (identities, groups);
        })
    };
    let with = |claims: &[(&str, Value)]| bearing(&token(claims));
    let (listed, others) = (principals(&[OBJECT], &[]), principals(&["x"], &["g"]));
    assert_eq!(told(&listed, with(&[])).await, "200");
    assert_eq!(told(&listed, with(&[("oid", Value::Null)])).await, "403 NoServicePrincipal");
    assert_eq!(told(&others, with(&[])).await, "403 PrincipalNotAllowed");
    assert_eq!(told(&others, with(&[("groups", json!(["f", "g"]))])).await, "200");
    assert_eq!(told(&others, with(&[("groups", json!("g"))])).await, "403 PrincipalNotAllowed");
    let overage = [("_claim_names", json!({ "groups": "src1" })), ("_claim_sources", json!({ "src1": {} }))];
    assert_eq!(told(&others, with(&overage)).await, "403 PrincipalNotAllowed");
    let tenants = app(|config| config.settings.app.allowed_tenants = vec![TENANT.to_owned()]);
    assert_eq!(told(&tenants, with(&[])).await, "200");
    assert_eq!(told(&tenants, with(&[("tid", Value::Null)])).await, "403 TenantNotAllowed");
}

#[tokio::test]
async fn key_material_in_the_header_changes_nothing() {
    for (name, value) in
        [("jwk", json!({})), ("jku", json!("https://evil.example")), ("x5t", json!("x")), ("nonce", json!("x"))]
    {
        let mut header = header();
        header.insert(name.to_owned(), value);
        assert_eq!(told(&app(|_| {}), bearing(&sign(&header, &payload()))).await, "200", "{name}");
    }
}

#[tokio::test]
async fn the_time_is_the_requests() {
    let app = app(|_| {});
    let token = token(&[("exp", (NOW + 1_000_000).into())]);
    for (seconds, expected) in [(0, "200"), (1_000_300, "200"), (1_000_301, "401 Expired"), (-601, "401 Premature")] {
        let request = Request { at: NOW + seconds, ..bearing(&token) };
        assert_eq!(told(&app, request).await, expected, "{seconds}");
    }
}
