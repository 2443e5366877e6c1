use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-TOKENSTORE",
    level: Level::Note,
    title: "an API keeps its callers' tokens",
    why: "The token store keeps the tokens of people who sign in with a browser, so that the app can use them later. A service that brings \
          its own bearer token has no use for it; what is not stored cannot be stolen.",
    example: r#"{ "globalValidation": { "unauthenticatedClientAction": "Return401" }, "login": { "tokenStore": { "enabled": true } } }"#,
    fix: "Write login.tokenStore.enabled: false (Terraform: login.token_store_enabled), or leave it out. In Terraform a token_store_path or \
          token_store_sas_setting_name switches it on as well.",
    sources: &["Microsoft Learn: Work with OAuth tokens in Azure App Service authentication"],
    check,
};

const ENABLED: &str = "login.tokenStore.enabled";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let action = configuration.at("globalValidation.unauthenticatedClientAction").text().unwrap_or_default();
    let for_services = ["Return401", "Return403"].iter().any(|refusal| refusal.eq_ignore_ascii_case(action));
    let enabled = configuration.at(ENABLED);
    if let (Some(true), true, Some(span)) = (enabled.boolean(), for_services, enabled.span()) {
        let help = format!("write {}, or leave it out", configuration.form.assign(ENABLED, "false"));
        findings.at(span, "tokens are stored, and nobody signs in here who would need them again", help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::on("true", r#""Return401""#, true)]
    #[case::forbidden("true", r#""return403""#, true)]
    #[case::people_sign_in("true", r#""RedirectToLoginPage""#, false)]
    #[case::action_not_known("true", r#""[parameters('action')]""#, false)]
    #[case::off("false", r#""Return401""#, false)]
    #[case::null("null", r#""Return401""#, false)]
    #[case::not_known(r#""[parameters('store')]""#, r#""Return401""#, false)]
    fn a_store_for_nobody_is_told(#[case] enabled: &str, #[case] action: &str, #[case] fires: bool) {
        let changes = [("login.tokenStore.enabled", enabled), ("globalValidation.unauthenticatedClientAction", action)];
        assert_eq!(Given::baseline(&changes).fires("L-TOKENSTORE"), fires);
    }
}
