use diagnostics::{Level, nearest};

use super::{Findings, Rule, Subject};
use crate::schema::{Flaw, flaws};

pub(super) const RULE: Rule = Rule {
    id: "L-TYPE",
    level: Level::Error,
    title: "a property has a value of the wrong type",
    why: "What has the wrong type is refused by the deployment or, worse, passed over. Only clearInboundClaimsMapping may be true, false, \
          or either as text: the platform itself writes it so.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "login": { "loginParameters": { "prompt": "login" } } } } }"#,
    fix: "Write a value of the type that the property has: loginParameters, for one, is a list of texts such as prompt=login.",
    sources: &["Microsoft.Web/sites/config authsettingsV2"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for flaw in flaws(subject.configuration) {
        match flaw {
            Flaw::Unknown { .. } => {}
            Flaw::Wrong { path, node, wanted } => {
                let place = if path.is_empty() { "the settings" } else { path.as_str() };
                let help = match (wanted, path.rsplit('.').next()) {
                    (_, Some("loginParameters")) => "write a list of `\"key=value\"`",
                    ("true or false", _) => "write `true` or `false`, without quotes",
                    ("a number", _) => "write digits only, without quotes",
                    ("a list of texts", _) => "write `[\"one\", \"two\"]`",
                    ("an object", _) => "write `{ ... }`",
                    _ => "put it in quotes",
                };
                findings.at(node.span, format!("`{place}` needs {wanted}; this is {}", node.kind()), help);
            }
            Flaw::Word { path, text, node, words } => {
                let help = match nearest(text, words.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", words.join(", ")),
                };
                findings.at(node.span, format!("`{text}` is no value of `{path}`"), help);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::Form;
    use rstest::rstest;

    #[rstest]
    #[case::boolean("platform.enabled", r#""true""#, "needs true or false; this is text")]
    #[case::object(
        "identityProviders.azureActiveDirectory.login.loginParameters",
        r#"{"prompt": "login"}"#,
        "\"key=value\""
    )]
    #[case::list("globalValidation.excludedPaths", r#""/api/health""#, "needs a list of texts")]
    #[case::member("validation.allowedAudiences", r#"["api://a", 1]"#, "needs text; this is a whole number")]
    #[case::text("platform.runtimeVersion", "1", "needs text")]
    #[case::mapping("login", "[]", "`login` needs an object; this is a list")]
    #[case::number("login.tokenStore.tokenRefreshExtensionHours", r#""three days""#, "needs a number")]
    #[case::word("globalValidation.unauthenticatedClientAction", r#""Return410""#, "did you mean `Return401`?")]
    #[case::no_word("httpSettings.forwardProxy.convention", r#""Nginx""#, "known here: NoProxy, Standard, Custom")]
    #[case::mapping_flag("clearInboundClaimsMapping", r#""perhaps""#, "needs true or false")]
    fn a_wrong_type_is_told_once(#[case] path: &str, #[case] value: &str, #[case] told: &str) {
        let given = Given::baseline(&[(path, value)]);
        assert_eq!(given.fired().iter().filter(|rule| **rule == "L-TYPE").count(), 1);
        assert!(given.told("L-TYPE").contains(told), "{}", given.told("L-TYPE"));
        assert!(!given.form(Form::Terraform).fires("L-TYPE"), "the provider has types of its own");
    }

    #[rstest]
    #[case::text_that_the_platform_writes("clearInboundClaimsMapping", r#""False""#)]
    #[case::boolean("clearInboundClaimsMapping", "true")]
    #[case::number_as_a_live_app_shows_it("login.tokenStore.tokenRefreshExtensionHours", "72.0")]
    #[case::number_as_the_documentation_has_it("login.tokenStore.tokenRefreshExtensionHours", r#""72""#)]
    #[case::null("globalValidation.excludedPaths", "null")]
    #[case::expression("globalValidation.excludedPaths", r#""[parameters('paths')]""#)]
    #[case::expression_within("validation.allowedAudiences", r#"["[parameters('audience')]"]"#)]
    #[case::word_of_files("login.cookieExpiration.convention", r#""identityderived""#)]
    fn a_right_type_is_passed_over(#[case] path: &str, #[case] value: &str) {
        assert!(!Given::baseline(&[(path, value)]).fires("L-TYPE"));
    }
}
