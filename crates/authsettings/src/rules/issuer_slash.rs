use diagnostics::Level;

use super::entra::Entra;
use super::{Findings, Rule, Subject, sources};
use crate::TokenVersion;

pub(super) const RULE: Rule = Rule {
    id: "L-ISS-SLASH",
    level: Level::Note,
    title: "the issuer's last slash is not where Entra writes it",
    why: "Entra's v1 issuer ends in a slash (https://sts.windows.net/<tenant>/), its v2 issuer does not (.../v2.0). The platform finds the \
          metadata either way, but whoever compares the settings with a token's iss, a person or a program, does not.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "registration": {
  "openIdIssuer": "https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0/"
} } } }"#,
    fix: "Write .../v2.0 without a slash behind it, and https://sts.windows.net/<tenant>/ with one.",
    sources: &[sources::CLAIMS],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(entra) = Entra::of(subject.configuration) else { return };
    let (Some(issuer), Some(span), Some(authority)) = (entra.issuer.text(), entra.issuer.span(), entra.authority())
    else {
        return;
    };
    let host = issuer.split('/').nth(2).unwrap_or_default().to_ascii_lowercase();
    match (authority.version, issuer.strip_suffix('/')) {
        (TokenVersion::V2, Some(bare)) => {
            findings.at(span, "a v2 issuer has no slash at its end", format!("write `{bare}`"));
        }
        (TokenVersion::V1, None) if host.starts_with("sts.") => {
            findings.at(span, "a v1 issuer has a slash at its end", format!("write `{issuer}/`"));
        }
        _ => {}
    }
}
