use diagnostics::Level;

use super::entra::{Entra, lists};
use super::words::{APPLICATIONS, JWT_CLIENTS};
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-JWT-DUP",
    level: Level::Note,
    title: "two lists of client ids differ",
    why: "jwtClaimChecks.allowedClientApplications and defaultAuthorizationPolicy.allowedApplications are two places for the same thing; \
          scripts write the one, the portal the other. Both apply, so that only who is on both gets in.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": {
  "jwtClaimChecks": { "allowedClientApplications": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"] },
  "defaultAuthorizationPolicy": { "allowedApplications": ["44c9f0dd-5e60-4f71-9d82-90ab1c2d3e4f"] }
} } } }"#,
    fix: "Keep defaultAuthorizationPolicy.allowedApplications and remove jwtClaimChecks.allowedClientApplications.",
    sources: &[sources::ENTRA, "https://github.com/rukasakurai/apim-managed-identity-functions-containerapps"],
    check,
};

/// Where it is known who must get in, each of them is looked for by another rule.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration).filter(|_| subject.expected.callers.is_empty()) else { return };
    let all = [entra.applications, entra.jwt_clients];
    if all.into_iter().any(|list| list.list().is_empty() || list.is_open()) {
        return;
    }
    let covers = |whole, part: crate::Property<'_>| part.texts().all(|(id, _)| lists(whole, id));
    if !covers(entra.applications, entra.jwt_clients) || !covers(entra.jwt_clients, entra.applications) {
        let [applications, clients] = [APPLICATIONS, JWT_CLIENTS].map(|path| configuration.form.word_of(path));
        let message = format!("`{clients}` and `{applications}` differ, and only who is in both gets in");
        findings.at(
            configuration.nearest(JWT_CLIENTS),
            message,
            format!("keep `{}` alone", configuration.form.name_of(APPLICATIONS)),
        );
    }
}
