use diagnostics::Level;

use super::audience_foreign::is_foreign;
use super::entra::{Entra, is_nearly};
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-AUD-SLASH",
    level: Level::Warning,
    title: "an audience is written almost as tokens bear it",
    why: "Audiences are compared to the letter: a slash at the end and case count. An audience that differs from what tokens bear by no \
          more than that refuses them all with 401, and is hard to see.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": { "allowedAudiences": ["api://orders/"] } } } }"#,
    fix: "Write the audience exactly as callers ask for it, as a rule without a slash at the end.",
    sources: &[sources::ENTRA, "RFC 7519 section 4.1.3"],
    check,
};

/// What is listed in both spellings is meant so. No spelling is wrong where the right one is accepted anyway.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(entra) = Entra::of(subject.configuration) else { return };
    let is_listed = |audience: &str| entra.audiences.texts().any(|(known, _)| known == audience);
    for (audience, span) in entra.audiences.texts().filter(|(audience, _)| !is_foreign(audience)) {
        let expected = subject.expected.audience.as_deref().filter(|expected| is_nearly(audience, expected));
        match (expected, audience.strip_suffix('/')) {
            _ if subject.expected.audience.as_deref() == Some(audience) => {}
            (Some(expected), _) if entra.accepts_audience(expected) == Some(true) => {}
            (Some(expected), _) => {
                let message = format!("`{audience}` is not `{expected}`: a slash at the end and case count");
                findings.at(span, message, format!("write `{expected}`, as callers ask for it"));
            }
            (None, Some(bare)) if !is_listed(bare) => {
                let message = format!("`{audience}` ends in a slash, and audiences are compared to the letter");
                findings.at(span, message, format!("write `{bare}`, unless callers ask for it with the slash"));
            }
            (None, _) => {}
        }
    }
}
