use diagnostics::{Level, Source, render};
use rstest::rstest;

use super::read;
use crate::{Action, AuthorizationPolicy, fixture};

const MINIMAL: &str = r#"{
    "platform": { "enabled": true },
    "globalValidation": { "requireAuthentication": true, "unauthenticatedClientAction": "Return401" },
    "identityProviders": { "azureActiveDirectory": { "registration": {
        "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41",
        "openIdIssuer": "https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0" },
        "validation": { "defaultAuthorizationPolicy": { "allowedApplications": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"] } } } }
}"#;

/// Reads a text that must be sound, and shows what is said about it.
fn told(text: &str) -> String {
    let (settings, diagnostics) = read(&Source::new("authsettings.json", text));
    assert_eq!(settings.is_none(), diagnostics.iter().any(|one| one.level == Level::Error));
    render(&diagnostics, false)
}

#[rstest]
#[case::bare(MINIMAL.to_owned())]
#[case::body(format!(r#"{{"properties": {MINIMAL}}}"#))]
#[case::resource(format!(r#"{{"id": "/subscriptions/x/sites/f/config/authsettingsV2", "name": "authsettingsV2", "properties": {MINIMAL}}}"#))]
#[case::list_of_one(format!(r#"[{{"name": "authsettingsV2", "Properties": {MINIMAL}}}]"#))]
#[case::list_of_one_without_name(format!("[{MINIMAL}]"))]
#[case::one_of_a_list(format!(r#"[{{"name": "web", "properties": {{}}}}, {{"name": "f/authsettingsv2", "properties": {MINIMAL}}}]"#))]
#[case::module(format!(r#"{{"configs": [{{"name": "appsettings"}}, {{"name": "authsettingsV2", "properties": {MINIMAL}}}]}}"#))]
#[case::template(format!(
    r#"{{"$schema": "x", "resources": [{{"name": "x"}}, {{"name": "[format('{{0}}/{{1}}', variables('app'), 'authsettingsV2')]", "properties": {MINIMAL}}}]}}"#
))]
fn every_wrapper_is_taken_off(#[case] text: String) {
    let (settings, diagnostics) = read(&Source::new("authsettings.json", text));
    assert_eq!(diagnostics, []);
    assert_eq!(settings.unwrap(), fixture());
}

#[test]
fn names_and_words_are_read_without_case() {
    let text = MINIMAL
        .replace("globalValidation", "GlobalValidation")
        .replace("clientId", "ClientID")
        .replace("azureActiveDirectory", "azureactivedirectory")
        .replace("Return401", "return401");
    let (settings, diagnostics) = read(&Source::new("authsettings.json", text));
    assert_eq!(diagnostics, []);
    assert_eq!(settings.unwrap(), fixture());
}

