//! How a token is made.

use serde_json::Value;
use token::{Forge, Lifetime, Recipe, TokenVersion};

use super::forge;
use super::phrase::{code, json, moment};

/// A recipe in sentences about `subject`, such as `The token`.
pub(super) fn recipe(subject: &str, recipe: &Recipe) -> Vec<String> {
    let Recipe { caller: role, audience, tenant, version, lifetime, claims, forge } = recipe;
    let audience = audience.as_ref().map_or_else(|| "this API".to_owned(), |name| format!("the API {}", code(name)));
    let tenant = tenant.as_ref().map_or_else(String::new, |name| format!(", by the tenant {}", code(name)));
    let from = format!("issued to {}, for {audience}{tenant}{}", caller(role), shape(*version));

    let changes_content = *lifetime != Lifetime::default() || !claims.is_empty();
    if !changes_content && *forge == Forge::default() {
        return vec![format!("{subject} is one {from}, and nothing in it is forged.")];
    }
    let mut told = vec![format!("{subject} starts as one {from}.")];
    told.extend(times(*lifetime));
    told.extend(claims.iter().map(|(name, value)| set("claim", name, value.as_ref())));
    told.extend(forge::forge(forge, changes_content));
    told
}

/// Whom a role means.
pub(super) fn caller(role: &str) -> String {
    match role {
        "listed" => "the listed caller".to_owned(),
        "unlisted" => "a caller that is not listed".to_owned(),
        "foreign" => "a caller of another tenant".to_owned(),
        _ => format!("the caller {}", code(role)),
    }
}

/// What becomes of a claim or header member.
pub(super) fn set(what: &str, name: &str, value: Option<&Value>) -> String {
    match value {
        Some(value) => format!("Its {what} {} is {}.", code(name), json(value)),
        None => format!("It has no {what} {}.", code(name)),
    }
}

fn shape(version: TokenVersion) -> &'static str {
    match version {
        TokenVersion::Settings => "",
        TokenVersion::Other => ", in the version whose issuer the settings do not name",
        TokenVersion::V1 => ", in version 1.0",
        TokenVersion::V2 => ", in version 2.0",
    }
}

fn times(lifetime: Lifetime) -> impl Iterator<Item = String> {
    let Lifetime { expires_in, not_before_in, issued_in } = lifetime;
    let told = |present: &str, past: &str, seconds: i64| {
        format!("It {} {}.", if seconds < 0 { past } else { present }, moment(seconds))
    };
    let told = [
        expires_in.map(|seconds| told("expires", "expired", seconds)),
        not_before_in.map(|seconds| told("becomes valid", "became valid", seconds)),
        issued_in.map(|seconds| told("says that it is issued", "says that it was issued", seconds)),
    ];
    told.into_iter().flatten()
}
