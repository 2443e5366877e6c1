//! Secrets that stand where the settings have a place for one, or for the name of one.

use std::sync::Arc;

use diagnostics::{Diagnostic, Node, Span, Value};

use crate::providers::providers;
use crate::{Configuration, Property};

/// Where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a member that is for the secret itself.
    Literal,
    /// Where the name of an app setting is meant.
    SettingName,
}

/// Every secret that a configuration's providers hold: none of it may be shown.
pub(crate) fn written_out(configuration: &Configuration) -> Vec<(Span, Place)> {
    let mut found = Vec::new();
    if let Property::Is(all) = configuration.at("identityProviders") {
        literals(all, &mut found);
    }
    let names = providers(configuration).into_iter().map(|provider| provider.secret_setting);
    for name in names.chain([configuration.at("login.tokenStore.azureBlobStorage.sasUrlSettingName")]) {
        if let (Some(text), Some(span)) = (name.text(), name.span())
            && looks_like_secret(text)
        {
            found.push((span, Place::SettingName));
        }
    }
    found
}

/// Members such as `clientSecret`, of V1 or of a mistake.
fn literals(node: &Node, found: &mut Vec<(Span, Place)>) {
    for (key, inner) in Property::of(node).members() {
        match &inner.value {
            // Whoever read the file may have kept the secret to himself.
            Value::Unknown if is_for_a_secret(&key.text) => found.push((inner.span, Place::Literal)),
            Value::Text(text) if is_for_a_secret(&key.text) && !text.is_empty() => {
                found.push((inner.span, Place::Literal));
            }
            _ => literals(inner, found),
        }
    }
}

/// Whether a member of that name would hold the secret itself.
pub(crate) fn is_for_a_secret(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("secret")
}

/// Whether a text is no name that anybody would give an app setting: it has signs that no name has, is a long number in hexadecimal, or
/// changes between letters and digits again and again.
fn looks_like_secret(text: &str) -> bool {
    let is_of_names = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':' | ' ');
    let changes =
        text.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let mixed =
        text.bytes().any(|byte| byte.is_ascii_lowercase()) && text.bytes().any(|byte| byte.is_ascii_uppercase());
    text.len() >= 16
        && !text.starts_with('@')
        && (text.contains(|letter| !is_of_names(letter))
            || text.starts_with("GOCSPX-")
            || text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            || mixed && changes >= 6)
}

/// Masks all that must not be shown of what was read in one file: secrets of providers, and texts around the settings that may hold a
/// key. A whole file may be one line, so it is masked for everything that speaks of it. (What is secret by its name is masked before.)
pub(crate) fn hide(configurations: &mut [Configuration], diagnostics: &mut [Diagnostic]) {
    let secrets: Vec<Span> = configurations.iter().flat_map(of).collect();
    let (Some(first), false) = (configurations.first(), secrets.is_empty()) else { return };
    let masked = first.source.masked(&secrets);
    let sources = configurations.iter_mut().map(|one| &mut one.source);
    for source in sources.chain(diagnostics.iter_mut().map(|one| &mut one.source)) {
        *source = Arc::clone(&masked);
    }
}

fn of(configuration: &Configuration) -> Vec<Span> {
    let surroundings = &configuration.surroundings;
    let texts = surroundings.keys.iter().chain(&surroundings.scripts).map(|passage| passage.span);
    texts.chain(written_out(configuration).into_iter().map(|(span, _)| span)).collect()
}
