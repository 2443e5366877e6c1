//! Reads authsettingsV2 from the JSON in which people keep it.

use std::sync::Arc;

use diagnostics::{Diagnostic, Node, Problems, Source, Value, parse};

use crate::members::Members;
use crate::{
    Action, AppSettings, AuthorizationPolicy, ClaimChecks, Entra, GlobalValidation, HttpSettings, Knobs, Settings,
};

/// Reads settings and says what is wrong with them. There are no settings where anything is an error; what the platform
/// would pass over in silence is a warning.
///
/// Understood are an ARM resource (`{id, name, properties}`), the body of a PUT (`{properties}`), a list with one resource of
/// that name in it, a template or module parameter with such a list under `resources` or `configs`, the bare properties, and a
/// file-based configuration, which is the same tree without a wrapper. App settings and knobs keep their defaults.
pub fn read(source: &Arc<Source>) -> (Option<Settings>, Vec<Diagnostic>) {
    let root = match parse(source) {
        Ok(root) => root,
        Err(diagnostic) => return (None, vec![diagnostic]),
    };
    let problems = Problems::new(source);
    let settings = properties(&problems, &root).and_then(|node| settings(&problems, node));
    let settings = settings.filter(|_| !problems.any_error());
    (settings, problems.into_vec())
}

/// Finds the properties inside whatever wraps them.
fn properties<'a>(problems: &Problems, node: &'a Node) -> Option<&'a Node> {
    match &node.value {
        Value::List(items) => {
            let named: Vec<&Node> = items.iter().filter(|item| is_authsettings_v2(item)).collect();
            match (named.as_slice(), items.as_slice()) {
                ([one], _) => properties(problems, one),
                ([], [one]) => properties(problems, one),
                _ => {
                    let message =
                        format!("{} of the list's {} members are named authsettingsV2", named.len(), items.len());
                    problems.error(node.span, message, "hand in the one resource that is meant");
                    None
                }
            }
        }
        Value::Map(_) if is_v1(node) => {
            let help = "run `az rest` with a GET of .../config/authsettingsV2, or `az webapp auth show` with the extension authV2";
            problems.error(node.span, "these are V1 settings (authsettings); authsettingsV2 is needed", help);
            None
        }
        Value::Map(_) => match ["properties", "resources", "configs"].iter().find_map(|name| member(node, name)) {
            Some(list @ Node { value: Value::List(_), .. }) => properties(problems, list),
            Some(inner) => Some(inner),
            None => Some(node),
        },
        _ => {
            problems.mismatch(node, "an object", "hand in the JSON of authsettingsV2");
            None
        }
    }
}

fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name)).map(|(_, node)| node)
}

/// The name of the resource has many forms: `authsettingsV2`, `site/authsettingsV2`, an expression that ends in it.
fn is_authsettings_v2(node: &Node) -> bool {
    let Some(Node { value: Value::Text(name), .. }) = member(node, "name") else { return false };
    let last = name.rsplit(['/', ',']).next().unwrap_or(name).trim_matches(['\'', '"', ' ', ')', ']']);
    last.eq_ignore_ascii_case("authsettingsV2")
}

/// V1 settings are flat; the older command line shows them even of an app that has V2.
fn is_v1(node: &Node) -> bool {
    let named = ["name", "id"].into_iter().filter_map(|name| member(node, name)).any(|node| {
        matches!(&node.value, Value::Text(text) if text.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("authsettings")))
    });
    named
        || ["unauthenticatedClientAction", "configVersion", "tokenStoreEnabled"]
            .iter()
            .any(|name| member(node, name).is_some())
}

fn settings(problems: &Problems, node: &Node) -> Option<Settings> {
    let members = Members::of(problems, node)?;
    let enabled = members.object("platform").is_some_and(|platform| {
        platform.irrelevant(&["runtimeVersion", "configFilePath"]);
        let enabled = platform.boolean("enabled").unwrap_or_default();
        platform.finish();
        enabled
    });
    let settings = Settings {
        enabled,
        validation: members.object("globalValidation").map(validation).unwrap_or_default(),
        http: members.object("httpSettings").map(http).unwrap_or_default(),
        entra: members.object("identityProviders").and_then(providers),
        clear_inbound_claims_mapping: clear_inbound_claims_mapping(problems, &members),
        app: AppSettings::default(),
        knobs: Knobs::default(),
    };
    if let Some(sessions) = members.object("login") {
        login(sessions);
    }
    members.finish();
    Some(settings)
}

/// The platform itself writes this switch as text.
fn clear_inbound_claims_mapping(problems: &Problems, members: &Members<'_>) -> bool {
    let Some(node) = members.get("clearInboundClaimsMapping") else { return false };
    match &node.value {
        Value::Text(text) if text.eq_ignore_ascii_case("true") => true,
        Value::Text(text) if text.eq_ignore_ascii_case("false") => false,
        _ => problems.boolean(node).unwrap_or_default(),
    }
}

