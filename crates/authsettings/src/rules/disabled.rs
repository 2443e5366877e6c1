use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::Property;

pub(super) const RULE: Rule = Rule {
    id: "L-DISABLED",
    level: Level::Error,
    title: "authentication is switched off",
    why: "Without platform.enabled every request reaches the function, whatever the other settings say. The settings of an app that \
          was never configured look exactly like this, and Terraform's provider sends false where auth_enabled is left out.",
    example: r#"{ "platform": { "enabled": false } }"#,
    fix: "Write platform.enabled: true (Terraform: auth_enabled = true).",
    sources: &["Microsoft.Web/sites/config authsettingsV2, platform.enabled"],
    check,
};

const ENABLED: &str = "platform.enabled";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let at = configuration.nearest(ENABLED);
    match configuration.at(ENABLED) {
        Property::Absent => {
            findings.at(
                at,
                "authentication is off: `platform.enabled` is left out",
                "write `\"platform\": { \"enabled\": true }`",
            );
        }
        property if property.boolean() == Some(false) => {
            findings.at(property.span().unwrap_or(at), "authentication is switched off", "write `true`");
        }
        _ => {}
    }
}
