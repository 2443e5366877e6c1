use diagnostics::Level;

use super::entra::Entra;
use super::{Findings, Rule, Subject, sources};
use crate::Property;

pub(super) const RULE: Rule = Rule {
    id: "L-AUD-FOREIGN",
    level: Level::Error,
    title: "tokens for a Microsoft API are accepted",
    why: "An audience that many APIs share proves nothing: whoever receives a token for Azure Resource Manager or Microsoft Graph, another \
          API, a build agent, a tool, can replay it here (the confused deputy). Bicep's environment().authentication.audiences are those of \
          Azure Resource Manager.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "validation": {
  "allowedAudiences": ["https://management.azure.com/"]
} } } }"#,
    fix: "Accept the app's own client id or App ID URI alone, and let callers ask for that.",
    sources: &[sources::ENTRA, "https://learn.microsoft.com/entra/identity-platform/claims-validation", "CWE-441"],
    check,
};

/// Resources of Microsoft's that many hold tokens for, without the slash at the end.
const SHARED: &[(&str, &str)] = &[
    ("https://management.azure.com", "Azure Resource Manager"),
    ("https://management.core.windows.net", "Azure Resource Manager"),
    ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Azure Resource Manager"),
    ("https://graph.microsoft.com", "Microsoft Graph"),
    ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
    ("https://graph.windows.net", "Azure AD Graph"),
    ("00000002-0000-0000-c000-000000000000", "Azure AD Graph"),
    ("https://vault.azure.net", "Azure Key Vault"),
    ("https://storage.azure.com", "Azure Storage"),
];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    let own = entra.client_id.text().map_or("the client id".to_owned(), |id| format!("`{id}`"));
    let help = format!("accept {own} or the app's own App ID URI, and let callers ask for that");
    for (audience, span) in entra.audiences.texts() {
        if let Some(api) = owner(audience) {
            let message = format!("`{audience}` is {api}'s audience: tokens made for it are accepted here");
            findings.at(span, message, help.as_str());
        }
    }
    let expressions = [entra.audiences].into_iter().chain(entra.audiences.list().iter().map(Property::of));
    for span in expressions.filter(|one| one.is_unknown()).filter_map(Property::span) {
        let words = configuration.source.text.get(span.start..span.end).unwrap_or_default().to_ascii_lowercase();
        if words.contains("environment().authentication.audiences") {
            findings.at(
                span,
                "these are Azure Resource Manager's audiences: tokens made for it are accepted here",
                help.as_str(),
            );
        }
    }
}

/// Whether an audience is one of Microsoft's that many share.
pub(super) fn is_foreign(audience: &str) -> bool {
    owner(audience).is_some()
}

fn owner(audience: &str) -> Option<&'static str> {
    let audience = audience.trim_end_matches('/');
    SHARED.iter().find(|(shared, _)| audience.eq_ignore_ascii_case(shared)).map(|(_, api)| *api)
}
