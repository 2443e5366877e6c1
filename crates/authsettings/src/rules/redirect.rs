use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-REDIRECT-API",
    level: Level::Warning,
    title: "an API sends callers without a token to a login page",
    why: "What looks like a browser gets 302 and not 401, and a client that follows redirects takes the login page, which answers 200, \
          for the function's own answer. API Management hands its caller's User-Agent on, so one and the same call is answered \
          differently from a browser and from a program.",
    example: r#"{ "globalValidation": { "requireAuthentication": true, "unauthenticatedClientAction": "RedirectToLoginPage" } }"#,
    fix: "Write globalValidation.unauthenticatedClientAction: Return401 (Terraform: unauthenticated_action = \"Return401\").",
    sources: &[
        "Microsoft Learn: Authentication and authorization in Azure App Service, Authentication flow",
        "github.com/microsoft/azure-container-apps/issues/1193",
    ],
    check,
};

const ACTION: &str = "globalValidation.unauthenticatedClientAction";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let action = configuration.at(ACTION);
    let redirects = action.text().is_some_and(|text| text.eq_ignore_ascii_case("RedirectToLoginPage"));
    if let Some(span) = action.span()
        && redirects
        && configuration.host.is_function_app != Some(false)
    {
        let help = format!("write {}", configuration.form.assign(ACTION, "\"Return401\""));
        findings.at(span, "callers without a token are sent to a login page, which is no answer of an API", help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::redirect(r#""RedirectToLoginPage""#, None, true)]
    #[case::whatever_its_case(r#""redirecttologinpage""#, None, true)]
    #[case::function_app(r#""RedirectToLoginPage""#, Some(true), true)]
    #[case::web_app(r#""RedirectToLoginPage""#, Some(false), false)]
    #[case::refusal(r#""Return401""#, None, false)]
    #[case::not_known(r#""[parameters('action')]""#, None, false)]
    #[case::null("null", None, false)]
    #[case::wrong_type("true", None, false)]
    #[case::left_out("", None, false)]
    fn a_redirect_of_an_api_is_told(#[case] action: &str, #[case] function_app: Option<bool>, #[case] fires: bool) {
        let given = Given::baseline(&[("globalValidation.unauthenticatedClientAction", action)]);
        assert_eq!(given.with(|one| one.host.is_function_app = function_app).fires("L-REDIRECT-API"), fires);
    }
}
