use diagnostics::Level;

use super::{Findings, Rule, Subject, sources};
use crate::AppSettings;

pub(super) const RULE: Rule = Rule {
    id: "L-ENV-OFF",
    level: Level::Error,
    title: "an app setting decides whether authentication is on",
    why: "On Linux Consumption the app setting WEBSITE_AUTH_ENABLED wins over the auth configuration. With false the app is open while \
          the configuration, the portal and every scanner say that it is protected; with true, switching it off has no effect.",
    example: r#"{
  "properties": { "platform": { "enabled": true } },
  "appSettings": { "WEBSITE_AUTH_ENABLED": "false" }
}"#,
    fix: "Remove the app setting WEBSITE_AUTH_ENABLED and let platform.enabled decide.",
    sources: &["https://github.com/Azure/azure-functions-host, HostAssignmentContext.cs", sources::APP_SETTINGS],
    check,
};

const NAME: &str = "WEBSITE_AUTH_ENABLED";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let setting = subject.configuration.app_setting(NAME);
    let Some(span) = setting.span() else { return };
    let value = setting.text().map(str::to_owned).or(setting.boolean().map(|value| value.to_string()));
    let switch = value.and_then(|value| AppSettings::from_pairs([(NAME, value.as_str())]).auth_enabled);
    let message = match switch {
        Some(false) => {
            format!("`{NAME}` switches authentication off on Linux Consumption, whatever the auth configuration says")
        }
        _ => format!("`{NAME}` decides on Linux Consumption whether authentication is on, not the auth configuration"),
    };
    findings.at(
        span,
        message,
        format!(
            "remove the app setting; {} decides then",
            subject.configuration.form.assign("platform.enabled", "true")
        ),
    );
}
