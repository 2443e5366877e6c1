use diagnostics::{Level, Node, Value};

use super::words::{CLIENT_ID, ISSUER};
use super::{Findings, Rule, Subject, sources};
use crate::{Configuration, Property};

pub(super) const RULE: Rule = Rule {
    id: "L-NO-PROVIDER",
    level: Level::Error,
    title: "no provider can tell a valid token",
    why: "Tokens of Entra are checked against the client id and the issuer of the app's registration. Where the provider is missing, \
          switched off or has only one of the two, no token is valid: nobody gets in, or everybody is anonymous.",
    example: r#"{
  "platform": { "enabled": true },
  "identityProviders": { "azureActiveDirectory": { "enabled": true, "registration": {} } }
}"#,
    fix: "Give identityProviders.azureActiveDirectory.registration a clientId and an openIdIssuer (Terraform: active_directory_v2 with \
          client_id and tenant_auth_endpoint).",
    sources: &[sources::ENTRA, sources::SCHEMA],
    check,
};

const PROVIDERS: &str = "identityProviders";
const PROVIDER: &str = "identityProviders.azureActiveDirectory";
const ENABLED: &str = "identityProviders.azureActiveDirectory.enabled";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let form = configuration.form;
    if !configuration.is_whole() {
        return;
    }
    let is_off = configuration.at(ENABLED).boolean() == Some(false);
    let missing: Vec<&str> = [CLIENT_ID, ISSUER].into_iter().filter(|path| configuration.at(path).is_empty()).collect();
    if (is_off || missing.len() == 2) && relies_on_another(configuration) {
        return;
    }
    let values: Vec<_> = missing.iter().map(|path| form.assign(path, "\"...\"")).collect();
    let help = format!("write {}", values.join(" and "));
    match missing.as_slice() {
        [] if !is_off => {}
        [] => {
            let message = "Entra is switched off as a provider, and no other one is registered";
            findings.at(configuration.nearest(ENABLED), message, format!("write {}", form.assign(ENABLED, "true")));
        }
        [one] if !is_off => {
            let message = format!("`{}` is missing: no token can be told valid", form.word_of(one));
            findings.at(configuration.nearest(one), message, help);
        }
        _ => {
            findings.at(configuration.nearest(PROVIDER), "no provider is registered: no token can be told valid", help);
        }
    }
}

/// Whether a provider other than Entra is switched on and registered, or may be.
fn relies_on_another(configuration: &Configuration) -> bool {
    let Property::Is(Node { value: Value::Map(providers), .. }) = configuration.at(PROVIDERS) else {
        return configuration.at(PROVIDERS).is_unknown();
    };
    providers.iter().filter(|(key, _)| !key.text.eq_ignore_ascii_case("azureActiveDirectory")).any(|(key, node)| {
        let custom = key.text.to_ascii_lowercase().ends_with("openidconnectproviders");
        match (&node.value, custom) {
            (Value::Unknown, _) => true,
            (Value::Map(aliases), true) => aliases.iter().any(|(_, node)| is_registered(node)),
            _ => is_registered(node),
        }
    })
}

fn is_registered(provider: &Node) -> bool {
    let Value::Map(entries) = &provider.value else { return provider.value == Value::Unknown };
    let member = |name: &str| entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name)).map(|(_, node)| node);
    let is_off = member("enabled").is_some_and(|node| node.value == Value::Bool(false));
    !is_off && member("registration").is_some_and(|node| !Property::of(node).is_empty())
}
