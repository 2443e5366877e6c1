//! Rules about who is let in.

use rstest::rstest;

use super::Given;

const APPLICATIONS: &str = "validation.defaultAuthorizationPolicy.allowedApplications";
const PRINCIPALS: &str = "validation.defaultAuthorizationPolicy.allowedPrincipals";
const CHECKS: &str = "validation.jwtClaimChecks";
const EXPECTED: &str = "expected.callers";
const OWN: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
/// The caller that the baseline lists.
const CALLER: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const OTHER: &str = "44c9f0dd-5e60-4f71-9d82-90ab1c2d3e4f";

/// Changes with the ids in the place of `OWN`, `CALLER` and `OTHER`.
fn given(changes: &[(&str, &str)]) -> Given {
    let ids = |value: &str| value.replace("OWN", OWN).replace("CALLER", CALLER).replace("OTHER", OTHER);
    let changes: Vec<(&str, String)> = changes.iter().map(|(path, value)| (*path, ids(value))).collect();
    Given::baseline(&changes.iter().map(|(path, value)| (*path, value.as_str())).collect::<Vec<_>>())
}

#[rstest]
#[case::no_validation(&[("validation", "")], true)]
#[case::no_policy(&[("validation.defaultAuthorizationPolicy", "")], true)]
#[case::empty_policy(&[("validation.defaultAuthorizationPolicy", "{}")], true)]
#[case::no_principals(&[("validation.defaultAuthorizationPolicy", r#"{ "allowedPrincipals": {} }"#)], true)]
#[case::empty_lists(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "identities": [], "groups": [] }"#)], true)]
#[case::empty_checks(&[("validation.defaultAuthorizationPolicy", ""), (CHECKS, r#"{ "allowedGroups": [] }"#)], true)]
#[case::applications(&[], false)]
#[case::empty_applications(&[(APPLICATIONS, "[]")], false)]
#[case::identities(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], false)]
#[case::checks(&[(APPLICATIONS, ""), (CHECKS, r#"{ "allowedClientApplications": ["CALLER"] }"#)], false)]
#[case::policy_unknown(&[("validation.defaultAuthorizationPolicy", r#""[variables('policy')]""#)], false)]
#[case::applications_unknown(&[(APPLICATIONS, r#""[parameters('callers')]""#)], false)]
#[case::another_type(&[(APPLICATIONS, r#""CALLER""#)], false)]
#[case::no_registration(&[("registration", ""), ("validation", "")], false)]
#[case::provider_off(&[("validation", ""), ("identityProviders.azureActiveDirectory.enabled", "false")], false)]
fn nothing_says_who_may_call(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(given(changes).fires("L-NO-POLICY"), fires);
}

#[rstest]
#[case::empty(&[(APPLICATIONS, "[]")], true)]
#[case::empty_beside_identities(&[(APPLICATIONS, "[]"), (PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], true)]
#[case::left_out(&[(APPLICATIONS, "")], false)]
#[case::null(&[(APPLICATIONS, "null")], false)]
#[case::unknown(&[(APPLICATIONS, r#""[createArray()]""#)], false)]
#[case::member_unknown(&[(APPLICATIONS, r#"["[parameters('caller')]"]"#)], false)]
#[case::other_lists(&[(PRINCIPALS, r#"{ "identities": [], "groups": [] }"#)], false)]
fn an_empty_list_means_nobody_knows_what(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(given(changes).fires("L-EMPTY-LIST"), fires);
}

