use diagnostics::{Level, Span};

use super::{Findings, Rule, Subject};
use crate::authority::is_guid;

pub(super) const RULE: Rule = Rule {
    id: "L-UPPER",
    level: Level::Note,
    title: "an id is not written as tokens carry it",
    why: "Tokens carry ids in lower case, without braces and blanks, and settings are compared with them as texts. Whether case counts is \
          not documented for each of them; what is written as the token has it matches in any case.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "registration": { "clientId": "11F4C2AA-6B1D-4E8F-8A53-2C9D7E6B5A41" } } } }"#,
    fix: "Write ids in lower case, without braces and without blanks around them.",
    sources: &[
        "Microsoft Learn: Access token claims reference",
        "Terraform module pagopa-dx/azure-function-app, variable entra_id_authentication",
    ],
    check,
};

/// Where an id may stand, alone or within an address.
const PLACES: [&str; 6] = [
    "identityProviders.azureActiveDirectory.registration.clientId",
    "identityProviders.azureActiveDirectory.registration.openIdIssuer",
    "identityProviders.azureActiveDirectory.validation.allowedAudiences",
    "identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedGroups",
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.identities",
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.groups",
];
/// Lists of applications, in which whatever is no plain id is graver: L-APPID-FORMAT says so.
const APPLICATIONS: [&str; 2] = [
    "identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedClientApplications",
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications",
];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let mut tell = |text: &str, span: Span| {
        if let Some(right) = as_tokens_carry_it(text) {
            findings.at(span, format!("`{text}` is not written as tokens carry it"), format!("write `{right}`"));
        }
    };
    for path in PLACES {
        let property = configuration.at(path);
        if let (Some(text), Some(span)) = (property.text(), property.span()) {
            tell(text, span);
        }
        property.texts().for_each(|(text, span)| tell(text, span));
    }
    for path in APPLICATIONS {
        configuration.at(path).texts().filter(|(text, _)| is_guid(text)).for_each(|(text, span)| tell(text, span));
    }
}

/// The same text with its ids as they are in tokens; none where it is so already, or has none.
fn as_tokens_carry_it(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
    let right = if is_guid(bare) {
        bare.to_ascii_lowercase()
    } else {
        let parts =
            text.trim().split('/').map(|part| if is_guid(part) { part.to_ascii_lowercase() } else { part.to_owned() });
        let parts: Vec<String> = parts.collect();
        parts.iter().any(|part| is_guid(part)).then(|| parts.join("/"))?
    };
    (right != text).then_some(right)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use super::as_tokens_carry_it;
    use rstest::rstest;

    const UPPER: &str = "33B8E9CC-4D5F-4E60-8C71-8F9A0B1C2D3E";
    const LOWER: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";

    #[rstest]
    #[case::as_it_is(LOWER, None)]
    #[case::upper(UPPER, Some(LOWER))]
    #[case::braces("{33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e}", Some(LOWER))]
    #[case::blanks(" 33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e ", Some(LOWER))]
    #[case::address("api://33B8E9CC-4d5f-4e60-8c71-8f9a0b1c2d3e", Some("api://33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"))]
    #[case::address_as_it_is("api://33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e/Orders", None)]
    #[case::no_id("api://Orders", None)]
    #[case::placeholder("https://login.microsoftonline.com/{tenantid}/v2.0", None)]
    #[case::nothing("", None)]
    fn an_id_is_written_as_tokens_carry_it(#[case] text: &str, #[case] right: Option<&str>) {
        assert_eq!(as_tokens_carry_it(text).as_deref(), right);
    }

    #[rstest]
    #[case::client_id("registration.clientId", UPPER, true)]
    #[case::application("validation.defaultAuthorizationPolicy.allowedApplications", UPPER, true)]
    #[case::group("validation.jwtClaimChecks.allowedGroups", UPPER, true)]
    #[case::application_in_braces_is_graver(
        "validation.defaultAuthorizationPolicy.allowedApplications",
        "{33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e}",
        false
    )]
    #[case::not_known("registration.clientId", "[parameters('id')]", false)]
    fn it_is_told_wherever_it_stands(#[case] path: &str, #[case] id: &str, #[case] fires: bool) {
        let list = path.contains("allowed");
        let value = if list { format!("[\"{id}\"]") } else { format!("\"{id}\"") };
        let (parent, name) = path.rsplit_once('.').unwrap();
        let given = if list {
            Given::baseline(&[(parent, &format!("{{\"{name}\": {value}}}"))])
        } else {
            Given::baseline(&[(path, &value)])
        };
        assert_eq!(given.fires("L-UPPER"), fires);
    }
}
