use diagnostics::Level;

use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-ANON",
    level: Level::Error,
    title: "requests without a token reach the function",
    why: "AllowAnonymous lets everybody in who brings no token, and everybody whose token does not count. Beside \
          requireAuthentication: true it looks protected and is not. Only a valid token of a caller who is not listed is still refused, \
          so that whoever leaves the token away gets further.",
    example: r#"{ "globalValidation": { "requireAuthentication": true, "unauthenticatedClientAction": "AllowAnonymous" } }"#,
    fix: "Write globalValidation.unauthenticatedClientAction: Return401 (Terraform: unauthenticated_action), beside \
          requireAuthentication: true.",
    sources: &[sources::OVERVIEW, sources::MEASURED],
    check,
};

const ACTION: &str = "globalValidation.unauthenticatedClientAction";
const REQUIRED: &str = "globalValidation.requireAuthentication";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let form = configuration.form;
    let action = configuration.at(ACTION);
    let (Some(text), Some(span)) = (action.text(), action.span()) else { return };
    if !text.eq_ignore_ascii_case("AllowAnonymous") {
        return;
    }
    let although = match configuration.at(REQUIRED).boolean() {
        Some(true) => format!(", although {} stands beside it", form.assign(REQUIRED, "true")),
        _ => String::new(),
    };
    let message = format!("requests without a token reach the function{although}");
    findings.at(span, message, format!("write {}", form.assign(ACTION, "\"Return401\"")));
}
