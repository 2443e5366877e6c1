use diagnostics::{Level, nearest};

use super::{Findings, Rule, Subject};
use crate::providers::providers;

pub(super) const RULE: Rule = Rule {
    id: "L-REDIRPROV",
    level: Level::Warning,
    title: "the login goes to a provider that is not configured",
    why: "The name in redirectToProvider says where a browser is sent that brings no token. If the provider of that name is off, or has no \
          registration, or if there is none of that name, nobody can sign in.",
    example: r#"{ "globalValidation": { "redirectToProvider": "google" }, "identityProviders": { "azureActiveDirectory": { "registration": { "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41" } } } }"#,
    fix: "Name a provider that is configured in globalValidation.redirectToProvider (Terraform: default_provider), or leave it out: an API \
          needs none.",
    sources: &["Microsoft.Web/sites/config authsettingsV2, globalValidation.redirectToProvider"],
    check,
};

/// What it may be called besides aliases of the user's own, and how its object is called.
const NAMES: [(&str, &str); 9] = [
    ("azureActiveDirectory", "azureActiveDirectory"),
    ("apple", "apple"),
    ("azureStaticWebApps", "azureStaticWebApps"),
    ("facebook", "facebook"),
    ("github", "gitHub"),
    ("google", "google"),
    ("microsoftAccount", "legacyMicrosoftAccount"),
    ("legacyMicrosoftAccount", "legacyMicrosoftAccount"),
    ("twitter", "twitter"),
];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let wanted = configuration.at("globalValidation.redirectToProvider");
    let (Some(text), Some(span)) = (wanted.text(), wanted.span()) else { return };
    let unknown = ["identityProviders", "identityProviders.customOpenIdConnectProviders"];
    if text.is_empty() || unknown.iter().any(|path| configuration.at(path).is_unknown()) {
        return;
    }
    let object = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map_or(text, |(_, object)| object);
    if object == "azureActiveDirectory" {
        // That Entra is not configured is graver, and L-NO-PROVIDER says so.
        return;
    }
    let all = providers(configuration);
    let found = all.iter().find(|provider| provider.name.eq_ignore_ascii_case(object));
    if found.is_some_and(|provider| provider.is_configured() || provider.whole.is_unknown()) {
        return;
    }
    let configured: Vec<&str> = all.iter().filter(|one| one.is_configured()).map(|one| one.name).collect();
    let help = match (nearest(text, configured.iter().copied()), configured.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "leave it out, or configure the provider".to_owned(),
        (None, names) => format!("configured here: {}", names.join(", ")),
    };
    findings.at(span, format!("the login goes to `{text}`, which is not configured"), help);
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    const GOOGLE: &str = r#"{"registration": {"clientId": "orders"}}"#;
    const OWN: &str = r#"{"okta": {"registration": {"clientId": "orders"}}}"#;

    #[rstest]
    #[case::left_out(r#""""#, "google", GOOGLE, None)]
    #[case::entra(r#""azureactivedirectory""#, "google", GOOGLE, None)]
    #[case::configured(r#""Google""#, "google", GOOGLE, None)]
    #[case::id_not_known(r#""google""#, "google", r#"{"registration": {"clientId": "[parameters('g')]"}}"#, None)]
    #[case::provider_not_known(r#""google""#, "google", r#""[parameters('g')]""#, None)]
    #[case::own(r#""okta""#, "customOpenIdConnectProviders", OWN, None)]
    #[case::own_not_known(r#""okta""#, "customOpenIdConnectProviders", r#""[parameters('own')]""#, None)]
    #[case::old_name(r#""MicrosoftAccount""#, "legacyMicrosoftAccount", GOOGLE, None)]
    #[case::off(
        r#""google""#,
        "google",
        r#"{"enabled": false, "registration": {"clientId": "x"}}"#,
        Some("configured here: azureActiveDirectory")
    )]
    #[case::as_a_live_app_shows_it(
        r#""google""#,
        "google",
        r#"{"enabled": true, "registration": {}}"#,
        Some("`google`")
    )]
    #[case::not_there(r#""facebook""#, "google", GOOGLE, Some("configured here: azureActiveDirectory, google"))]
    #[case::misspelt(r#""gogle""#, "google", GOOGLE, Some("did you mean `google`?"))]
    #[case::short_name(r#""aad""#, "google", GOOGLE, Some("`aad`"))]
    fn a_login_that_leads_nowhere_is_told(
        #[case] wanted: &str,
        #[case] provider: &str,
        #[case] value: &str,
        #[case] told: Option<&str>,
    ) {
        let provider = format!("identityProviders.{provider}");
        let given = Given::baseline(&[("globalValidation.redirectToProvider", wanted), (&provider, value)]);
        match told {
            Some(words) => {
                assert!(given.told("L-REDIRPROV").contains(words), "{}", given.told("L-REDIRPROV"));
            }
            None => assert!(!given.fires("L-REDIRPROV")),
        }
    }
}
