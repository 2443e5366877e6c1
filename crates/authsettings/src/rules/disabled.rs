use diagnostics::Level;

use super::{Findings, Rule, Subject, sources};
use crate::{Form, Property};

pub(super) const RULE: Rule = Rule {
    id: "L-DISABLED",
    level: Level::Error,
    title: "authentication is switched off",
    why: "Without platform.enabled every request reaches the function, whatever the other settings say. The settings of an app that \
          was never configured look exactly like this, and Terraform's provider sends false where auth_enabled is left out.",
    example: r#"{ "platform": { "enabled": false } }"#,
    fix: "Write platform.enabled: true (Terraform: auth_enabled = true).",
    sources: &[sources::SCHEMA, sources::TERRAFORM],
    check,
};

const ENABLED: &str = "platform.enabled";

/// A plan that takes authentication away is told of as that; the file beside an app is switched on by the app's own settings.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let form = configuration.form;
    if configuration.removed {
        return;
    }
    match configuration.at(ENABLED) {
        Property::Absent if form != Form::File => {
            let message = format!("authentication is off: `{}` is left out", form.name_of(ENABLED));
            findings.at(configuration.nearest(ENABLED), message, format!("write {}", form.assign(ENABLED, "true")));
        }
        Property::Is(node) if configuration.at(ENABLED).boolean() == Some(false) => {
            findings.at(node.span, "authentication is switched off", format!("write {}", form.assign(ENABLED, "true")));
        }
        _ => {}
    }
}
