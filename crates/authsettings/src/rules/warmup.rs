use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-WARMUP",
    level: Level::Warning,
    title: "the warm-up path may answer without a token",
    why: "App Service Authentication never refuses a request to the path that the app setting WEBSITE_WARMUP_PATH names, so that an \
          instance can be warmed up before it takes traffic. Whether that still holds everywhere is not documented, so whatever the \
          function says there must be fit for everybody's eyes.",
    example: r#"{ "properties": { "platform": { "enabled": true } }, "appSettings": { "WEBSITE_WARMUP_PATH": "/api/health" } }"#,
    fix: "Warm up with WEBSITE_SWAP_WARMUP_PING_PATH and let 401 count as warm (WEBSITE_SWAP_WARMUP_PING_STATUSES), or name the path in \
          globalValidation.excludedPaths (Terraform: excluded_paths), where everybody sees that it is open.",
    sources: &[
        "cgillum/easyauth wiki: WEBSITE_WARMUP_PATH",
        "Terraform provider azurerm, linux_function_app, auth_settings_v2.excluded_paths",
        "Microsoft Learn: Environment variables and app settings in Azure App Service",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let path = configuration.app_setting("WEBSITE_WARMUP_PATH");
    let (Some(text), Some(span)) = (path.text(), path.span()) else { return };
    let enabled = configuration.at("platform.enabled");
    let action = configuration.at("globalValidation.unauthenticatedClientAction");
    let mut excluded = configuration.at("globalValidation.excludedPaths").texts();
    let open = enabled.is_absent()
        || enabled.boolean() == Some(false)
        || action.text().is_some_and(|action| action.eq_ignore_ascii_case("AllowAnonymous"))
        || excluded.any(|(excluded, _)| excluded.eq_ignore_ascii_case(text));
    if !open && !text.is_empty() {
        let help =
            "warm up with `WEBSITE_SWAP_WARMUP_PING_PATH`, or be sure that this path tells nothing and changes nothing";
        findings.at(span, format!("`{text}` may answer without a token: it is the warm-up path"), help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    const PATH: (&str, &str) = ("appSettings", r#"{"WEBSITE_WARMUP_PATH": "/api/health"}"#);

    #[test]
    fn a_warm_up_path_is_told() {
        assert!(Given::baseline(&[PATH]).fires("L-WARMUP"));
    }

    #[rstest]
    #[case::everything_is_open("globalValidation.unauthenticatedClientAction", r#""allowanonymous""#)]
    #[case::it_is_off("platform.enabled", "false")]
    #[case::nothing_says_that_it_is_on("platform.enabled", "")]
    #[case::excluded_anyway("globalValidation.excludedPaths", r#"["/API/health"]"#)]
    #[case::no_path("appSettings", r#"{"WEBSITE_WARMUP_PATH": ""}"#)]
    #[case::not_known("appSettings", r#"{"WEBSITE_WARMUP_PATH": "[parameters('path')]"}"#)]
    #[case::null("appSettings", r#"{"WEBSITE_WARMUP_PATH": null}"#)]
    #[case::the_ping("appSettings", r#"{"WEBSITE_SWAP_WARMUP_PING_PATH": "/api/health"}"#)]
    #[case::another_case("appSettings", r#"{"website_warmup_path": "/api/health"}"#)]
    fn what_opens_nothing_is_passed_over(#[case] path: &str, #[case] value: &str) {
        assert!(!Given::baseline(&[PATH, (path, value)]).fires("L-WARMUP"));
    }
}
