use diagnostics::{Level, Value};

use super::entra::Entra;
use super::words::APPLICATIONS;
use super::{Findings, Rule, Subject, sources};
use crate::Property;

pub(super) const RULE: Rule = Rule {
    id: "L-EMPTY-LIST",
    level: Level::Warning,
    title: "the list of allowed applications is empty",
    why: "Microsoft documents that only a list with members restricts, so that an empty one lets in any application of the tenant; others \
          measured that it refuses everybody. What it does is not to be relied on.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": {
  "registration": { "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41" },
  "validation": { "defaultAuthorizationPolicy": { "allowedApplications": [] } }
} } }"#,
    fix: "List the client ids of the callers. Where any application of the tenant may call, leave the list out and say so with \
          allowedPrincipals: {}.",
    sources: &[sources::ENTRA, sources::MEASURED],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    if let Property::Is(node) = entra.applications
        && node.value == Value::List(Vec::new())
    {
        let form = configuration.form;
        let name = form.word_of(APPLICATIONS);
        findings.at(
            node.span,
            format!("`{name}` is empty: it may let in any application, or none"),
            format!("write the callers' client ids: {}", form.assign(APPLICATIONS, "[\"...\"]")),
        );
    }
}
