use diagnostics::Level;

use super::entra::Entra;
use super::words::AUDIENCES;
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-AUD-NONE",
    level: Level::Note,
    title: "only the client id is accepted as an audience",
    why: "Without allowedAudiences only tokens for the client id itself are expected to pass. API Management must then ask for \
          resource=\"<client id>\"; where it asks for an App ID URI, a v1 token bears that URI as its audience and gets 401.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": {
  "registration": { "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41" }
} } }"#,
    fix: "Let callers ask for the client id, or list the App ID URI in validation.allowedAudiences.",
    sources: &[sources::ENTRA, sources::API_MANAGEMENT],
    check,
};

/// Where it is known for which audience callers ask, another rule looks for it.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration).filter(|_| subject.expected.audience.is_none()) else { return };
    if !entra.audiences.is_empty() || entra.client_id.is_empty() {
        return;
    }
    let resource = entra.client_id.text().unwrap_or("<client id>");
    let help = format!(
        "let API Management ask for `resource=\"{resource}\"`, or list its App ID URI in `{}`",
        configuration.form.name_of(AUDIENCES)
    );
    findings.at(configuration.nearest(AUDIENCES), "only the client id is accepted as an audience", help);
}
