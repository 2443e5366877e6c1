use diagnostics::Level;

use super::entra::{Entra, is_nearly};
use super::words::AUDIENCES;
use super::{Findings, Rule, Subject, sources};
use crate::TokenVersion;

pub(super) const RULE: Rule = Rule {
    id: "L-AUD-NO-API",
    level: Level::Warning,
    title: "the audience that callers ask for is not accepted",
    why: "A v1 token bears as its audience the very resource that was asked for. If API Management asks for an App ID URI that is not in \
          allowedAudiences, its tokens get 401. Only the client id is accepted without being listed; a v2 token always bears that.",
    example: r#"{
  "properties": { "identityProviders": { "azureActiveDirectory": {
    "registration": { "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41" },
    "validation": { "allowedAudiences": ["https://orders.example.net"] }
  } } },
  "expected": { "audience": "api://orders" }
}"#,
    fix: "Add to validation.allowedAudiences, to the letter, what callers ask for, or let them ask for the client id.",
    sources: &[sources::ENTRA, sources::CLAIMS, sources::API_MANAGEMENT],
    check,
};

/// What differs by a slash or by case is another finding.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let (Some(entra), Some(audience)) = (Entra::of(configuration), &subject.expected.audience) else { return };
    let is_v2 = subject.expected.token_version == Some(TokenVersion::V2);
    let is_nearly_listed = entra.audiences.texts().any(|(known, _)| is_nearly(known, audience));
    if is_v2 || is_nearly_listed || entra.accepts_audience(audience) != Some(false) {
        return;
    }
    let message = format!("callers ask for `{audience}`, which is not accepted as an audience");
    let own = entra.client_id.text().map_or("the client id".to_owned(), |id| format!("`{id}`"));
    let help = format!("add it to `{}`, or let them ask for {own}", configuration.form.name_of(AUDIENCES));
    findings.at(configuration.nearest(AUDIENCES), message, help);
}