fn validation(members: Members<'_>) -> GlobalValidation {
    let validation = GlobalValidation {
        require_authentication: members.boolean("requireAuthentication").unwrap_or_default(),
        action: members.word("unauthenticatedClientAction", ACTIONS).unwrap_or_default(),
        redirect_to_provider: members.text("redirectToProvider").filter(|provider| !provider.is_empty()),
        excluded_paths: members.texts("excludedPaths").unwrap_or_default(),
    };
    members.finish();
    validation
}

const ACTIONS: &[(&str, Action)] = &[
    ("RedirectToLoginPage", Action::RedirectToLoginPage),
    ("AllowAnonymous", Action::AllowAnonymous),
    ("Return401", Action::Return401),
    ("Return403", Action::Return403),
];

fn http(members: Members<'_>) -> HttpSettings {
    let default = HttpSettings::default();
    let require_https = members.boolean("requireHttps").unwrap_or(default.require_https);
    let api_prefix = members.object("routes").and_then(|routes| {
        let prefix = routes.text("apiPrefix");
        routes.finish();
        prefix
    });
    if let Some(proxy) = members.object("forwardProxy") {
        proxy.word("convention", &[("NoProxy", ()), ("Standard", ()), ("Custom", ())]);
        proxy.text("customHostHeaderName");
        proxy.text("customProtoHeaderName");
        proxy.finish();
    }
    members.finish();
    let api_prefix =
        api_prefix.map(|prefix| prefix.trim_end_matches('/').to_owned()).filter(|prefix| !prefix.is_empty());
    HttpSettings { require_https, api_prefix: api_prefix.unwrap_or(default.api_prefix) }
}

fn providers(members: Members<'_>) -> Option<Entra> {
    members.irrelevant(&[
        "apple",
        "azureStaticWebApps",
        "customOpenIdConnectProviders",
        "openIdConnectProviders",
        "facebook",
        "gitHub",
        "google",
        "legacyMicrosoftAccount",
        "twitter",
    ]);
    let entra = members.object("azureActiveDirectory").and_then(entra);
    members.finish();
    entra
}

/// A provider is on unless it says that it is off.
fn entra(members: Members<'_>) -> Option<Entra> {
    let mut entra = Entra::default();
    let enabled = members.boolean("enabled").unwrap_or(true);
    members.boolean("isAutoProvisioned");
    if let Some(registration) = members.object("registration") {
        entra.issuer = registration.text("openIdIssuer").filter(|issuer| !issuer.is_empty());
        entra.client_id = registration.text("clientId").filter(|id| !id.is_empty());
        registration.irrelevant(&[
            "clientSecretSettingName",
            "clientSecretCertificateThumbprint",
            "clientSecretCertificateSubjectAlternativeName",
            "clientSecretCertificateIssuer",
        ]);
        registration.finish();
    }
    if let Some(login) = members.object("login") {
        entra.disable_www_authenticate = login.boolean("disableWWWAuthenticate").unwrap_or_default();
        login.texts("loginParameters");
        login.finish();
    }
    if let Some(validation) = members.object("validation") {
        entra.allowed_audiences = validation.texts("allowedAudiences").unwrap_or_default();
        entra.claim_checks = validation.object("jwtClaimChecks").map(claim_checks).unwrap_or_default();
        entra.policy = validation.object("defaultAuthorizationPolicy").map(policy);
        validation.finish();
    }
    members.finish();
    enabled.then_some(entra)
}

fn claim_checks(members: Members<'_>) -> ClaimChecks {
    let checks = ClaimChecks {
        groups: members.texts("allowedGroups").unwrap_or_default(),
        client_applications: members.texts("allowedClientApplications").unwrap_or_default(),
    };
    members.finish();
    checks
}

fn policy(members: Members<'_>) -> AuthorizationPolicy {
    let mut policy = AuthorizationPolicy { applications: members.texts("allowedApplications"), ..Default::default() };
    if let Some(principals) = members.object("allowedPrincipals") {
        policy.identities = principals.texts("identities").unwrap_or_default();
        policy.groups = principals.texts("groups").unwrap_or_default();
        principals.finish();
    }
    members.finish();
    policy
}

/// Sessions of browsers: nothing here changes how a bearer token is answered, so only names and types are looked at.
fn login(members: Members<'_>) {
    members.texts("allowedExternalRedirectUrls");
    members.boolean("preserveUrlFragmentsForLogins");
    if let Some(store) = members.object("tokenStore") {
        store.boolean("enabled");
        store.irrelevant(&["tokenRefreshExtensionHours", "fileSystem", "azureBlobStorage"]);
        store.finish();
    }
    if let Some(nonce) = members.object("nonce") {
        nonce.boolean("validateNonce");
        nonce.irrelevant(&["nonceExpirationInterval"]);
        nonce.finish();
    }
    members.irrelevant(&["routes", "cookieExpiration"]);
    members.finish();
}

#[cfg(test)]
mod tests;
