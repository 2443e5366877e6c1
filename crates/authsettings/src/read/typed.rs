//! The tree of authsettingsV2 as typed settings, as far as they change how a request is answered.

use std::fmt::Write as _;

use diagnostics::{Diagnostic, Node, Problems, Span, Value};

use crate::members::Members;
use crate::{
    Action, AppSettings, AuthorizationPolicy, ClaimChecks, Configuration, Entra, Form, GlobalValidation, HttpSettings,
    Knobs, Settings,
};

impl Configuration {
    /// The configuration as typed settings, with the app settings that the file has beside it, and what is wrong with it. There are
    /// no settings where anything is an error; what the platform would pass over in silence is a warning, and so is what the file
    /// does not say: it is read as left out, and [`Configuration::unknowns`] names it. Knobs keep their defaults.
    pub fn settings(&self) -> (Option<Settings>, Vec<Diagnostic>) {
        let problems = Problems::new(&self.source);
        if self.properties.value == Value::Unknown {
            let message = "the file does not say what these settings are";
            problems.push(
                Diagnostic::warning(&self.source, self.properties.span, message)
                    .help("hand in the deployed settings; they are read as left out"),
            );
        }
        let mut settings = settings(&problems, &self.properties, self.form);
        if let Some(settings) = &mut settings {
            settings.app = app_settings(self);
        }
        let settings = settings.filter(|_| !problems.any_error());
        (settings, problems.into_vec())
    }

    /// The paths of what the file does not say, such as `globalValidation.excludedPaths` or `properties` for the whole, with their
    /// places; among app settings only those that change how a request is answered.
    pub fn unknowns(&self) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        unknowns(&self.properties, &mut String::new(), &mut found);
        // A secret of V1 is kept from sight, not unknown to who deploys it, and changes no answer.
        found.retain(|(path, _)| !self.form.is_v1() || !path.ends_with(".clientSecret"));
        for (key, node) in &self.app_settings {
            if node.value == Value::Unknown && AppSettings::NAMES.contains(&key.text.as_str()) {
                found.push((key.text.clone(), node.span));
            }
        }
        found
    }
}

/// `path` is where the node stands; it is written on for what is inside, and left as it was.
fn unknowns(node: &Node, path: &mut String, found: &mut Vec<(String, Span)>) {
    let end = path.len();
    match &node.value {
        Value::Unknown if path.is_empty() => found.push(("properties".to_owned(), node.span)),
        Value::Unknown => found.push((path.clone(), node.span)),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                // Nobody needs to know where a text stands that is there.
                if !matches!(item.value, Value::Text(_)) {
                    let _ = write!(path, "[{at}]");
                    unknowns(item, path, found);
                    path.truncate(end);
                }
            }
        }
        Value::Map(entries) => {
            for (key, inner) in entries {
                if end > 0 {
                    path.push('.');
                }
                path.push_str(&key.text);
                unknowns(inner, path, found);
                path.truncate(end);
            }
        }
        _ => {}
    }
}

/// Only those of which the value is known: the last one of a name counts, as it does where they are set.
fn app_settings(configuration: &Configuration) -> AppSettings {
    let pairs = configuration.app_settings.iter().filter_map(|(key, node)| match &node.value {
        Value::Text(text) => Some((key.text.as_str(), text.as_str())),
        Value::Bool(true) => Some((key.text.as_str(), "true")),
        Value::Bool(false) => Some((key.text.as_str(), "false")),
        _ => None,
    });
    AppSettings::from_pairs(pairs)
}

fn settings(problems: &Problems, node: &Node, form: Form) -> Option<Settings> {
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
        entra: members.object("identityProviders").and_then(|members| providers(members, form)),
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

fn providers(members: Members<'_>, form: Form) -> Option<Entra> {
    // Only a file spells the map of providers in this way.
    if form == Form::File {
        members.irrelevant(&["openIdConnectProviders"]);
    }
    members.irrelevant(&[
        "apple",
        "azureStaticWebApps",
        "customOpenIdConnectProviders",
        "facebook",
        "gitHub",
        "google",
        "legacyMicrosoftAccount",
        "twitter",
    ]);
    let entra = members.object("azureActiveDirectory").and_then(|members| entra(members, form));
    members.finish();
    entra
}

/// A provider is on unless it says that it is off.
fn entra(members: Members<'_>, form: Form) -> Option<Entra> {
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
        if form.is_v1() {
            registration.irrelevant(&["clientSecret"]);
        }
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
