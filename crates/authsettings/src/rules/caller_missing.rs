use diagnostics::Level;

use super::entra::{Entra, lists};
use super::words::{APPLICATIONS, IDENTITIES};
use super::{Findings, Rule, Subject, sources};
use crate::Property;

pub(super) const RULE: Rule = Rule {
    id: "L-APIM-MISSING",
    level: Level::Error,
    title: "a caller that must get in is not listed",
    why: "Whoever is not on the lists gets 403, however valid the token: API Management's client id belongs in allowedApplications, its \
          object id in identities where that list is used.",
    example: r#"{
  "properties": { "identityProviders": { "azureActiveDirectory": { "validation": {
    "defaultAuthorizationPolicy": { "allowedApplications": ["44c9f0dd-5e60-4f71-9d82-90ab1c2d3e4f"] }
  } } } },
  "expected": { "callers": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"] }
}"#,
    fix: "Add the caller's client id to allowedApplications, or its object id to allowedPrincipals.identities.",
    sources: &[sources::ENTRA, sources::TROUBLESHOOTING],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let form = configuration.form;
    let Some(entra) = Entra::of(configuration) else { return };
    for caller in &subject.expected.callers {
        let Some(path) = gap(&entra, caller) else { continue };
        let message = format!("`{caller}` must get in and is not in `{}`", form.word_of(path));
        let help = match path {
            IDENTITIES => format!("add its object id here, or list client ids in `{}`", form.name_of(APPLICATIONS)),
            _ => format!("add its client id here; an object id belongs in `{}`", form.name_of(IDENTITIES)),
        };
        findings.at(configuration.nearest(path), message, help);
    }
}

/// The list in which a caller is missing. An id does not say of what kind it is: where it stands among object ids, the lists of client
/// ids say nothing of it; where it stands in one list of client ids, it must stand in the other too.
fn gap(entra: &Entra<'_>, caller: &str) -> Option<&'static str> {
    let clients = entra.client_lists();
    let is_client = clients.iter().any(|(_, list)| lists(*list, caller));
    if !is_client && (entra.identities.is_open() || lists(entra.identities, caller)) {
        return None;
    }
    let is_gap = |list: Property<'_>| !list.list().is_empty() && !list.is_open() && !lists(list, caller);
    if let Some((path, _)) = clients.iter().find(|(_, list)| is_gap(*list)) {
        return Some(path);
    }
    let by_object_id = clients.iter().all(|(_, list)| list.is_empty()) && entra.groups.is_empty();
    (by_object_id && is_gap(entra.identities)).then_some(IDENTITIES)
}
