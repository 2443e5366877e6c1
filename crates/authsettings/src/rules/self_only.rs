use diagnostics::Level;

use super::entra::Entra;
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-SELF-ONLY",
    level: Level::Warning,
    title: "only the app itself may call",
    why: "The portal writes the app's own client id as the only allowed application unless it is told otherwise. API Management calls with \
          an identity of its own and gets 403.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": {
  "registration": { "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41" },
  "validation": { "defaultAuthorizationPolicy": { "allowedApplications": ["11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41"] } }
} } }"#,
    fix: "Add the client id of the identity that calls to allowedApplications.",
    sources: &["https://learn.microsoft.com/azure/app-service/tutorial-auth-aad", sources::TROUBLESHOOTING],
    check,
};

/// Where it is known who must get in, each of them is looked for by another rule.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration).filter(|_| subject.expected.callers.is_empty()) else { return };
    let Some(own) = entra.client_id.text() else { return };
    for (path, list) in entra.client_lists() {
        let only_own =
            list.texts().all(|(id, _)| id.eq_ignore_ascii_case(own)) && list.texts().count() == list.list().len();
        if let Some(span) = list.span().filter(|_| only_own && !list.list().is_empty()) {
            let message = "only the app itself may call: its own client id is the only one allowed";
            findings.at(
                span,
                message,
                format!("add the client ids of the callers to `{}`", configuration.form.name_of(path)),
            );
        }
    }
}
