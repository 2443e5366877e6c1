use diagnostics::Level;

use super::entra::Entra;
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-ISS-MULTI",
    level: Level::Error,
    title: "tokens of any tenant are accepted",
    why: "common and organizations stand for every tenant there is, consumers for every personal account: anybody in the world can get a \
          token that such an issuer accepts, unless a list of tenants or callers stops it. {tenantid} is what Entra's metadata writes for \
          whatever tenant a token names, and names none.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "registration": {
  "openIdIssuer": "https://login.microsoftonline.com/common/v2.0"
} } } }"#,
    fix: "Write the id of the one tenant in openIdIssuer. Where several are meant, list them in the app setting \
          WEBSITE_AUTH_AAD_ALLOWED_TENANTS, and the callers in allowedApplications.",
    sources: &[sources::ENTRA, sources::APP_SETTINGS],
    check,
};

const TENANTS: &str = "WEBSITE_AUTH_AAD_ALLOWED_TENANTS";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    let (Some(issuer), Some(span)) = (entra.issuer.text(), entra.issuer.span()) else { return };
    let tenant = subject.expected.tenant.as_deref().unwrap_or("<tenant id>");
    let own = format!("write `https://login.microsoftonline.com/{tenant}/v2.0`");
    if issuer.to_ascii_lowercase().contains("{tenantid}") {
        findings.at(span, "`{tenantid}` stands for whatever tenant a token names, and names none", own);
        return;
    }
    let is_limited = entra.names_callers() || !configuration.app_setting(TENANTS).is_empty();
    let Some(authority) = entra.authority().filter(|_| !is_limited) else { return };
    let who = match authority.segment().to_ascii_lowercase().as_str() {
        "common" => "any tenant and of personal accounts",
        "organizations" => "any tenant",
        "consumers" => "any personal account",
        _ => return,
    };
    let help = format!("{own}, or list the tenants in the app setting `{TENANTS}`");
    findings.at(span, format!("tokens of {who} are accepted, and nothing says whose are meant"), help);
}
