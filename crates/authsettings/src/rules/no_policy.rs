use diagnostics::Level;

use super::entra::Entra;
use super::words::APPLICATIONS;
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-NO-POLICY",
    level: Level::Warning,
    title: "nothing says who may call",
    why: "Without a list any application of the tenant that can get a token for this API is let in, and any that is compromised. On some \
          plans the platform was seen to do the opposite and to refuse everybody with 403. Neither is what one wants.",
    example: r#"{
  "platform": { "enabled": true },
  "identityProviders": { "azureActiveDirectory": { "registration": {
    "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41",
    "openIdIssuer": "https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0"
  } } }
}"#,
    fix: "List the client ids of the callers in validation.defaultAuthorizationPolicy.allowedApplications (Terraform: \
          allowed_applications).",
    sources: &[sources::ENTRA, sources::MEASURED],
    check,
};

/// An empty list that is written out is another finding.
fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let Some(entra) = Entra::of(configuration) else { return };
    if entra.names_callers() || !entra.applications.is_absent() {
        return;
    }
    let help = format!("write the callers' client ids: {}", configuration.form.assign(APPLICATIONS, "[\"...\"]"));
    findings.at(
        configuration.nearest(APPLICATIONS),
        "nothing says who may call: any application of the tenant, or nobody",
        help,
    );
}
