use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-WWW",
    level: Level::Note,
    title: "401 comes without a challenge",
    why: "The header WWW-Authenticate tells a client where to get a token and for which application, and it tells people apart what the \
          platform refused from what the Functions host refused for want of a key. HTTP asks for it with every 401.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "login": { "disableWWWAuthenticate": true } } } }"#,
    fix: "Leave login.disableWWWAuthenticate out (Terraform: www_authentication_disabled), unless client id and tenant must not be seen by \
          strangers.",
    sources: &[
        "Microsoft.Web/sites/config authsettingsV2, azureActiveDirectory.login.disableWWWAuthenticate",
        "Microsoft Learn: Environment variables and app settings in Azure App Service, WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE",
        "RFC 9110 section 15.5.2",
    ],
    check,
};

const DISABLE: &str = "identityProviders.azureActiveDirectory.login.disableWWWAuthenticate";
const SETTING: &str = "WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let (property, setting) = (configuration.at(DISABLE), configuration.app_setting(SETTING));
    let set = setting.text().is_some_and(|text| text.eq_ignore_ascii_case("true")) || setting.boolean() == Some(true);
    let (span, name) = if property.boolean() == Some(true) {
        (property.span(), configuration.form.name_of(DISABLE))
    } else {
        (setting.span().filter(|_| set), SETTING)
    };
    if let Some(span) = span {
        let message = "401 comes without `WWW-Authenticate`: clients are not told where to get a token";
        findings.at(span, message, format!("leave `{name}` out"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use super::DISABLE;
    use rstest::rstest;

    #[rstest]
    #[case::property("true", "{}", 1)]
    #[case::app_setting("false", r#"{"WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE": "True"}"#, 1)]
    #[case::both("true", r#"{"WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE": "true"}"#, 1)]
    #[case::neither("false", r#"{"WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE": "false"}"#, 0)]
    #[case::null("null", "{}", 0)]
    #[case::not_known(r#""[parameters('www')]""#, "{}", 0)]
    fn a_missing_challenge_is_told_once(#[case] property: &str, #[case] settings: &str, #[case] times: usize) {
        let given = Given::baseline(&[(DISABLE, property), ("appSettings", settings)]);
        assert_eq!(given.fired().iter().filter(|rule| **rule == "L-WWW").count(), times);
    }
}
