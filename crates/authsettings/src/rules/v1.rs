use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::Form;

pub(super) const RULE: Rule = Rule {
    id: "L-V1",
    level: Level::Warning,
    title: "these are V1 settings",
    why: "V1 cannot refuse with 401 and has no list of callers, and what it shows of an app that has V2 may be wrong, down to whether \
          authentication is on. Once an app has V2, writing V1 fails with error 04534.",
    example: r#"{ "name": "authsettings", "properties": { "enabled": true, "unauthenticatedClientAction": "RedirectToLoginPage" } }"#,
    fix: "Write authsettingsV2 (Terraform: auth_settings_v2). To see what an app has, use az rest with a GET of .../config/authsettingsV2, or \
          az webapp auth show with the extension authV2.",
    sources: &[
        "Microsoft Learn: Manage the API and runtime versions of App Service authentication",
        "github.com/Azure/azure-cli/issues/17837",
        "github.com/hashicorp/terraform-provider-azurerm/issues/12928",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    if !configuration.form.is_v1() {
        return;
    }
    let beside = subject.others_of_its_host().any(|other| !other.form.is_v1());
    let message = if beside {
        "V1 settings beside V2 settings of the same app: writing them fails once V2 is there"
    } else {
        "these are V1 settings, which cannot say who gets in"
    };
    let help = match configuration.form {
        Form::TerraformV1 if beside => "take the block `auth_settings` out",
        Form::TerraformV1 => "write the block `auth_settings_v2` instead",
        _ if beside => "take the V1 settings out",
        _ => "hand in what a GET of `.../config/authsettingsV2` answers, and write that from now on",
    };
    findings.at(configuration.span, message, help);
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::Form;
    use rstest::rstest;

    #[rstest]
    #[case::resource(Form::V1, Some("`.../config/authsettingsV2`"))]
    #[case::terraform(Form::TerraformV1, Some("`auth_settings_v2`"))]
    #[case::v2(Form::Resource, None)]
    #[case::terraform_v2(Form::Terraform, None)]
    fn old_settings_are_told(#[case] form: Form, #[case] told: Option<&str>) {
        let given = Given::baseline(&[]).form(form);
        match told {
            Some(words) => {
                assert!(given.told("L-V1").contains(words), "{}", given.told("L-V1"));
            }
            None => assert!(!given.fires("L-V1")),
        }
    }
}
