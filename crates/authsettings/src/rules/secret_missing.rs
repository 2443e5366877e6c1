use diagnostics::{Level, nearest};

use super::{Findings, Rule, Subject};
use crate::providers::providers;
use crate::secrets;

pub(super) const RULE: Rule = Rule {
    id: "L-SECRET-MISSING",
    level: Level::Note,
    title: "the app setting that should hold the secret is not there",
    why: "The settings name an app setting that the file's own app settings do not have. Logins in a browser will fail; bearer tokens are \
          validated without a secret, so an API may not notice, and may not need the name at all.",
    example: r#"{ "properties": { "identityProviders": { "azureActiveDirectory": { "registration": { "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41", "clientSecretSettingName": "ENTRA_SECRET" } } } }, "appSettings": { "ENTRA_SECERT": "@Microsoft.KeyVault(SecretUri=https://kv-orders.vault.azure.net/secrets/entra)" } }"#,
    fix: "Add the app setting, correct its name, or leave clientSecretSettingName out where only bearer tokens come.",
    sources: &["Microsoft Learn: Configure your App Service or Azure Functions app to use Microsoft Entra sign-in"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    if configuration.app_settings.is_empty() {
        return;
    }
    let told = secrets::written_out(configuration);
    for name in providers(configuration).iter().filter(|one| one.is_configured()).map(|one| one.secret_setting) {
        let (Some(text), Some(span)) = (name.text(), name.span()) else { continue };
        let known = configuration.app_settings.iter().any(|(key, _)| key.text == text);
        if text.is_empty() || known || told.iter().any(|(secret, _)| *secret == span) {
            continue;
        }
        let help = match nearest(text, configuration.app_settings.iter().map(|(key, _)| key.text.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add the app setting, or leave the name out: bearer tokens need no secret".to_owned(),
        };
        findings.at(span, format!("no app setting is called `{text}`"), help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::there("ENTRA_SECRET", r#"{"ENTRA_SECRET": "x"}"#, None)]
    #[case::value_not_known("ENTRA_SECRET", r#"{"ENTRA_SECRET": "[parameters('secret')]"}"#, None)]
    #[case::no_settings_at_all("ENTRA_SECRET", "{}", None)]
    #[case::name_not_known("[parameters('name')]", r#"{"OTHER": "x"}"#, None)]
    #[case::no_name("", r#"{"OTHER": "x"}"#, None)]
    #[case::graver("Zq38Q~aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z", r#"{"OTHER": "x"}"#, None)]
    #[case::not_there("ENTRA_SECRET", r#"{"OTHER": "x"}"#, Some("bearer tokens need no secret"))]
    #[case::misspelt("ENTRA_SECRET", r#"{"ENTRA_SECERT": "x"}"#, Some("did you mean `ENTRA_SECERT`?"))]
    #[case::another_case("ENTRA_SECRET", r#"{"entra_secret": "x"}"#, Some("did you mean `entra_secret`?"))]
    fn a_name_without_its_setting_is_told(#[case] name: &str, #[case] settings: &str, #[case] told: Option<&str>) {
        let name = format!("\"{name}\"");
        let given = Given::baseline(&[("registration.clientSecretSettingName", &name), ("appSettings", settings)]);
        match told {
            Some(words) => {
                assert!(given.told("L-SECRET-MISSING").contains(words), "{}", given.told("L-SECRET-MISSING"));
            }
            None => assert!(!given.fires("L-SECRET-MISSING")),
        }
    }

    #[test]
    fn a_provider_that_is_off_needs_no_secret() {
        let google = r#"{"enabled": false, "registration": {"clientId": "x", "clientSecretSettingName": "GOOGLE"}}"#;
        let given = Given::baseline(&[("identityProviders.google", google), ("appSettings", r#"{"OTHER": "x"}"#)]);
        assert!(!given.fires("L-SECRET-MISSING"));
    }
}
