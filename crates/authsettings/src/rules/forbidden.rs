use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-403",
    level: Level::Note,
    title: "callers without a token get 403, as callers who are not allowed do",
    why: "401 says \"who are you?\", 403 says \"I know you, and no\". With Return403 the two can no longer be told apart: no challenge \
          tells a client where to get a token, and neither a log nor a test sees whether it was the token or the allow-list that \
          refused.",
    example: r#"{ "globalValidation": { "requireAuthentication": true, "unauthenticatedClientAction": "Return403" } }"#,
    fix: "Write globalValidation.unauthenticatedClientAction: Return401 (Terraform: unauthenticated_action = \"Return401\").",
    sources: &[
        "Microsoft Learn: Authentication and authorization in Azure App Service, Authentication flow",
        "RFC 9110 sections 15.5.2 and 15.5.4",
    ],
    check,
};

const ACTION: &str = "globalValidation.unauthenticatedClientAction";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let action = subject.configuration.at(ACTION);
    if let (Some(text), Some(span)) = (action.text(), action.span())
        && text.eq_ignore_ascii_case("Return403")
    {
        let help = format!("write {}", subject.configuration.form.assign(ACTION, "\"Return401\""));
        findings.at(span, "who brings no token gets 403, as who is not allowed does", help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::forbidden(r#""Return403""#, true)]
    #[case::whatever_its_case(r#""return403""#, true)]
    #[case::challenge(r#""Return401""#, false)]
    #[case::not_known(r#""[parameters('action')]""#, false)]
    #[case::number("403", false)]
    #[case::null("null", false)]
    fn a_refusal_without_a_challenge_is_told(#[case] action: &str, #[case] fires: bool) {
        assert_eq!(Given::baseline(&[("globalValidation.unauthenticatedClientAction", action)]).fires("L-403"), fires);
    }
}
