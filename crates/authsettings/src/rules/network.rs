use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::Form;

pub(super) const RULE: Rule = Rule {
    id: "L-NETWORK",
    level: Level::Note,
    title: "everybody can reach the app, and only tokens keep them out",
    why: "Where API Management is meant to be the only way in, the network can say so too. Without a private endpoint or a restriction by \
          address, whatever is wrong with the auth settings is open to the whole internet.",
    example: r#"{ "name": "orders/authsettingsV2", "properties": { "platform": { "enabled": true } }, "resources": [{ "type": "Microsoft.Web/sites", "name": "orders", "properties": { "publicNetworkAccess": "Enabled", "siteConfig": { "ipSecurityRestrictions": [] } } }] }"#,
    fix: "Write publicNetworkAccess: Disabled and a private endpoint (Terraform: public_network_access_enabled = false), or restrict access \
          to API Management's addresses.",
    sources: &["Microsoft Learn: Set up Azure App Service access restrictions"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let surroundings = &subject.configuration.surroundings;
    // That nothing at all keeps anybody out is graver, and L-DISABLED says so.
    if subject.configuration.at("platform.enabled").boolean() != Some(true) {
        return;
    }
    if let (Some(span), Some(false)) = (surroundings.public_network, surroundings.ip_restricted) {
        let close = match subject.configuration.form {
            Form::Terraform => "public_network_access_enabled = false",
            _ => "publicNetworkAccess: \"Disabled\"",
        };
        let help = format!("write `{close}`, or let in only API Management's addresses");
        findings.at(span, "the whole internet can reach the app; the check of tokens is the only gate", help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use diagnostics::Span;
    use rstest::rstest;

    #[rstest]
    #[case::open(true, Some(false), "true", true)]
    #[case::restricted(true, Some(true), "true", false)]
    #[case::not_said(true, None, "true", false)]
    #[case::private(false, Some(false), "true", false)]
    #[case::off_is_graver(true, Some(false), "false", false)]
    fn an_open_network_is_told(
        #[case] public: bool,
        #[case] restricted: Option<bool>,
        #[case] enabled: &str,
        #[case] fires: bool,
    ) {
        let given = Given::baseline(&[("platform.enabled", enabled)]).with(|one| {
            one.surroundings.public_network = public.then_some(Span { start: 0, end: 1 });
            one.surroundings.ip_restricted = restricted;
        });
        assert_eq!(given.fires("L-NETWORK"), fires);
    }
}
