//! Rules about the audiences that are accepted.

use rstest::rstest;

use super::Given;

const AUDIENCES: &str = "validation.allowedAudiences";
const CLIENT: &str = "registration.clientId";
const EXPECTED: &str = "expected.audience";
const OWN: &str = r#""11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41""#;
const OTHER: &str = r#""44c9f0dd-5e60-4f71-9d82-90ab1c2d3e4f""#;
const UNKNOWN: &str = r#""[parameters('audience')]""#;
const URI: &str = r#""api://orders""#;

#[rstest]
#[case::left_out(&[], true)]
#[case::empty(&[(AUDIENCES, "[]")], true)]
#[case::null(&[(AUDIENCES, "null")], true)]
#[case::client_id_unknown(&[(CLIENT, UNKNOWN)], true)]
#[case::listed(&[(AUDIENCES, r#"["api://orders"]"#)], false)]
#[case::unknown(&[(AUDIENCES, UNKNOWN)], false)]
#[case::expected(&[(EXPECTED, OWN)], false)]
#[case::another_expected(&[(EXPECTED, URI)], false)]
#[case::no_client_id(&[(CLIENT, "")], false)]
fn only_the_client_id_is_accepted(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(Given::baseline(changes).fires("L-AUD-NONE"), fires);
}

#[rstest]
#[case::not_listed(&[(EXPECTED, URI)], true)]
#[case::another_listed(&[(EXPECTED, URI), (AUDIENCES, r#"["api://other"]"#)], true)]
#[case::not_the_client_id(&[(EXPECTED, OTHER)], true)]
#[case::nothing_expected(&[], false)]
#[case::listed(&[(EXPECTED, URI), (AUDIENCES, r#"["api://other", "api://orders"]"#)], false)]
#[case::client_id(&[(EXPECTED, OWN)], false)]
#[case::client_id_in_upper_case(&[(EXPECTED, r#""11F4C2AA-6B1D-4E8F-8A53-2C9D7E6B5A41""#)], false)]
#[case::with_a_slash(&[(EXPECTED, URI), (AUDIENCES, r#"["api://orders/"]"#)], false)]
#[case::unknown(&[(EXPECTED, URI), (AUDIENCES, UNKNOWN)], false)]
#[case::member_unknown(&[(EXPECTED, URI), (AUDIENCES, r#"["api://other", "[parameters('audience')]"]"#)], false)]
#[case::client_id_unknown(&[(EXPECTED, OTHER), (CLIENT, UNKNOWN)], false)]
#[case::no_client_id_is_a_uri(&[(EXPECTED, URI), (CLIENT, UNKNOWN)], true)]
#[case::v1_tokens(&[(EXPECTED, URI), ("expected.tokenVersion", r#""v1""#)], true)]
#[case::v2_tokens_bear_the_client_id(&[(EXPECTED, URI), ("expected.tokenVersion", r#""v2""#)], false)]
fn what_callers_ask_for_is_accepted(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(Given::baseline(changes).fires("L-AUD-NO-API"), fires);
}

#[rstest]
#[case::slash(r#"["api://orders/"]"#, None, true)]
#[case::bare(r#"["api://orders"]"#, None, false)]
#[case::both(r#"["api://orders/", "api://orders"]"#, None, false)]
#[case::microsoft(r#"["https://management.azure.com/"]"#, None, false)]
#[case::unknown(r#"["[parameters('audience')]"]"#, None, false)]
#[case::expected_bare(r#"["api://orders/"]"#, Some(URI), true)]
#[case::expected_so(r#"["api://orders/"]"#, Some(r#""api://orders/""#), false)]
#[case::expected_with_slash(r#"["api://orders"]"#, Some(r#""api://orders/""#), true)]
#[case::case_differs(r#"["api://Orders"]"#, Some(URI), true)]
#[case::case_of_the_client_id(r#"["11F4C2AA-6B1D-4E8F-8A53-2C9D7E6B5A41"]"#, Some(OWN), false)]
#[case::another(r#"["api://other"]"#, Some(URI), false)]
#[case::another_with_slash(r#"["api://other/", "api://orders"]"#, Some(URI), true)]
#[case::expected_listed_too(r#"["api://orders/", "api://ORDERS", "api://orders"]"#, Some(URI), false)]
fn an_audience_is_written_to_the_letter(#[case] list: &str, #[case] expected: Option<&str>, #[case] fires: bool) {
    let changes: Vec<_> =
        [(AUDIENCES, list)].into_iter().chain(expected.map(|audience| (EXPECTED, audience))).collect();
    let given = Given::baseline(&changes);
    assert_eq!(given.fires("L-AUD-SLASH"), fires);
    assert!(!(fires && expected == Some(URI) && !list.contains("other") && given.fires("L-AUD-NO-API")), "told once");
}

#[rstest]
#[case::manager(r#"["https://management.azure.com/"]"#, true)]
#[case::without_slash(r#"["https://management.azure.com"]"#, true)]
#[case::upper_case(r#"["HTTPS://Management.Azure.com"]"#, true)]
#[case::classic(r#"["https://management.core.windows.net/"]"#, true)]
#[case::graph(r#"["00000003-0000-0000-c000-000000000000"]"#, true)]
#[case::beside_its_own(r#"["api://orders", "https://vault.azure.net"]"#, true)]
#[case::of_the_cloud(r#""[environment().authentication.audiences]""#, true)]
#[case::one_of_the_cloud(r#"["[environment().authentication.audiences[0]]"]"#, true)]
#[case::own(r#"["api://orders"]"#, false)]
#[case::longer(r#"["https://management.azure.com.example.net"]"#, false)]
#[case::unknown(r#""[parameters('audiences')]""#, false)]
#[case::number("[3]", false)]
fn audiences_that_many_share_are_not_accepted(#[case] list: &str, #[case] fires: bool) {
    assert_eq!(Given::baseline(&[(AUDIENCES, list)]).fires("L-AUD-FOREIGN"), fires);
}
