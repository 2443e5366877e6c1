use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-TF-REMOVED",
    level: Level::Error,
    title: "the plan takes authentication away",
    why: "Deleting the block auth_settings_v2 does not leave the app as it is: the provider then sends settings that switch authentication \
          off, and with the next apply every request reaches the function.",
    example: r#"{ "change": { "before": { "auth_settings_v2": [{ "auth_enabled": true }] }, "after": { "auth_settings_v2": [] } } }"#,
    fix: "Put the block auth_settings_v2 back before you apply.",
    sources: &[
        "Terraform provider azurerm, internal/services/appservice/helpers/auth_v2_schema.go, DefaultAuthV2SettingsProperties",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    if configuration.removed {
        let name = if configuration.name.is_empty() { "the app" } else { configuration.name.as_str() };
        let message = format!("authentication of {name} is on now and will be switched off");
        findings.at(configuration.span, message, "put the block `auth_settings_v2` back");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::Form;

    #[test]
    fn what_a_plan_takes_away_is_told() {
        let given = Given::baseline(&[]).form(Form::Terraform);
        assert!(!given.fires("L-TF-REMOVED"));
        let told =
            given.with(|one| (one.removed, one.name) = (true, "module.orders.this".to_owned())).told("L-TF-REMOVED");
        assert!(told.contains("module.orders.this"), "{told}");
    }
}
