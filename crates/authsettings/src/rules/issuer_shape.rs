use diagnostics::Level;

use super::entra::Entra;
use super::{Findings, Rule, Subject, sources};
use crate::authority::{is_entra, is_guid};

pub(super) const RULE: Rule = Rule {
    id: "L-ISS-SHAPE",
    level: Level::Error,
    title: "the issuer is none of Entra's, or of another tenant",
    why: "The platform looks for metadata below openIdIssuer. Where there is none, no token is valid and all callers get 401; where it is \
          another tenant's, that tenant decides who gets in. The form https://login.microsoftonline.com/v2.0/<tenant>/, which \
          descriptions of the schema and of Terraform's provider show, is no issuer.",
    example: r#"{ "identityProviders": { "azureActiveDirectory": { "registration": {
  "openIdIssuer": "https://login.microsoftonline.com/v2.0/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/"
} } } }"#,
    fix: "Write https://login.microsoftonline.com/<tenant id>/v2.0 for v2 tokens, https://sts.windows.net/<tenant id>/ for v1 tokens.",
    sources: &[sources::ENTRA, sources::CLAIMS, sources::SCHEMA],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(entra) = Entra::of(subject.configuration) else { return };
    let (Some(issuer), Some(span)) = (entra.issuer.text(), entra.issuer.span()) else { return };
    let expected = subject.expected.tenant.as_deref();
    let Some(flaw) = flaw(issuer, expected).filter(|_| !issuer.is_empty()) else { return };
    let tenant = expected.or(issuer.split('/').find(|part| is_tenant_id(part))).unwrap_or("<tenant id>");
    let help = match issuer.split('/').nth(2) {
        Some(host) if is_below(host, B2C) => format!("write `https://{host}/{tenant}/B2C_1_<policy>/v2.0`"),
        _ => format!(
            "write `https://login.microsoftonline.com/{tenant}/v2.0`, or `https://sts.windows.net/{tenant}/` for v1 tokens"
        ),
    };
    findings.at(span, flaw, help);
}

/// Below them are the hosts of Azure AD B2C and of Entra External ID.
const B2C: &str = "b2clogin.com";
const EXTERNAL: &str = "ciamlogin.com";

/// What keeps an issuer from naming the metadata that is meant.
fn flaw(issuer: &str, expected: Option<&str>) -> Option<String> {
    let Some((scheme, rest)) = issuer.split_once("://") else { return Some(format!("`{issuer}` is no URL")) };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    if !scheme.eq_ignore_ascii_case("https") {
        return Some(format!("`{scheme}` is not `https`: whoever is on the way could hand out other keys"));
    }
    if is_below(host, B2C) {
        let names_policy = path.to_ascii_lowercase().contains("b2c_1");
        return (!names_policy).then(|| format!("`{host}` has metadata for each policy, and no policy is named"));
    }
    if !is_below(host, EXTERNAL) && !is_entra(host) {
        return Some(format!("`{host}` is no host of Entra"));
    }
    match segments.as_slice() {
        ["" | "v1.0" | "v2.0"] => Some("no tenant is named".to_owned()),
        parts if parts.contains(&"") => Some("a slash is doubled".to_owned()),
        ["v2.0", ..] => Some("`v2.0` belongs behind the tenant, not before it".to_owned()),
        [tenant] | [tenant, "v2.0"] => of_tenant(tenant, expected),
        [_, rest @ ..] => Some(format!("Entra has no issuer that ends in `/{}`", rest.join("/"))),
        [] => None,
    }
}

/// What is wrong with the tenant. Those that stand for any tenant are another finding.
fn of_tenant(tenant: &str, expected: Option<&str>) -> Option<String> {
    let is_any =
        ["common", "organizations", "consumers", "{tenantid}"].iter().any(|any| tenant.eq_ignore_ascii_case(any));
    let is_domain =
        tenant.contains('.') && tenant.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'));
    if is_any || is_domain {
        return None;
    }
    if !is_tenant_id(tenant) {
        return Some(format!("`{tenant}` is no tenant"));
    }
    let expected = expected.filter(|expected| is_guid(expected) && !expected.eq_ignore_ascii_case(tenant))?;
    Some(format!("`{tenant}` is not the tenant that is meant, `{expected}`"))
}

/// An id of zeros is written where somebody has yet to write the right one.
fn is_tenant_id(text: &str) -> bool {
    is_guid(text) && text.bytes().any(|byte| !matches!(byte, b'0' | b'-'))
}

fn is_below(host: &str, domain: &str) -> bool {
    host.to_ascii_lowercase().strip_suffix(domain).is_some_and(|name| name.ends_with('.'))
}
