use diagnostics::{Level, Value};

use super::{Findings, Rule, Subject};
use crate::providers::providers;
use crate::{Configuration, Property, secrets};

pub(super) const RULE: Rule = Rule {
    id: "L-SLOT",
    level: Level::Warning,
    title: "a slot is not protected as production is",
    why: "A slot has an address of its own and runs the same code with access to the same data. Where it lets other callers in it is the \
          way around production, and what is tried out there before a swap is not what will hold after it.",
    example: r#"{ "name": "orders/staging/authsettingsV2", "properties": { "platform": { "enabled": true }, "globalValidation": { "excludedPaths": ["/api/debug"] } }, "resources": [{ "name": "orders/authsettingsV2", "properties": { "platform": { "enabled": true } } }] }"#,
    fix: "Give each slot the same auth settings as production, with the same audience and callers, and mark the app setting with the client \
          secret as a slot setting.",
    sources: &["Microsoft Learn: Set up staging environments in Azure App Service, Which settings are swapped?"],
    check,
};

/// What must be the same in a slot, and what it says.
const SAME: [(&str, &str); 6] = [
    (
        "identityProviders.azureActiveDirectory.registration.clientId",
        "takes tokens for another application than production",
    ),
    (
        "identityProviders.azureActiveDirectory.registration.openIdIssuer",
        "takes tokens of another issuer than production",
    ),
    ("identityProviders.azureActiveDirectory.validation.allowedAudiences", "takes other audiences than production"),
    (
        "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications",
        "lets other applications in than production",
    ),
    (
        "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.identities",
        "lets other identities in than production",
    ),
    ("globalValidation.excludedPaths", "leaves other paths open than production"),
];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let own = subject.configuration;
    let others = subject.all.iter().filter(|other| {
        !own.host.app.is_empty() && other.host.app.eq_ignore_ascii_case(&own.host.app) && !other.form.is_v1()
    });
    match &own.host.slot {
        Some(slot) if is_on(own) => {
            if let Some(production) = others.into_iter().find(|other| other.host.slot.is_none()) {
                differences(slot, own, production, findings);
            }
        }
        None if others.into_iter().any(|other| other.host.slot.is_some()) => unsticky_secrets(own, findings),
        _ => {}
    }
}

/// That authentication is off is graver, and L-DISABLED says so.
fn is_on(configuration: &Configuration) -> bool {
    let enabled = configuration.at("platform.enabled");
    enabled.is_unknown() || enabled.boolean() == Some(true)
}

fn differences(slot: &str, own: &Configuration, production: &Configuration, findings: &mut Findings<'_>) {
    for (path, difference) in SAME {
        let (here, there) = (own.at(path), production.at(path));
        if let (Some(ours), Some(theirs)) = (texts(here), texts(there))
            && ours != theirs
        {
            let span = here.span().unwrap_or_else(|| own.nearest(path));
            let help = format!("write the same as `{}` as production has", own.form.name_of(path));
            findings.at(span, format!("the slot `{slot}` {difference}"), help);
        }
    }
}

/// What a property says, whatever the order; none where the file does not say it, or not as text.
fn texts(property: Property<'_>) -> Option<Vec<String>> {
    let mut texts = match property {
        Property::Absent => Vec::new(),
        Property::Is(node) => match &node.value {
            Value::Text(text) => vec![text.to_ascii_lowercase()],
            Value::List(items) => {
                let texts: Vec<String> = property.texts().map(|(text, _)| text.to_ascii_lowercase()).collect();
                (texts.len() == items.len()).then_some(texts)?
            }
            _ => return None,
        },
        Property::Unknown(_) => return None,
    };
    texts.sort();
    texts.dedup();
    Some(texts)
}

fn unsticky_secrets(own: &Configuration, findings: &mut Findings<'_>) {
    let Some(sticky) = &own.surroundings.sticky_settings else { return };
    let told = secrets::written_out(own);
    for name in providers(own).iter().filter(|one| one.is_configured()).map(|one| one.secret_setting) {
        if let (Some(text), Some(span)) = (name.text().filter(|text| !text.is_empty()), name.span())
            && !sticky.iter().any(|setting| setting == text)
            && !told.iter().any(|(secret, _)| *secret == span)
        {
            let message = format!("the app setting `{text}` goes with a swap, and the secret with it");
            findings.at(span, message, "mark it as a slot setting (`slotConfigNames`; Terraform: `sticky_settings`)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    fn slot(changes: &[(&str, &str)]) -> Given {
        let production = Given::baseline(&[("validation.allowedAudiences", r#"["api://a", "api://b"]"#)]);
        Given::baseline(changes).host("orders", Some("staging")).beside(production.host("Orders", None))
    }

    const AUDIENCES: (&str, &str) = ("validation.allowedAudiences", r#"["api://B", "api://a"]"#);
    const CALLERS: &str = "validation.defaultAuthorizationPolicy.allowedApplications";

    #[rstest]
    #[case::same_in_another_order(AUDIENCES, AUDIENCES, 0)]
    #[case::audience(("validation.allowedAudiences", "[]"), ("platform.runtimeVersion", "null"), 1)]
    #[case::callers(AUDIENCES, (CALLERS, r#"["44b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"]"#), 1)]
    #[case::no_callers(AUDIENCES, (CALLERS, ""), 1)]
    #[case::callers_not_known(AUDIENCES, (CALLERS, r#"["[parameters('caller')]"]"#), 0)]
    #[case::list_not_known(AUDIENCES, (CALLERS, r#""[parameters('callers')]""#), 0)]
    #[case::registration(AUDIENCES, ("registration.clientId", r#""44b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e""#), 1)]
    #[case::open_paths(AUDIENCES, ("globalValidation.excludedPaths", r#"["/api/debug"]"#), 1)]
    #[case::off_is_graver(("platform.enabled", "false"), (CALLERS, "[]"), 0)]
    fn what_differs_from_production_is_told(
        #[case] one: (&str, &str),
        #[case] other: (&str, &str),
        #[case] times: usize,
    ) {
        assert_eq!(slot(&[one, other]).fired().iter().filter(|rule| **rule == "L-SLOT").count(), times);
    }

    #[test]
    fn a_slot_of_another_app_is_not_compared() {
        let production = Given::baseline(&[]).host("invoices", None);
        let slot = Given::baseline(&[(CALLERS, "[]")]).host("orders", Some("staging")).beside(production);
        assert!(!slot.fires("L-SLOT"));
    }

    #[rstest]
    #[case::swapped(Some(&[][..]), true)]
    #[case::sticky(Some(&["ENTRA_SECRET"][..]), false)]
    #[case::not_said(None, false)]
    fn a_secret_that_goes_with_a_swap_is_told(#[case] sticky: Option<&[&str]>, #[case] fires: bool) {
        let given = Given::baseline(&[("registration.clientSecretSettingName", r#""ENTRA_SECRET""#)]);
        let given = given.host("orders", None).beside(Given::baseline(&[]).host("orders", Some("staging")));
        let sticky = sticky.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(given.with(|one| one.surroundings.sticky_settings = sticky).fires("L-SLOT"), fires);
    }
}
