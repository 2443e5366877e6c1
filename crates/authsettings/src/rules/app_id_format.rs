use diagnostics::Level;

use super::entra::Entra;
use super::{Findings, Rule, Subject, sources};
use crate::authority::is_guid;

pub(super) const RULE: Rule = Rule {
    id: "L-APPID-FORMAT",
    level: Level::Error,
    title: "an allowed application is not given by its client id",
    why: "The list is compared with the claim appid or azp of the token, which is always a client id. A host name, a resource id, a name \
          or an App ID URI matches no token: the caller that is meant gets 403.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": {
  "defaultAuthorizationPolicy": { "allowedApplications": ["apim-orders.azure-api.net"] }
} } } }"#,
    fix: "Write the client id (application id) of the application or managed identity, a GUID.",
    sources: &[sources::ENTRA, sources::CLAIMS],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(entra) = Entra::of(subject.configuration) else { return };
    for (path, list) in entra.client_lists() {
        for (entry, span) in list.texts().filter(|(entry, _)| !is_meant_as_guid(entry)) {
            let name = subject.configuration.form.word_of(path);
            let message = format!("{}, and `{name}` is compared with client ids", what(entry));
            findings.at(span, message, "write the client id of the application or managed identity, a GUID");
        }
    }
}

/// Braces, blanks and upper case are another matter.
fn is_meant_as_guid(entry: &str) -> bool {
    is_guid(entry.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '{' | '}')))
}

fn what(entry: &str) -> String {
    let kind = match entry {
        _ if entry.trim().is_empty() => return "this is empty".to_owned(),
        _ if entry.starts_with("api://") => "an App ID URI",
        _ if entry.starts_with('/') => "the id of an Azure resource",
        _ if entry.contains("://") => "a URL",
        _ if entry.contains('.') && !entry.contains(char::is_whitespace) => "a host name",
        _ => "a name",
    };
    format!("`{entry}` is {kind}")
}
