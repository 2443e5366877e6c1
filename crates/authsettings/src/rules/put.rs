use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::{Configuration, Form};

pub(super) const RULE: Rule = Rule {
    id: "L-PUT",
    level: Level::Warning,
    title: "the settings are written in parts, and each part replaces the whole",
    why: "A PUT of authsettingsV2 replaces the resource; nothing is merged. Where one request sends platform and globalValidation and \
          another sends identityProviders, only the last of them is there afterwards, and the rest has its defaults: authentication off.",
    example: r#"{ "properties": { "platform": { "enabled": true } }, "resources": [{ "type": "Microsoft.Resources/deploymentScripts", "properties": { "scriptContent": "az rest --method put --uri $APP/config/authsettingsV2?api-version=2023-12-01 --body '{\"properties\": {\"identityProviders\": {}}}'" } }] }"#,
    fix: "Send everything in one PUT, or GET the settings, change them, and PUT the whole back.",
    sources: &[
        "Microsoft Learn: Web Apps - Update Auth Settings V2 (REST API)",
        "Microsoft.Web/sites/config authsettingsV2",
    ],
    check,
};

const PARTS: [&str; 3] = ["platform", "globalValidation", "identityProviders"];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let own = subject.configuration;
    let lacks = |configuration: &Configuration, other: &Configuration| {
        PARTS.into_iter().find(|part| configuration.at(part).is_absent() && !other.at(part).is_absent())
    };
    // A condition chooses between two of them; then neither replaces the other.
    let replaces =
        |one: &Configuration| matches!(one.form, Form::Resource | Form::Template) && one.conditional.is_none();
    let counterpart = subject
        .others_of_its_host()
        .filter(|other| replaces(other) && other.span.start > own.span.start)
        .find_map(|other| Some((lacks(own, other)?, lacks(other, own)?)));
    if let Some((missing, given)) = counterpart.filter(|_| replaces(own)) {
        let message =
            format!("`{given}` is written here and `{missing}` apart from it: the later of the two replaces the whole");
        findings.at(own.span, message, "write everything in one");
    }
    for script in own.surroundings.scripts.iter().filter(|script| is_partial(&script.text)) {
        let message = "this script sends a part of the settings, which replaces the whole";
        findings.at(
            script.span,
            message,
            "send everything in one PUT: platform, globalValidation and identityProviders",
        );
    }
}

/// Whether a script puts some parts of the settings and leaves others out.
pub(super) fn is_partial(script: &str) -> bool {
    let text = script.to_ascii_lowercase();
    let parts = PARTS.into_iter().filter(|part| text.contains(&part.to_ascii_lowercase())).count();
    text.contains("authsettingsv2") && text.contains("put") && (1..PARTS.len()).contains(&parts)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use super::is_partial;
    use rstest::rstest;

    #[rstest]
    #[case::part("az rest --method PUT --uri $u/authsettingsV2 --body '{identityProviders: {}}'", true)]
    #[case::whole(
        "az rest --method put --uri $u/authsettingsV2 --body '{platform, globalValidation, identityProviders}'",
        false
    )]
    #[case::from_a_file("az rest --method put --uri $u/authsettingsV2 --body @auth.json", false)]
    #[case::read("az rest --method get --uri $u/authsettingsV2 | jq .identityProviders", false)]
    #[case::something_else("az rest --method put --uri $u/appsettings --body '{identityProviders}'", false)]
    fn a_script_that_sends_a_part_is_told(#[case] script: &str, #[case] fires: bool) {
        assert_eq!(is_partial(script), fires);
        let given = Given::baseline(&[]).script(script);
        assert_eq!((given.fires("L-PUT"), given.fires("L-OUTOFBAND") && fires), (fires, false));
    }

    const HALF: &str =
        r#"{"name": "orders/authsettingsV2", "properties": {"platform": {"enabled": true}, "globalValidation": {}}}"#;
    const OTHER: &str = r#"{"name": "orders/authsettingsV2", "properties": {"identityProviders": {}}}"#;

    #[rstest]
    #[case::halves(HALF, OTHER, true)]
    #[case::one_is_whole(HALF, r#"{"name": "orders/authsettingsV2", "properties": {"platform": {}, "globalValidation": {}, "identityProviders": {}}}"#, false)]
    #[case::same_half(HALF, HALF, false)]
    #[case::another_app(HALF, r#"{"name": "invoices/authsettingsV2", "properties": {"identityProviders": {}}}"#, false)]
    #[case::a_slot(
        HALF,
        r#"{"name": "orders/staging/authsettingsV2", "properties": {"identityProviders": {}}}"#,
        false
    )]
    #[case::chosen_between(
        HALF,
        r#"{"name": "orders/authsettingsV2", "condition": "[x]", "properties": {"identityProviders": {}}}"#,
        false
    )]
    #[case::not_known(HALF, r#"{"name": "orders/authsettingsV2", "properties": "[variables('auth')]"}"#, false)]
    fn two_halves_are_told_once(#[case] one: &str, #[case] other: &str, #[case] fires: bool) {
        let text = format!(
            "{}, \"resources\": [{other}]}}",
            one.trim_end_matches('}').to_owned() + &"}".repeat(one.len() - one.trim_end_matches('}').len() - 1)
        );
        let given = Given::read(&text);
        assert_eq!(given.fired().iter().filter(|rule| **rule == "L-PUT").count(), usize::from(fires), "{text}");
    }
}
