use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-SWAP",
    level: Level::Note,
    title: "slots are swapped with a preview while authentication is on",
    why: "A swap with preview applies production's settings to the slot first and waits. It is not supported while App Service \
          Authentication is on: the swap is refused, or the slot is tried out with settings that it will not have.",
    example: r#"{ "properties": { "platform": { "enabled": true } }, "resources": [{ "type": "Microsoft.Resources/deploymentScripts", "properties": { "scriptContent": "az functionapp deployment slot swap --name orders --slot staging --action preview" } }] }"#,
    fix: "Swap without a preview, and try the slot out at its own address before: greenlight run --target with the slot's address.",
    sources: &["github.com/MicrosoftDocs/azure-docs/issues/10661"],
    check,
};

/// How scripts ask for it.
const PREVIEWS: [&str; 3] = ["--action preview", "swapwithpreviewaction", "applyslotconfig"];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let on = subject.configuration.at("platform.enabled").boolean() == Some(true);
    if !on {
        return;
    }
    for script in &subject.configuration.surroundings.scripts {
        let text = script.text.to_ascii_lowercase();
        if PREVIEWS.iter().any(|preview| text.contains(preview)) {
            let message = "this script swaps slots with a preview, which does not go with authentication";
            findings.at(script.span, message, "swap in one step, after the slot was tried out at its own address");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::command_line("az functionapp deployment slot swap -n orders --slot staging --action preview", true)]
    #[case::powershell("Switch-AzWebAppSlot -Name orders -SwapWithPreviewAction ApplySlotConfig", true)]
    #[case::in_one_step("az functionapp deployment slot swap -n orders --slot staging", false)]
    #[case::something_else("echo preview", false)]
    fn a_preview_is_told(#[case] script: &str, #[case] fires: bool) {
        assert_eq!(Given::baseline(&[]).script(script).fires("L-SWAP"), fires);
        assert!(!Given::baseline(&[("platform.enabled", "false")]).script(script).fires("L-SWAP"));
    }
}