#[test]
fn what_is_left_out_has_a_default() {
    let (settings, _) = read(&Source::new("authsettings.json", r#"{"platform": {}}"#));
    let settings = settings.unwrap();
    assert!(!settings.enabled && !settings.validation.require_authentication && settings.http.require_https);
    assert_eq!(
        (settings.validation.action, settings.http.api_prefix.as_str()),
        (Action::RedirectToLoginPage, "/.auth")
    );
    assert_eq!(settings.entra, None);
}

#[test]
fn a_live_app_without_authentication_is_read() {
    let text = r#"{"id": "x", "name": "authsettingsV2", "type": "Microsoft.Web/sites/config", "location": "West Europe",
        "properties": {"platform": {"enabled": false}, "clearInboundClaimsMapping": "false"}}"#;
    assert_eq!(told(text), "");
}

#[rstest]
#[case::text("\"True\"", true)]
#[case::boolean("true", true)]
#[case::off("\"false\"", false)]
fn claims_mapping_is_text_or_a_boolean(#[case] value: &str, #[case] expected: bool) {
    let (settings, _) = read(&Source::new("a", format!(r#"{{"clearInboundClaimsMapping": {value}}}"#)));
    assert_eq!(settings.unwrap().clear_inbound_claims_mapping, expected);
}

#[test]
fn every_property_that_matters_is_read() {
    let text = r#"{
        "globalValidation": { "redirectToProvider": "azureactivedirectory", "excludedPaths": ["/api/health"] },
        "httpSettings": { "requireHttps": false, "routes": { "apiPrefix": "/signin/" } },
        "identityProviders": { "azureActiveDirectory": {
            "login": { "disableWWWAuthenticate": true, "loginParameters": ["scope=openid"] },
            "validation": { "allowedAudiences": ["api://orders"],
                "jwtClaimChecks": { "allowedGroups": ["g"], "allowedClientApplications": ["c"] },
                "defaultAuthorizationPolicy": { "allowedPrincipals": { "identities": ["i"], "groups": ["h"] } } } } }
    }"#;
    let (settings, diagnostics) = read(&Source::new("authsettings.json", text));
    assert_eq!(diagnostics, []);
    let settings = settings.unwrap();
    assert_eq!(settings.validation.redirect_to_provider.as_deref(), Some("azureactivedirectory"));
    assert_eq!(settings.validation.excluded_paths, ["/api/health"]);
    assert_eq!((settings.http.require_https, settings.http.api_prefix.as_str()), (false, "/signin"));
    let entra = settings.entra.unwrap();
    assert!(entra.disable_www_authenticate);
    assert_eq!(entra.allowed_audiences, ["api://orders"]);
    assert_eq!(
        (entra.claim_checks.groups, entra.claim_checks.client_applications),
        (vec!["g".to_owned()], vec!["c".to_owned()])
    );
    let policy = AuthorizationPolicy { applications: None, identities: vec!["i".into()], groups: vec!["h".into()] };
    assert_eq!(entra.policy, Some(policy));
}

#[test]
fn a_provider_that_is_off_is_not_there() {
    let text = MINIMAL.replace(r#"{ "registration""#, r#"{ "enabled": false, "registration""#);
    let (settings, _) = read(&Source::new("authsettings.json", text));
    assert_eq!(settings.unwrap().entra, None);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    insta::assert_snapshot!(told(
        r#"{
  "properties": {
    "platform": { "enabled": "true" },
    "globalValidation": { "unauthenticatedClientAction": "Return402", "requireAuthentification": true },
    "identityProviders": {
      "azureActiveDirectory": {
        "issuer": "https://sts.windows.net/x/",
        "login": { "loginParameters": { "scope": "openid" } },
        "validation": { "allowedAudiences": "api://orders", "allowedApplications": [] }
      }
    },
    "platForm": {}
  }
}"#
    ));
}

#[test]
fn expressions_of_templates_are_unknown_rather_than_wrong() {
    insta::assert_snapshot!(told(
        r#"{
  "platform": { "enabled": "[parameters('enabled')]" },
  "identityProviders": { "azureActiveDirectory": {
    "registration": { "clientId": "[[literal]" , "openIdIssuer": "[uri('https://sts.windows.net/', tenant().tenantId)]" },
    "validation": { "allowedAudiences": "[environment().authentication.audiences]" } } }
}"#
    ));
}

#[rstest]
#[case::view("v1_view", r#"{"enabled": true, "configVersion": "v2", "clientId": "x"}"#)]
#[case::ambiguous(
    "ambiguous",
    r#"{"resources": [{"name": "a/authsettingsV2", "properties": {}}, {"name": "b/authsettingsV2", "properties": {}}]}"#
)]
#[case::others("others", r#"[{"name": "a"}, {"name": "b"}]"#)]
#[case::empty("empty", "{}")]
#[case::no_object("no_object", "true")]
#[case::no_json("no_json", "{\"platform\": ")]
fn what_is_something_else_is_refused(#[case] name: &str, #[case] text: &str) {
    insta::assert_snapshot!(name, told(text));
}

#[test]
fn json_may_be_indented_with_tabs_and_escape_slashes() {
    let text = MINIMAL.replace("    ", "\t").replace("https://", "https:\\/\\/");
    assert_eq!(told(&text), "");
}

mod fixtures;
mod laws;
