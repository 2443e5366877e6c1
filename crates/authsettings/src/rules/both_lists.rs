use diagnostics::Level;

use super::entra::Entra;
use super::words::{APPLICATIONS, GROUPS, IDENTITIES};
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-AND",
    level: Level::Note,
    title: "a caller must be on two lists",
    why: "allowedApplications and allowedPrincipals must both pass; only identities and groups, both within allowedPrincipals, stand for \
          each other. Whoever adds a caller to one list alone locks it out.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": { "defaultAuthorizationPolicy": {
  "allowedApplications": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"],
  "allowedPrincipals": { "identities": ["3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32"] }
} } } } }"#,
    fix: "Keep one of the two lists, or see to it that every caller is on both.",
    sources: &[sources::ENTRA],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    let principals = [(IDENTITIES, entra.identities), (GROUPS, entra.groups)];
    let Some((path, _)) = principals.into_iter().find(|(_, list)| !list.list().is_empty()) else { return };
    if entra.applications.list().is_empty() {
        return;
    }
    let [applications, principals] = [APPLICATIONS, path].map(|path| configuration.form.word_of(path));
    let message = format!("a caller must pass `{principals}` and `{applications}`, not one of them");
    findings.at(configuration.nearest(path), message, "keep one of the two, or list every caller in both");
}
