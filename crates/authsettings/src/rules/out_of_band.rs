use diagnostics::Level;

use super::{Findings, Rule, Subject, put};

pub(super) const RULE: Rule = Rule {
    id: "L-OUTOFBAND",
    level: Level::Note,
    title: "a script changes the settings after the deployment",
    why: "What a script adds behind the deployment's back, such as a caller on the allow-list, is gone with the next deployment, and nobody \
          who reads the template or the plan sees that it was there.",
    example: r#"{ "properties": { "platform": { "enabled": true } }, "resources": [{ "type": "Microsoft.Resources/deploymentScripts", "properties": { "scriptContent": "az webapp auth microsoft update --name orders --allowed-audiences api://orders" } }] }"#,
    fix: "Write the change into the template or the module, and take the script out.",
    sources: &["Microsoft.Web/sites/config authsettingsV2", "Microsoft Learn: az webapp auth"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let scripts = &subject.configuration.surroundings.scripts;
    for script in scripts.iter().filter(|script| changes(&script.text) && !put::is_partial(&script.text)) {
        let message = "this script changes the auth settings, and the next deployment takes its change back";
        findings.at(script.span, message, "write the change where the settings are declared");
    }
}

/// Whether a script writes auth settings, by REST or by the command line.
fn changes(script: &str) -> bool {
    let text = script.to_ascii_lowercase();
    let by_rest = text.contains("authsettingsv2") && ["put", "patch"].iter().any(|method| text.contains(method));
    let commands = text.split("az webapp auth ").skip(1);
    by_rest || commands.map(str::trim_start).any(|command| !command.starts_with("show") && !command.contains(" show"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::patch("az rest --method patch --uri $u/authsettingsV2 --body @allow.json", true)]
    #[case::command_line("az  webapp show; az webapp auth microsoft update -n orders --allowed-audiences x", true)]
    #[case::powershell("Invoke-AzRestMethod -Method PUT -Path $p/config/authsettingsV2 -Payload $all", true)]
    #[case::read("az webapp auth show -n orders", false)]
    #[case::read_one("az webapp auth microsoft show -n orders", false)]
    #[case::get("az rest --method get --uri $u/authsettingsV2", false)]
    #[case::something_else("az functionapp config appsettings set -n orders", false)]
    fn a_change_behind_the_deployment_is_told(#[case] script: &str, #[case] fires: bool) {
        assert_eq!(Given::baseline(&[]).script(script).fires("L-OUTOFBAND"), fires);
    }
}
