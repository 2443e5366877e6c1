use diagnostics::Level;

use super::entra::Entra;
use super::words::ISSUER;
use super::{Findings, Rule, Subject, sources};
use crate::TokenVersion;

pub(super) const RULE: Rule = Rule {
    id: "L-ISS-VERSION",
    level: Level::Warning,
    title: "the issuer may be of another version than the tokens",
    why: "Which version a token has is decided by the app's registration (api.requestedAccessTokenVersion, v1 unless it says 2), not by who \
          asks for it. A v1 token comes from https://sts.windows.net/<tenant>/, and whether an issuer that ends in /v2.0 accepts it is \
          not documented: where it does not, every caller gets 401. The settings alone cannot tell.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "registration": {
  "openIdIssuer": "https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0"
} } } }"#,
    fix: "Set api.requestedAccessTokenVersion to 2 in the app's registration where the issuer ends in /v2.0; leave /v2.0 out where the \
          registration makes v1 tokens.",
    sources: &[sources::CLAIMS, sources::ENTRA, "https://github.com/MicrosoftDocs/azure-docs/issues/76602"],
    check,
};

/// A registration that nobody touched makes v1 tokens, so a v1 issuer raises no question.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    let (Some(authority), Some(span)) = (entra.authority(), entra.issuer.span()) else { return };
    let issuer = configuration.form.word_of(ISSUER);
    let (message, help) = match (authority.version, subject.expected.token_version) {
        (TokenVersion::V2, None) => (
            "this issuer is for v2 tokens: does the app's registration ask for them?".to_owned(),
            "see that `api.requestedAccessTokenVersion` of the registration is 2; left alone it makes v1 tokens",
        ),
        (TokenVersion::V2, Some(TokenVersion::V1)) => (
            format!("`{issuer}` is for v2 tokens, and the app's registration makes v1 tokens"),
            "set `api.requestedAccessTokenVersion` of the registration to 2, or leave out `/v2.0`",
        ),
        (TokenVersion::V1, Some(TokenVersion::V2)) => (
            format!("`{issuer}` is for v1 tokens, and the app's registration makes v2 tokens"),
            "end the issuer in `/v2.0`",
        ),
        _ => return,
    };
    findings.at(span, message, help);
}