#[rstest]
#[case::client_id(r#"["CALLER"]"#, false)]
#[case::host(r#"["apim.azure-api.net"]"#, true)]
#[case::resource(r#"["/subscriptions/x/resourceGroups/y/providers/Microsoft.ApiManagement/service/apim"]"#, true)]
#[case::uri(r#"["api://OTHER"]"#, true)]
#[case::name(r#"["apim"]"#, true)]
#[case::empty(r#"[""]"#, true)]
#[case::second(r#"["CALLER", "apim"]"#, true)]
#[case::digit_missing(r#"["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3"]"#, true)]
#[case::without_hyphens(r#"["33b8e9cc4d5f4e608c718f9a0b1c2d3e"]"#, true)]
#[case::upper_case(r#"["33B8E9CC-4D5F-4E60-8C71-8F9A0B1C2D3E"]"#, false)]
#[case::braces(r#"["{CALLER}"]"#, false)]
#[case::blanks(r#"[" CALLER "]"#, false)]
#[case::unknown(r#"["[parameters('caller')]"]"#, false)]
#[case::number("[7]", false)]
#[case::text(r#""apim""#, false)]
fn an_application_is_given_by_its_client_id(#[case] list: &str, #[case] fires: bool) {
    assert_eq!(given(&[(APPLICATIONS, list)]).fires("L-APPID-FORMAT"), fires);
    let checks = format!(r#"{{ "allowedClientApplications": {list} }}"#);
    assert_eq!(given(&[(CHECKS, &checks)]).fires("L-APPID-FORMAT"), fires);
    let principals = format!(r#"{{ "groups": {list} }}"#);
    assert!(!given(&[(PRINCIPALS, &principals)]).fires("L-APPID-FORMAT"));
}

#[rstest]
#[case::in_both(&[(PRINCIPALS, r#"{ "identities": ["CALLER"] }"#)], true)]
#[case::in_both_whatever_case(&[(PRINCIPALS, r#"{ "identities": ["33B8E9CC-4D5F-4E60-8C71-8F9A0B1C2D3E"] }"#)], true)]
#[case::own(&[(PRINCIPALS, r#"{ "identities": ["OWN"] }"#)], true)]
#[case::distinct(&[(PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], false)]
#[case::own_application(&[(APPLICATIONS, r#"["OWN"]"#)], false)]
#[case::principal_among_applications(&[(APPLICATIONS, r#"["[reference('apim').identity.principalId]"]"#)], true)]
#[case::snake_case(&[(APPLICATIONS, r#"["[parameters('apim_principal_id')]"]"#)], true)]
#[case::whole_list(&[(APPLICATIONS, r#""[parameters('callerObjectIds')]""#)], true)]
#[case::checks(&[(CHECKS, r#"{ "allowedClientApplications": ["[parameters('principalId')]"] }"#)], true)]
#[case::client_among_identities(&[(PRINCIPALS, r#"{ "identities": ["[parameters('apimClientId')]"] }"#)], true)]
#[case::app_among_identities(&[(PRINCIPALS, r#"{ "identities": ["[parameters('appId')]"] }"#)], true)]
#[case::right_names(
    &[(APPLICATIONS, r#"["[parameters('clientId')]"]"#), (PRINCIPALS, r#"{ "identities": ["[parameters('principalId')]"] }"#)],
    false
)]
#[case::both_names(&[(APPLICATIONS, r#"["[clientIdOf(parameters('principalId'))]"]"#)], false)]
#[case::no_names(&[(APPLICATIONS, r#"["[parameters('apim')]"]"#)], false)]
#[case::web_app_identity(&[(PRINCIPALS, r#"{ "identities": ["[parameters('webAppIdentity')]"] }"#)], false)]
#[case::a_text_is_no_expression(&[(APPLICATIONS, r#"["principalId"]"#)], false)]
fn ids_are_mixed_up(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(given(changes).fires("L-OID-VS-APPID"), fires);
}

#[rstest]
#[case::own(&[(APPLICATIONS, r#"["OWN"]"#)], true)]
#[case::own_twice(&[(APPLICATIONS, r#"["OWN", "OWN"]"#)], true)]
#[case::upper_case(&[(APPLICATIONS, r#"["11F4C2AA-6B1D-4E8F-8A53-2C9D7E6B5A41"]"#)], true)]
#[case::checks(&[(CHECKS, r#"{ "allowedClientApplications": ["OWN"] }"#)], true)]
#[case::with_another(&[(APPLICATIONS, r#"["OWN", "CALLER"]"#)], false)]
#[case::with_an_unknown(&[(APPLICATIONS, r#"["OWN", "[parameters('caller')]"]"#)], false)]
#[case::empty(&[(APPLICATIONS, "[]")], false)]
#[case::client_id_unknown(&[(APPLICATIONS, r#"["OWN"]"#), ("registration.clientId", r#""[parameters('id')]""#)], false)]
#[case::expected(&[(APPLICATIONS, r#"["OWN"]"#), (EXPECTED, r#"["OWN"]"#)], false)]
#[case::another_expected(&[(APPLICATIONS, r#"["OWN"]"#), (EXPECTED, r#"["CALLER"]"#)], false)]
fn only_the_app_itself_may_call(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(given(changes).fires("L-SELF-ONLY"), fires);
}

#[rstest]
#[case::listed(&[], false)]
#[case::listed_in_upper_case(&[(APPLICATIONS, r#"["33B8E9CC-4D5F-4E60-8C71-8F9A0B1C2D3E"]"#)], false)]
#[case::not_listed(&[(APPLICATIONS, r#"["OTHER"]"#)], true)]
#[case::own_only(&[(APPLICATIONS, r#"["OWN"]"#)], true)]
#[case::no_lists(&[("validation", "")], false)]
#[case::empty(&[(APPLICATIONS, "[]")], false)]
#[case::unknown(&[(APPLICATIONS, r#""[parameters('callers')]""#)], false)]
#[case::member_unknown(&[(APPLICATIONS, r#"["OTHER", "[parameters('caller')]"]"#)], false)]
#[case::object_id(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "identities": ["CALLER"] }"#)], false)]
#[case::object_id_beside_clients(&[(APPLICATIONS, r#"["OTHER"]"#), (PRINCIPALS, r#"{ "identities": ["CALLER"] }"#)], false)]
#[case::in_no_list(&[(APPLICATIONS, r#"["OTHER"]"#), (PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], true)]
#[case::object_id_missing(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], true)]
#[case::identities_unknown(&[(APPLICATIONS, r#"["OTHER"]"#), (PRINCIPALS, r#"{ "identities": "[variables('x')]" }"#)], false)]
#[case::perhaps_by_group(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "identities": ["OTHER"], "groups": ["OTHER"] }"#)], false)]
#[case::by_group_alone(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "groups": ["OTHER"] }"#)], false)]
#[case::not_in_the_checks(&[(CHECKS, r#"{ "allowedClientApplications": ["OTHER"] }"#)], true)]
#[case::in_the_checks_alone(&[(APPLICATIONS, r#"["OTHER"]"#), (CHECKS, r#"{ "allowedClientApplications": ["CALLER"] }"#)], true)]
#[case::in_the_checks(&[(APPLICATIONS, ""), (CHECKS, r#"{ "allowedClientApplications": ["CALLER"] }"#)], false)]
fn a_caller_that_must_get_in_is_listed(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert!(!given(changes).fires("L-APIM-MISSING"), "nobody is expected");
    let expected = [changes, &[(EXPECTED, r#"["CALLER"]"#)]].concat();
    assert_eq!(given(&expected).fires("L-APIM-MISSING"), fires);
}

#[test]
fn every_missing_caller_is_told_once() {
    let given = given(&[(APPLICATIONS, r#"["OTHER"]"#), (EXPECTED, r#"["OWN", "CALLER", "OTHER"]"#)]);
    assert_eq!(given.fired().iter().filter(|rule| **rule == "L-APIM-MISSING").count(), 2);
    assert!(!given.fires("L-SELF-ONLY"));
}

#[rstest]
#[case::identities(&[(PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], true)]
#[case::groups(&[(PRINCIPALS, r#"{ "groups": ["OTHER"] }"#)], true)]
#[case::member_unknown(&[(PRINCIPALS, r#"{ "groups": ["[parameters('group')]"] }"#)], true)]
#[case::empty(&[(PRINCIPALS, r#"{ "identities": [], "groups": [] }"#)], false)]
#[case::no_applications(&[(APPLICATIONS, ""), (PRINCIPALS, r#"{ "identities": ["OTHER"], "groups": ["OTHER"] }"#)], false)]
#[case::empty_applications(&[(APPLICATIONS, "[]"), (PRINCIPALS, r#"{ "identities": ["OTHER"] }"#)], false)]
#[case::unknown(&[(PRINCIPALS, r#"{ "identities": "[variables('x')]" }"#)], false)]
fn a_caller_must_be_on_two_lists(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(given(changes).fires("L-AND"), fires);
}

#[rstest]
#[case::same(&[(CHECKS, r#"{ "allowedClientApplications": ["CALLER"] }"#)], false)]
#[case::same_in_upper_case(&[(CHECKS, r#"{ "allowedClientApplications": ["33B8E9CC-4D5F-4E60-8C71-8F9A0B1C2D3E"] }"#)], false)]
#[case::another(&[(CHECKS, r#"{ "allowedClientApplications": ["OTHER"] }"#)], true)]
#[case::one_more(&[(CHECKS, r#"{ "allowedClientApplications": ["CALLER", "OTHER"] }"#)], true)]
#[case::one_less(&[(APPLICATIONS, r#"["CALLER", "OTHER"]"#), (CHECKS, r#"{ "allowedClientApplications": ["CALLER"] }"#)], true)]
#[case::empty(&[(CHECKS, r#"{ "allowedClientApplications": [] }"#)], false)]
#[case::unknown(&[(CHECKS, r#"{ "allowedClientApplications": ["OTHER", "[parameters('caller')]"] }"#)], false)]
#[case::expected(&[(CHECKS, r#"{ "allowedClientApplications": ["OTHER"] }"#), (EXPECTED, r#"["CALLER"]"#)], false)]
fn two_lists_of_client_ids_differ(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(given(changes).fires("L-JWT-DUP"), fires);
}
