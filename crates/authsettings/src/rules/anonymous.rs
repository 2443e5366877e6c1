use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-ANON",
    level: Level::Error,
    title: "requests without a token reach the function",
    why: "AllowAnonymous lets everybody in who brings no token, and everybody whose token does not count. Beside \
          requireAuthentication: true it looks protected and is not.",
    example: r#"{ "globalValidation": { "requireAuthentication": true, "unauthenticatedClientAction": "AllowAnonymous" } }"#,
    fix: "Write globalValidation.unauthenticatedClientAction: Return401, beside requireAuthentication: true.",
    sources: &["Microsoft Learn: Authentication and authorization in Azure App Service, Authentication flow"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let action = subject.configuration.at("globalValidation.unauthenticatedClientAction");
    if let (Some(text), Some(span)) = (action.text(), action.span())
        && text.eq_ignore_ascii_case("AllowAnonymous")
    {
        findings.at(span, "requests without a token reach the function", "write `Return401`");
    }
}
