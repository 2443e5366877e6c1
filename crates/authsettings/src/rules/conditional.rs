use diagnostics::{Level, Span};

use super::{Findings, Rule, Subject};
use crate::Form;

pub(super) const RULE: Rule = Rule {
    id: "L-TF-COND",
    level: Level::Warning,
    title: "authentication is there only under a condition",
    why: "Where the auth settings hang on a parameter (count or a dynamic block in Terraform, if (...) in Bicep), an empty value leaves them \
          out without a word, and the app is deployed open. It is not seen in the deployment that goes wrong but in the answers.",
    example: r#"{ "name": "orders/authsettingsV2", "condition": "[not(empty(parameters('clientId')))]", "properties": { "platform": { "enabled": true } } }"#,
    fix: "Write the settings unconditionally and let a missing value fail the deployment: a parameter without default, a validation or a \
          precondition. Where some environments are meant to be open, say so by a parameter of its own.",
    sources: &[
        "Microsoft Learn: Conditional deployments in Bicep with the if expression",
        "developer.hashicorp.com/terraform/language/expressions/dynamic-blocks",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(condition) = configuration.conditional else { return };
    // What is not there need not be there under a condition, and an app that has the same condition is never there without its settings.
    let written = |span: Span| configuration.source.text.get(span.start..span.end);
    let of_app = configuration.surroundings.condition;
    if configuration.at("platform").is_absent() || of_app.is_some_and(|of_app| written(of_app) == written(condition)) {
        return;
    }
    let help = match configuration.form {
        Form::Terraform | Form::TerraformV1 | Form::Azapi => {
            "write the block without `dynamic` and `count`, and validate its variables"
        }
        _ => "take the condition out, and give its parameter no default",
    };
    findings.at(condition, "where this condition does not hold the app is deployed without authentication", help);
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::alone(r#"{"condition": "[c]", "properties": {"platform": {"enabled": true}}}"#, true)]
    #[case::always(r#"{"properties": {"platform": {"enabled": true}}}"#, false)]
    #[case::as_the_app(
        r#"{"name": "orders/authsettingsV2", "condition": "[c]", "properties": {"platform": {}},
            "resources": [{"type": "Microsoft.Web/sites", "name": "orders", "condition": "[c]", "properties": {}}]}"#,
        false
    )]
    #[case::unlike_the_app(
        r#"{"name": "orders/authsettingsV2", "condition": "[c]", "properties": {"platform": {}},
            "resources": [{"type": "Microsoft.Web/sites", "name": "orders", "condition": "[d]", "properties": {}}]}"#,
        true
    )]
    #[case::nothing_there(r#"{"condition": "[c]", "properties": {}}"#, false)]
    fn settings_under_a_condition_are_told(#[case] text: &str, #[case] fires: bool) {
        assert_eq!(Given::read(text).fires("L-TF-COND"), fires);
    }
}
