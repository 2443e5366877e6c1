use diagnostics::{Key, Level, nearest};

use super::{Findings, Rule, Subject};
use crate::schema::{Flaw, PROPERTIES, PROVIDERS_IN_A_FILE, below, flaws};
use crate::secrets;

pub(super) const RULE: Rule = Rule {
    id: "L-UNKNOWN",
    level: Level::Warning,
    title: "a property is not known",
    why: "The platform passes over what it does not know and answers that all is well. A misspelt allow-list, or one that stands a level \
          too high, is no allow-list.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": { "allowedApplications": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"] } } } }"#,
    fix: "Write the property by its name and in its place.",
    sources: &["Microsoft.Web/sites/config authsettingsV2"],
    check,
};

/// Names that people take from V1 and from tokens, and what V2 calls them.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("issuer", "registration.openIdIssuer"),
    ("audience", "validation.allowedAudiences"),
    ("audiences", "validation.allowedAudiences"),
    ("tokenStoreEnabled", "login.tokenStore.enabled"),
    ("defaultProvider", "globalValidation.redirectToProvider"),
];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for flaw in flaws(subject.configuration) {
        let Flaw::Unknown { below, key } = flaw else { continue };
        // A secret in the open is graver, and L-SECRET says so.
        if !(below.starts_with("identityProviders") && secrets::is_for_a_secret(&key.text)) {
            findings.at(
                key.span,
                format!("`{}` is not known here; the platform ignores it", key.text),
                suggestion(&below, key),
            );
        }
    }
}

fn suggestion(path: &str, key: &Key) -> String {
    let names = below(path);
    if let Some(near) = nearest(&key.text, names.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if key.text.eq_ignore_ascii_case(PROVIDERS_IN_A_FILE) {
        return "write `customOpenIdConnectProviders`: only a file-based configuration has the shorter name".to_owned();
    }
    if let Some((_, meant)) = OTHER_NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key.text)) {
        return format!("`{meant}` is meant");
    }
    let elsewhere = PROPERTIES
        .iter()
        .map(|(known, _)| *known)
        .filter(|known| known.split('.').any(|name| name.eq_ignore_ascii_case(&key.text)));
    let close = |known: &&str| known.split('.').zip(path.split('.')).take_while(|(one, other)| one == other).count();
    match elsewhere.max_by_key(close) {
        Some(known) => {
            let end = known.split('.').position(|name| name.eq_ignore_ascii_case(&key.text)).unwrap_or_default();
            let place: Vec<&str> = known.split('.').take(end + 1).collect();
            format!("its place is `{}`", place.join("."))
        }
        None => format!("known here: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::Form;
    use rstest::rstest;

    #[rstest]
    #[case::misspelt("globalValidation.exludedPaths", "did you mean `excludedPaths`?")]
    #[case::too_high(
        "validation.allowedApplications",
        "its place is `identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications`"
    )]
    #[case::name_of_v1("identityProviders.azureActiveDirectory.issuer", "`registration.openIdIssuer` is meant")]
    #[case::of_a_file("identityProviders.openIdConnectProviders", "customOpenIdConnectProviders")]
    #[case::elsewhere("login.requireHttps", "its place is `httpSettings.requireHttps`")]
    #[case::nobody_knows("platform.colour", "known here: enabled, runtimeVersion, configFilePath")]
    fn a_name_that_is_not_known_is_told_with_what_is_meant(#[case] path: &str, #[case] meant: &str) {
        let given = Given::baseline(&[(path, "{}")]);
        assert_eq!(given.fired().iter().filter(|rule| **rule == "L-UNKNOWN").count(), 1);
        assert!(given.told("L-UNKNOWN").contains(meant), "{}", given.told("L-UNKNOWN"));
    }

    #[rstest]
    #[case::undocumented("clearInboundClaimsMapping", r#""false""#)]
    #[case::whatever_its_case("GLOBALVALIDATION", "{}")]
    #[case::own_provider(
        "identityProviders.customOpenIdConnectProviders",
        r#"{"Okta": {"registration": {"clientId": "x"}}}"#
    )]
    #[case::certificate("registration.clientSecretCertificateIssuer", r#""x""#)]
    #[case::not_known("login", r#""[parameters('login')]""#)]
    fn a_name_that_is_known_is_passed_over(#[case] path: &str, #[case] value: &str) {
        assert!(!Given::baseline(&[(path, value)]).fires("L-UNKNOWN"));
    }

    #[rstest]
    #[case::file(Form::File, false)]
    #[case::resource(Form::Resource, true)]
    #[case::terraform(Form::Terraform, false)]
    #[case::v1(Form::V1, false)]
    fn a_file_has_a_word_of_its_own(#[case] form: Form, #[case] fires: bool) {
        let own = r#"{"okta": {"enabled": true, "login": {"loginParameterNames": []}}}"#;
        let given = Given::baseline(&[("identityProviders.openIdConnectProviders", own)]);
        assert_eq!(given.form(form).fires("L-UNKNOWN"), fires);
    }

    #[test]
    fn what_only_a_deployment_names_is_passed_over_in_a_template() {
        let given = || Given::baseline(&[("login.copy", "[]")]);
        assert!(given().fires("L-UNKNOWN") && !given().form(Form::Template).fires("L-UNKNOWN"));
    }
}
