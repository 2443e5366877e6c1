//! What holds of every rule, whatever the settings.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{EXPECTED, Given};

proptest! {
    /// Whatever stands where, no rule panics, and every finding points into the file.
    #[test]
    fn any_settings_can_be_looked_at(
        changes in vec((select(PATHS), select(VALUES)), 1..6),
        expected in vec((select(EXPECTED), select(VALUES)), 0..4),
    ) {
        let mut changes: Vec<(&str, &str)> = changes;
        changes.extend(expected.iter().map(|((path, _), value)| (*path, *value)));
        // A parent that is no mapping any more has no members to change.
        changes.sort_by_key(|(path, _)| std::cmp::Reverse(depth(path)));
        for found in Given::baseline(&changes).lint() {
            let span = found.span.unwrap_or_default();
            prop_assert!(found.source.text.get(span.start..span.end).is_some_and(|words| !words.is_empty()), "{found:?}");
        }
    }
}

/// Where rules look.
const PATHS: &[&str] = &[
    "platform",
    "platform.enabled",
    "globalValidation",
    "globalValidation.requireAuthentication",
    "globalValidation.unauthenticatedClientAction",
    "globalValidation.excludedPaths",
    "identityProviders",
    "identityProviders.azureActiveDirectory",
    "identityProviders.google",
    "registration",
    "registration.clientId",
    "registration.openIdIssuer",
    "validation",
    "validation.allowedAudiences",
    "validation.jwtClaimChecks",
    "validation.defaultAuthorizationPolicy",
    "validation.defaultAuthorizationPolicy.allowedApplications",
    "validation.defaultAuthorizationPolicy.allowedPrincipals",
    "appSettings.WEBSITE_AUTH_ENABLED",
];

/// What may stand there.
const VALUES: &[&str] = &[
    "null",
    "true",
    "-7",
    "{}",
    "[]",
    r#""""#,
    r#""é//*""#,
    r#""https://é/v2.0//""#,
    r#""[parameters('é')]""#,
    r#"["", "/", "*", null, 3, {}, [], "[principalId]"]"#,
    r#"{ "allowedApplications": ["é"], "identities": ["é"], "registration": 7, "enabled": "[x]" }"#,
];

/// How deep a change of the baseline goes: what begins at the provider's members is two deeper than it looks.
fn depth(path: &str) -> usize {
    let provider = ["registration", "validation"].iter().any(|member| path.starts_with(member));
    path.matches('.').count() + if provider { 2 } else { 0 }
}
