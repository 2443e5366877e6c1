//! Rules about whether authentication is on, required and able to tell a valid token.

use rstest::rstest;

use super::Given;
use crate::Form;

const ENABLED: &str = "platform.enabled";
const REQUIRED: &str = "globalValidation.requireAuthentication";
const ACTION: &str = "globalValidation.unauthenticatedClientAction";
const PROVIDER: &str = "identityProviders.azureActiveDirectory";

#[rstest]
#[case::on(ENABLED, "true", false)]
#[case::off(ENABLED, "false", true)]
#[case::left_out(ENABLED, "", true)]
#[case::null(ENABLED, "null", true)]
#[case::no_platform("platform", "", true)]
#[case::unknown(ENABLED, r#""[parameters('enabled')]""#, false)]
#[case::unknown_platform("platform", r#""[parameters('platform')]""#, false)]
#[case::another_type(ENABLED, r#""false""#, false)]
fn authentication_is_off(#[case] path: &str, #[case] value: &str, #[case] fires: bool) {
    assert_eq!(Given::baseline(&[(path, value)]).fires("L-DISABLED"), fires);
}

#[test]
fn names_have_no_case() {
    assert!(!Given::read(r#"{ "Platform": { "ENABLED": true } }"#).fires("L-DISABLED"));
    assert!(Given::read(r#"{ "Platform": { "ENABLED": false } }"#).fires("L-DISABLED"));
}

#[rstest]
#[case::nothing("{}")]
#[case::off(r#"{ "platform": { "enabled": false } }"#)]
#[case::as_a_get_shows_it(r#"{ "platform": { "enabled": false }, "clearInboundClaimsMapping": "false" }"#)]
#[case::defaults(
    r#"{ "platform": { "enabled": false }, "globalValidation": {}, "httpSettings": { "requireHttps": true } }"#
)]
fn of_an_app_that_was_never_configured_one_thing_is_said(#[case] properties: &str) {
    assert_eq!(Given::read(properties).fired(), ["L-DISABLED"]);
}

#[test]
fn what_is_switched_off_is_looked_at_all_the_same() {
    let given = Given::baseline(&[(ENABLED, "false"), (ACTION, r#""AllowAnonymous""#)]);
    assert!(given.fires("L-DISABLED") && given.fires("L-ANON"));
}

#[test]
fn what_a_file_beside_the_app_leaves_out_the_app_itself_says() {
    assert!(!Given::baseline(&[("platform", "")]).form(Form::File).fires("L-DISABLED"));
    assert!(Given::baseline(&[(ENABLED, "false")]).form(Form::File).fires("L-DISABLED"));
}

#[test]
fn settings_that_give_way_to_a_file_miss_nothing() {
    assert_eq!(
        Given::read(r#"{ "platform": { "enabled": true, "configFilePath": "auth.json" } }"#).fired(),
        ["L-FILE"]
    );
}

#[test]
fn what_a_plan_takes_away_is_not_told_a_second_time() {
    let text = r#"{ "platform": { "enabled": false }, "globalValidation": { "requireAuthentication": false } }"#;
    assert_eq!(Given::read(text).removed().fired(), ["L-TF-REMOVED"]);
}

#[rstest]
#[case::off(r#""false""#, true)]
#[case::digit(r#""0""#, true)]
#[case::boolean("false", true)]
#[case::on(r#""true""#, true)]
#[case::unknown(r#""[parameters('x')]""#, true)]
#[case::null("null", false)]
fn an_app_setting_wins(#[case] value: &str, #[case] fires: bool) {
    assert_eq!(Given::baseline(&[("appSettings.WEBSITE_AUTH_ENABLED", value)]).fires("L-ENV-OFF"), fires);
}

#[test]
fn other_app_settings_do_not() {
    assert!(!Given::baseline(&[("appSettings.WEBSITE_AUTH_AAD_ALLOWED_TENANTS", "\"x\"")]).fires("L-ENV-OFF"));
}

#[rstest]
#[case::required(&[(ACTION, r#""AllowAnonymous""#)], true)]
#[case::not_required(&[(ACTION, r#""AllowAnonymous""#), (REQUIRED, "false")], true)]
#[case::case(&[(ACTION, r#""allowanonymous""#)], true)]
#[case::another_action(&[(ACTION, r#""Return403""#)], false)]
#[case::left_out(&[(ACTION, "")], false)]
#[case::null(&[(ACTION, "null")], false)]
#[case::unknown(&[(ACTION, r#""[parameters('action')]""#)], false)]
#[case::another_type(&[(ACTION, "true")], false)]
fn anonymous_requests_pass(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    let given = Given::baseline(changes);
    assert_eq!(given.fires("L-ANON"), fires);
    assert!(!(fires && given.fires("L-REQ-MISSING")), "one flaw is told once");
}

#[rstest]
#[case::left_out(&[(REQUIRED, "")], true)]
#[case::null(&[(REQUIRED, "null")], true)]
#[case::off(&[(REQUIRED, "false")], true)]
#[case::no_validation(&[("globalValidation", "")], true)]
#[case::redirect(&[(REQUIRED, "false"), (ACTION, r#""RedirectToLoginPage""#)], true)]
#[case::no_action(&[(REQUIRED, "false"), (ACTION, "")], true)]
#[case::action_unknown(&[(REQUIRED, "false"), (ACTION, r#""[parameters('action')]""#)], true)]
#[case::switched_off_too(&[(REQUIRED, ""), (ENABLED, "false")], true)]
#[case::unknown(&[(REQUIRED, r#""[parameters('required')]""#)], false)]
#[case::validation_unknown(&[("globalValidation", r#""[parameters('validation')]""#)], false)]
#[case::another_type(&[(REQUIRED, r#""true""#)], false)]
fn authentication_is_not_required(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(Given::baseline(changes).fires("L-REQ-MISSING"), fires);
}

const CLIENT: &str = "registration.clientId";
const ISSUER: &str = "registration.openIdIssuer";
const GOOGLE: (&str, &str) = ("identityProviders.google", r#"{ "registration": { "clientId": "x" } }"#);

#[rstest]
#[case::no_providers(&[("identityProviders", "")], true)]
#[case::none_of_them_entra(&[(PROVIDER, "")], true)]
#[case::off(&[("identityProviders.azureActiveDirectory.enabled", "false")], true)]
#[case::no_client_id(&[(CLIENT, "")], true)]
#[case::no_issuer(&[(ISSUER, "")], true)]
#[case::empty(&[(CLIENT, r#""""#)], true)]
#[case::as_a_get_shows_it(&[(PROVIDER, r#"{ "enabled": true, "login": {}, "registration": {} }"#)], true)]
#[case::enabled_left_out(&[("identityProviders.azureActiveDirectory.enabled", "")], false)]
#[case::issuer_unknown(&[(ISSUER, r#""[uri('https://sts.windows.net/', tenant().tenantId)]""#)], false)]
#[case::registration_unknown(&[("registration", r#""[variables('registration')]""#)], false)]
#[case::provider_unknown(&[(PROVIDER, r#""[variables('entra')]""#)], false)]
#[case::providers_unknown(&[("identityProviders", r#""[variables('providers')]""#)], false)]
#[case::another(&[(PROVIDER, ""), GOOGLE], false)]
#[case::another_and_entra_off(&[("identityProviders.azureActiveDirectory.enabled", "false"), GOOGLE], false)]
#[case::another_and_half_of_entra(&[(ISSUER, ""), GOOGLE], true)]
#[case::another_that_is_off(
    &[(PROVIDER, ""), ("identityProviders.google", r#"{ "enabled": false, "registration": { "clientId": "x" } }"#)],
    true
)]
#[case::another_unused(&[(PROVIDER, ""), ("identityProviders.google", r#"{ "enabled": true, "registration": {} }"#)], true)]
#[case::another_unknown(&[(PROVIDER, ""), ("identityProviders.google", r#""[variables('google')]""#)], false)]
#[case::custom(
    &[(PROVIDER, ""), ("identityProviders.customOpenIdConnectProviders", r#"{ "own": { "registration": { "clientId": "x" } } }"#)],
    false
)]
#[case::custom_empty(&[(PROVIDER, ""), ("identityProviders.customOpenIdConnectProviders", "{}")], true)]
fn no_provider_can_tell_a_valid_token(#[case] changes: &[(&str, &str)], #[case] fires: bool) {
    assert_eq!(Given::baseline(changes).fires("L-NO-PROVIDER"), fires);
}

#[test]
fn providers_that_nobody_uses_do_not_count() {
    let unused = r#"{ "enabled": true, "login": {}, "registration": {} }"#;
    let given = Given::baseline(&[
        ("identityProviders.facebook", unused),
        ("identityProviders.google", r#"{ "enabled": true, "login": {}, "registration": {}, "validation": {} }"#),
        (PROVIDER, unused),
    ]);
    assert_eq!(given.fired(), ["L-NO-PROVIDER"]);
}
