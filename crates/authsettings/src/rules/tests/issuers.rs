//! Rules about the issuer.

use rstest::rstest;

use super::Given;

const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";

fn given(issuer: &str, changes: &[(&str, &str)]) -> Given {
    let issuer = format!("\"{}\"", issuer.replace("TENANT", TENANT));
    Given::baseline(&[&[("registration.openIdIssuer", issuer.as_str())], changes].concat())
}

#[rstest]
#[case::v2("https://login.microsoftonline.com/TENANT/v2.0", [true, true, false])]
#[case::v2_at_the_old_host("https://sts.windows.net/TENANT/v2.0", [true, true, false])]
#[case::any("https://login.microsoftonline.com/common/v2.0", [true, true, false])]
#[case::v1("https://sts.windows.net/TENANT/", [false, false, true])]
#[case::v1_at_the_new_host("https://login.microsoftonline.com/TENANT", [false, false, true])]
#[case::misshapen("https://login.microsoftonline.com/v2.0/TENANT/", [false; 3])]
#[case::unknown("[parameters('issuer')]", [false; 3])]
#[case::empty("", [false; 3])]
fn the_version_of_tokens_is_asked_where_it_is_not_known(#[case] issuer: &str, #[case] fires: [bool; 3]) {
    let version = |version| given(issuer, &[("expected.tokenVersion", version)]).fires("L-ISS-VERSION");
    let found = [given(issuer, &[]).fires("L-ISS-VERSION"), version(r#""v1""#), version(r#""v2""#)];
    assert_eq!(found, fires, "not known, v1, v2");
}

const TENANTS: &str = "appSettings.WEBSITE_AUTH_AAD_ALLOWED_TENANTS";

#[rstest]
#[case::common("https://login.microsoftonline.com/common/v2.0", true)]
#[case::organizations("https://login.microsoftonline.com/Organizations/v2.0", true)]
#[case::consumers("https://login.microsoftonline.com/consumers/v2.0", true)]
#[case::v1("https://sts.windows.net/common/", true)]
#[case::one("https://login.microsoftonline.com/TENANT/v2.0", false)]
#[case::consumers_by_their_id("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", false)]
#[case::domain("https://login.microsoftonline.com/common.example/v2.0", false)]
#[case::unknown("[uri('https://login.microsoftonline.com/', 'common')]", false)]
fn any_tenant_is_accepted_unless_something_limits_it(#[case] issuer: &str, #[case] fires: bool) {
    let no_policy = ("validation", "");
    assert_eq!(given(issuer, &[no_policy]).fires("L-ISS-MULTI"), fires);
    assert_eq!(given(issuer, &[no_policy, (TENANTS, "\"\"")]).fires("L-ISS-MULTI"), fires);
    for limited in [&[][..], &[no_policy, (TENANTS, "\"x\"")], &[no_policy, (TENANTS, "\"[parameters('tenants')]\"")]] {
        assert!(!given(issuer, limited).fires("L-ISS-MULTI"), "{limited:?}");
    }
    assert!(
        !given(issuer, &[("expected.tenant", "\"11111111-2222-4333-8444-555555555555\""), no_policy])
            .fires("L-ISS-MULTI")
            || fires
    );
}

#[test]
fn the_place_of_a_tenant_is_no_tenant_whatever_limits_it() {
    let given = given("https://login.microsoftonline.com/{TenantId}/v2.0", &[]);
    assert!(given.fires("L-ISS-MULTI") && !given.fires("L-ISS-SHAPE"), "one flaw is told once");
}

#[rstest]
#[case::v2("https://login.microsoftonline.com/TENANT/v2.0", false)]
#[case::v2_with_slash("https://login.microsoftonline.com/TENANT/v2.0/", false)]
#[case::v1("https://sts.windows.net/TENANT/", false)]
#[case::v1_at_the_new_host("https://login.microsoftonline.com/TENANT", false)]
#[case::old_host("https://login.windows.net/TENANT", false)]
#[case::china("https://login.partner.microsoftonline.cn/TENANT/v2.0", false)]
#[case::government("https://login.microsoftonline.us/TENANT/v2.0", false)]
#[case::any("https://login.microsoftonline.com/common/v2.0", false)]
#[case::domain("https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0", false)]
#[case::external("https://contoso.ciamlogin.com/TENANT/v2.0", false)]
#[case::b2c("https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/v2.0", false)]
#[case::b2c_query("https://contoso.b2clogin.com/TENANT/v2.0?p=b2c_1_signin", false)]
#[case::b2c_without_policy("https://contoso.b2clogin.com/TENANT/v2.0", true)]
#[case::order("https://login.microsoftonline.com/v2.0/TENANT/", true)]
#[case::no_tenant("https://login.microsoftonline.com/", true)]
#[case::no_path("https://login.microsoftonline.com", true)]
#[case::version_alone("https://login.microsoftonline.com/v2.0", true)]
#[case::doubled_slash("https://login.microsoftonline.com//TENANT/v2.0", true)]
#[case::doubled_at_the_end("https://login.microsoftonline.com/TENANT/v2.0//", true)]
#[case::plain_http("http://login.microsoftonline.com/TENANT/v2.0", true)]
#[case::no_scheme("login.microsoftonline.com/TENANT/v2.0", true)]
#[case::another_host("https://login.example.net/TENANT/v2.0", true)]
#[case::almost_the_host("https://login.microsoftonline.com.example.net/TENANT/v2.0", true)]
#[case::user_information("https://login.microsoftonline.com@example.net/TENANT/v2.0", true)]
#[case::almost_external("https://evilciamlogin.com/TENANT/v2.0", true)]
#[case::metadata("https://login.microsoftonline.com/TENANT/v2.0/.well-known/openid-configuration", true)]
#[case::endpoint("https://login.microsoftonline.com/TENANT/oauth2/v2.0/authorize", true)]
#[case::other_version("https://login.microsoftonline.com/TENANT/v1.0", true)]
#[case::place("https://login.microsoftonline.com/<tenant-id>/v2.0", true)]
#[case::place_in_braces("https://login.microsoftonline.com/{tenant-guid}/v2.0", true)]
#[case::name_of_a_place("https://login.microsoftonline.com/YOUR_TENANT_ID/v2.0", true)]
#[case::zeros("https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0", true)]
#[case::text("placeholder", true)]
#[case::empty("", false)]
#[case::unknown("[concat('https://sts.windows.net/', parameters('tenant'))]", false)]
fn an_issuer_names_metadata(#[case] issuer: &str, #[case] fires: bool) {
    assert_eq!(given(issuer, &[]).fires("L-ISS-SHAPE"), fires);
}

#[rstest]
#[case::same(TENANT, false)]
#[case::same_in_upper_case("72F98A3E-5D0C-4C1E-9D6A-0B7C5A1E4F10", false)]
#[case::another("a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d", true)]
#[case::domain("contoso.example", false)]
fn the_tenant_is_the_one_that_is_meant(#[case] expected: &str, #[case] fires: bool) {
    let expected = format!("\"{expected}\"");
    let fired = |issuer| given(issuer, &[("expected.tenant", &expected)]).fires("L-ISS-SHAPE");
    assert_eq!(fired("https://login.microsoftonline.com/TENANT/v2.0"), fires);
    assert!(!fired("https://login.microsoftonline.com/contoso.example/v2.0"), "only the authority knows a domain's id");
}

#[rstest]
#[case::v2("https://login.microsoftonline.com/TENANT/v2.0", false)]
#[case::v2_with_slash("https://login.microsoftonline.com/TENANT/v2.0/", true)]
#[case::v2_at_the_old_host("https://sts.windows.net/TENANT/v2.0", false)]
#[case::v1("https://sts.windows.net/TENANT/", false)]
#[case::v1_without_slash("https://sts.windows.net/TENANT", true)]
#[case::v1_in_china("https://STS.chinacloudapi.cn/TENANT", true)]
#[case::v1_at_the_new_host("https://login.microsoftonline.com/TENANT", false)]
#[case::misshapen("https://login.microsoftonline.com/v2.0/", false)]
fn the_last_slash_is_where_entra_writes_it(#[case] issuer: &str, #[case] fires: bool) {
    assert_eq!(given(issuer, &[]).fires("L-ISS-SLASH"), fires);
}
