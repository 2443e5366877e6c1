use diagnostics::{Level, Span, Value};

use super::entra::{Entra, lists};
use super::words::{APPLICATIONS, IDENTITIES};
use super::{Findings, Rule, Subject, sources};
use crate::{Configuration, Property};

pub(super) const RULE: Rule = Rule {
    id: "L-OID-VS-APPID",
    level: Level::Warning,
    title: "object ids and client ids are mixed up",
    why: "A managed identity has two ids that look alike. allowedApplications is compared with its client id, identities with its object \
          id (principal id); one in the place of the other matches nothing, and its bearer gets 403.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": { "defaultAuthorizationPolicy": {
  "allowedApplications": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"],
  "allowedPrincipals": { "identities": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"] }
} } } } }"#,
    fix: "Write client ids in allowedApplications and object ids in allowedPrincipals.identities; one of the two lists is enough.",
    sources: &[sources::ENTRA, sources::CLAIMS],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    let form = configuration.form;
    let help =
        format!("write client ids in `{}`, object ids in `{}`", form.name_of(APPLICATIONS), form.name_of(IDENTITIES));
    let [applications, identities] = [APPLICATIONS, IDENTITIES].map(|path| form.word_of(path));
    for (id, span) in entra.identities.texts() {
        if entra.client_id.text().is_some_and(|own| own.eq_ignore_ascii_case(id)) {
            findings.at(
                span,
                format!("`{id}` is the app's own client id, and `{identities}` is compared with object ids"),
                help.as_str(),
            );
        } else if lists(entra.applications, id) {
            let message = format!("`{id}` stands in `{applications}` too, and no object id is a client id");
            findings.at(span, message, help.as_str());
        }
    }
    for (path, list) in entra.client_lists().into_iter().chain([(IDENTITIES, entra.identities)]) {
        let name = form.word_of(path);
        let (wanted, names, others) = match path {
            IDENTITIES => ("object ids", OBJECTS, CLIENTS),
            _ => ("client ids", CLIENTS, OBJECTS),
        };
        for span in expressions(configuration, path, list) {
            let words = words_at(configuration, span);
            if mentions(&words, others) && !mentions(&words, names) {
                let message = format!("by its name this is the other id, and `{name}` is compared with {wanted}");
                findings.at(span, message, help.as_str());
            }
        }
    }
}

/// What client ids are called, and object ids.
const CLIENTS: &[&str] = &["client", "app", "application"];
const OBJECTS: &[&str] = &["principal", "object"];

/// Where a list, or a member of it, is an expression. One that stands for more than the list says nothing of the list by its words.
fn expressions(configuration: &Configuration, path: &str, list: Property<'_>) -> Vec<Span> {
    let parent = path.rsplit_once('.').map_or(Property::Absent, |(parent, _)| configuration.at(parent));
    match list {
        Property::Unknown(_) if parent.is_unknown() => Vec::new(),
        Property::Unknown(span) => vec![span],
        _ => list.list().iter().filter(|item| item.value == Value::Unknown).map(|item| item.span).collect(),
    }
}

/// The words of an expression in lower case: `apimPrincipalId` and `apim_principal_id` are three.
fn words_at(configuration: &Configuration, span: Span) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in configuration.source.text.get(span.start..span.end).unwrap_or_default().chars() {
        if !letter.is_alphanumeric() || (was_lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether one of some names stands before `id` or `ids`, in one word or in two.
fn mentions(words: &[String], names: &[&str]) -> bool {
    let joined = |word: &String| {
        let name = word.strip_suffix("ids").or_else(|| word.strip_suffix("id"));
        name.is_some_and(|name| names.contains(&name))
    };
    let apart = |pair: &[String]| names.contains(&pair[0].as_str()) && matches!(pair[1].as_str(), "id" | "ids");
    words.iter().any(joined) || words.windows(2).any(apart)
}
