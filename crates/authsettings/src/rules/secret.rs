use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::Form;
use crate::secrets::{Place, written_out};

pub(super) const RULE: Rule = Rule {
    id: "L-SECRET",
    level: Level::Error,
    title: "a secret is part of the settings",
    why: "Who can read the file, its history, the deployment or the state can sign in as the app. The settings are to hold the name of an \
          app setting; the secret is its value, best as a reference into a Key Vault.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "registration": { "clientSecret": "an example, not a secret" } } } }"#,
    fix: "Take the secret back at the provider. Then put its successor into an app setting and write that setting's name as \
          clientSecretSettingName (Terraform: client_secret_setting_name), or do without one: tokens are validated without it.",
    sources: &[
        "Microsoft.Web/sites/config authsettings, clientSecret",
        "Microsoft Learn: Manage the API and runtime versions of App Service authentication",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let terraform = matches!(subject.configuration.form, Form::Terraform | Form::TerraformV1);
    let name = if terraform { "client_secret_setting_name" } else { "clientSecretSettingName" };
    for (span, place) in written_out(subject.configuration) {
        let (message, place) = match place {
            Place::Literal => ("the secret itself is part of the settings", format!("as `{name}`")),
            Place::SettingName => {
                ("this looks like a secret; the name of an app setting is meant", "in its place".to_owned())
            }
        };
        let help = format!(
            "take it back at the provider, put a new one into an app setting, and write that setting's name {place}"
        );
        findings.at(span, message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::entra("Zq38Q~aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z")]
    #[case::older("o7hG=]x/Yb2k+Qz[Wc4vRt1uNe5sXa3dLp6m")]
    #[case::google("GOCSPX-abcdefghijklmnop")]
    #[case::hexadecimal("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b")]
    #[case::letters_and_digits("a1B2c3D4e5F6g7H8i9J0")]
    fn what_looks_like_a_secret_is_told_and_never_shown(#[case] secret: &str) {
        let given = Given::baseline(&[("registration.clientSecretSettingName", &format!("\"{secret}\""))]);
        assert!(given.fires("L-SECRET"));
        assert!(!given.told_in_full().contains(secret), "{}", given.told_in_full());
    }

    #[rstest]
    #[case::portal(r#""MICROSOFT_PROVIDER_AUTHENTICATION_SECRET""#)]
    #[case::managed_identity(r#""OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID""#)]
    #[case::camel_case(r#""MicrosoftProviderAuthenticationSecret2024""#)]
    #[case::dashes(r#""orders-entra-client-secret""#)]
    #[case::dots(r#""Authentication:Entra:ClientSecret""#)]
    #[case::id(r#""5f3a1b2c-0d4e-4f6a-8b9c-7d1e2f3a4b5c""#)]
    #[case::reference(r#""@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/x)""#)]
    #[case::not_known(r#""[parameters('setting')]""#)]
    #[case::empty(r#""""#)]
    #[case::number("1234567890123456789")]
    fn the_name_of_an_app_setting_is_no_secret(#[case] name: &str) {
        assert!(!Given::baseline(&[("registration.clientSecretSettingName", name)]).fires("L-SECRET"));
    }

    #[rstest]
    #[case::entra("registration.clientSecret", r#""hunter2hunter2""#, true)]
    #[case::kept_by_the_reader("registration.clientSecret", r#""[secret]""#, true)]
    #[case::of_another_provider("identityProviders.twitter.consumerSecret", r#""hunter2hunter2""#, true)]
    #[case::empty("registration.clientSecret", r#""""#, false)]
    #[case::null("registration.clientSecret", "null", false)]
    fn a_secret_in_a_member_of_its_own_is_told_once(#[case] path: &str, #[case] value: &str, #[case] fires: bool) {
        let given = Given::baseline(&[(path, value)]);
        assert_eq!((given.fires("L-SECRET"), given.fires("L-UNKNOWN")), (fires, false));
        assert!(!given.told_in_full().contains("hunter2"), "{}", given.told_in_full());
    }

    #[test]
    fn a_secret_stays_hidden_in_what_other_rules_show_of_its_line() {
        let text = r#"{"httpSettings": {"requireHttps": false}, "identityProviders": {"google": {"registration": {"clientSecret": "hunter2"}}}}"#;
        let told = Given::read(text).told("L-HTTP");
        assert!(told.contains("requireHttps") && !told.contains("hunter2"), "{told}");
    }
}
