use diagnostics::Level;

use super::{Findings, Rule, Subject, sources};
use crate::Property;

pub(super) const RULE: Rule = Rule {
    id: "L-REQ-MISSING",
    level: Level::Error,
    title: "authentication is not required",
    why: "What unauthenticatedClientAction does while requireAuthentication is false or left out is not documented: the action may apply, \
          or anonymous requests may pass. Terraform's provider sends false where require_authentication is left out.",
    example: r#"{ "globalValidation": { "unauthenticatedClientAction": "Return401" } }"#,
    fix: "Write globalValidation.requireAuthentication: true (Terraform: require_authentication = true).",
    sources: &[sources::SCHEMA, sources::TERRAFORM],
    check,
};

const REQUIRED: &str = "globalValidation.requireAuthentication";

/// Where anonymous requests are meant to pass, nothing is missing: that is another finding.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let form = configuration.form;
    let action = configuration.at("globalValidation.unauthenticatedClientAction");
    let is_open_to_all = action.text().is_some_and(|action| action.eq_ignore_ascii_case("AllowAnonymous"));
    if is_open_to_all || !configuration.is_whole() {
        return;
    }
    let required = configuration.at(REQUIRED);
    let (span, what) = match required {
        Property::Absent => (configuration.nearest(REQUIRED), "left out"),
        Property::Is(node) if required.boolean() == Some(false) => (node.span, "false"),
        _ => return,
    };
    let action = action.text().map(|action| format!(", whatever `{action}` promises")).unwrap_or_default();
    let message = format!("`{}` is {what}: requests without a token may pass{action}", form.word_of(REQUIRED));
    findings.at(span, message, format!("write {}", form.assign(REQUIRED, "true")));
}
