//! Every property of authsettingsV2 that is known, with its type.
//!
//! Source: Microsoft.Web/sites/config authsettingsV2, API version 2025-03-01.

use std::sync::LazyLock;

use diagnostics::{Key, Node, Value};

use crate::{Configuration, Form, Property};

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// True or false.
    Boolean,
    /// True or false, also as text: the platform itself writes it so.
    Switch,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// One of some words, whatever their case.
    Word(&'static [&'static str]),
}

/// A property: its path, in which `*` is a name of the user's own, and what it holds.
pub(crate) type Known = (&'static str, Kind);

const ACTIONS: Kind = Kind::Word(&["RedirectToLoginPage", "AllowAnonymous", "Return401", "Return403"]);
const PROXIES: Kind = Kind::Word(&["NoProxy", "Standard", "Custom"]);
/// The last is what the page on file-based configuration says.
const COOKIES: Kind = Kind::Word(&["FixedTime", "IdentityProviderDerived", "IdentityDerived"]);

/// All of them; objects are what stands before a dot.
#[rustfmt::skip]
pub(crate) const PROPERTIES: &[Known] = &[
    ("platform.enabled", Kind::Boolean),
    ("platform.runtimeVersion", Kind::Text),
    ("platform.configFilePath", Kind::Text),
    ("globalValidation.requireAuthentication", Kind::Boolean),
    ("globalValidation.unauthenticatedClientAction", ACTIONS),
    ("globalValidation.redirectToProvider", Kind::Text),
    ("globalValidation.excludedPaths", Kind::Texts),
    ("httpSettings.requireHttps", Kind::Boolean),
    ("httpSettings.routes.apiPrefix", Kind::Text),
    ("httpSettings.forwardProxy.convention", PROXIES),
    ("httpSettings.forwardProxy.customHostHeaderName", Kind::Text),
    ("httpSettings.forwardProxy.customProtoHeaderName", Kind::Text),
    ("identityProviders.azureActiveDirectory.enabled", Kind::Boolean),
    ("identityProviders.azureActiveDirectory.isAutoProvisioned", Kind::Boolean),
    ("identityProviders.azureActiveDirectory.registration.openIdIssuer", Kind::Text),
    ("identityProviders.azureActiveDirectory.registration.clientId", Kind::Text),
    ("identityProviders.azureActiveDirectory.registration.clientSecretSettingName", Kind::Text),
    ("identityProviders.azureActiveDirectory.registration.clientSecretCertificateThumbprint", Kind::Text),
    ("identityProviders.azureActiveDirectory.registration.clientSecretCertificateSubjectAlternativeName", Kind::Text),
    ("identityProviders.azureActiveDirectory.registration.clientSecretCertificateIssuer", Kind::Text),
    ("identityProviders.azureActiveDirectory.login.disableWWWAuthenticate", Kind::Boolean),
    ("identityProviders.azureActiveDirectory.login.loginParameters", Kind::Texts),
    ("identityProviders.azureActiveDirectory.validation.allowedAudiences", Kind::Texts),
    ("identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedGroups", Kind::Texts),
    ("identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedClientApplications", Kind::Texts),
    ("identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.groups", Kind::Texts),
    ("identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.identities", Kind::Texts),
    ("identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications", Kind::Texts),
    ("identityProviders.apple.enabled", Kind::Boolean),
    ("identityProviders.apple.login.scopes", Kind::Texts),
    ("identityProviders.apple.registration.clientId", Kind::Text),
    ("identityProviders.apple.registration.clientSecretSettingName", Kind::Text),
    ("identityProviders.azureStaticWebApps.enabled", Kind::Boolean),
    ("identityProviders.azureStaticWebApps.registration.clientId", Kind::Text),
    ("identityProviders.facebook.enabled", Kind::Boolean),
    ("identityProviders.facebook.graphApiVersion", Kind::Text),
    ("identityProviders.facebook.login.scopes", Kind::Texts),
    ("identityProviders.facebook.registration.appId", Kind::Text),
    ("identityProviders.facebook.registration.appSecretSettingName", Kind::Text),
    ("identityProviders.gitHub.enabled", Kind::Boolean),
    ("identityProviders.gitHub.login.scopes", Kind::Texts),
    ("identityProviders.gitHub.registration.clientId", Kind::Text),
    ("identityProviders.gitHub.registration.clientSecretSettingName", Kind::Text),
    ("identityProviders.google.enabled", Kind::Boolean),
    ("identityProviders.google.login.scopes", Kind::Texts),
    ("identityProviders.google.registration.clientId", Kind::Text),
    ("identityProviders.google.registration.clientSecretSettingName", Kind::Text),
    ("identityProviders.google.validation.allowedAudiences", Kind::Texts),
    ("identityProviders.legacyMicrosoftAccount.enabled", Kind::Boolean),
    ("identityProviders.legacyMicrosoftAccount.login.scopes", Kind::Texts),
    ("identityProviders.legacyMicrosoftAccount.registration.clientId", Kind::Text),
    ("identityProviders.legacyMicrosoftAccount.registration.clientSecretSettingName", Kind::Text),
    ("identityProviders.legacyMicrosoftAccount.validation.allowedAudiences", Kind::Texts),
    ("identityProviders.twitter.enabled", Kind::Boolean),
    ("identityProviders.twitter.registration.consumerKey", Kind::Text),
    ("identityProviders.twitter.registration.consumerSecretSettingName", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.enabled", Kind::Boolean),
    ("identityProviders.customOpenIdConnectProviders.*.registration.clientId", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.clientCredential.method", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.clientCredential.clientSecretSettingName", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.openIdConnectConfiguration.authorizationEndpoint", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.openIdConnectConfiguration.tokenEndpoint", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.openIdConnectConfiguration.issuer", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.openIdConnectConfiguration.certificationUri", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.registration.openIdConnectConfiguration.wellKnownOpenIdConfiguration", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.login.nameClaimType", Kind::Text),
    ("identityProviders.customOpenIdConnectProviders.*.login.scopes", Kind::Texts),
    ("identityProviders.customOpenIdConnectProviders.*.login.loginParameterNames", Kind::Texts),
    ("login.routes.logoutEndpoint", Kind::Text),
    ("login.tokenStore.enabled", Kind::Boolean),
    ("login.tokenStore.tokenRefreshExtensionHours", Kind::Number),
    ("login.tokenStore.fileSystem.directory", Kind::Text),
    ("login.tokenStore.azureBlobStorage.sasUrlSettingName", Kind::Text),
    ("login.preserveUrlFragmentsForLogins", Kind::Boolean),
    ("login.allowedExternalRedirectUrls", Kind::Texts),
    ("login.cookieExpiration.convention", COOKIES),
    ("login.cookieExpiration.timeToExpiration", Kind::Text),
    ("login.nonce.validateNonce", Kind::Boolean),
    ("login.nonce.nonceExpirationInterval", Kind::Text),
    ("clearInboundClaimsMapping", Kind::Switch),
];

/// What the map of a user's own providers is called in a file-based configuration.
pub(crate) const PROVIDERS_IN_A_FILE: &str = "openIdConnectProviders";

impl Kind {
    /// What must be written, in words; none where a value is right, or not known.
    pub(crate) fn wanted(self, node: &Node) -> Option<&'static str> {
        let right = match (self, &node.value) {
            (_, Value::Null | Value::Unknown)
            | (Self::Boolean | Self::Switch, Value::Bool(_))
            | (Self::Number, Value::Integer(_) | Value::Number(_))
            | (Self::Text, Value::Text(_))
            | (Self::Texts, Value::List(_)) => true,
            (Self::Switch, Value::Text(text)) => ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)),
            // The page on file-based configuration has it in quotes.
            (Self::Number, Value::Text(text)) => text.parse::<f64>().is_ok(),
            (Self::Word(words), Value::Text(text)) => words.iter().any(|word| text.eq_ignore_ascii_case(word)),
            _ => false,
        };
        (!right).then_some(match self {
            Self::Boolean | Self::Switch => "true or false",
            Self::Number => "a number",
            Self::Text | Self::Word(_) => "text",
            Self::Texts => "a list of texts",
        })
    }
}

/// Something in a configuration that is not as this table says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Flaw<'a> {
    /// No property of that name is known below the path.
    Unknown { below: String, key: &'a Key },
    /// A value of the wrong type: what was wanted.
    Wrong { path: String, node: &'a Node, wanted: &'static str },
    /// A text that is none of those that the property may hold.
    Word { path: String, text: &'a str, node: &'a Node, words: &'static [&'static str] },
}

/// Everything that is not as the table says. What was translated from another form has been looked at by whoever translated it.
pub(crate) fn flaws(configuration: &Configuration) -> Vec<Flaw<'_>> {
    let mut found = Vec::new();
    if !configuration.form.is_v1() && configuration.form != Form::Terraform {
        object(configuration.form, &TREE, &mut Vec::new(), &configuration.properties, &mut found);
    }
    found
}

/// The table as a tree: made once, for every file is held against it.
static TREE: LazyLock<Vec<Member>> = LazyLock::new(|| members(PROPERTIES));

/// A name that is known somewhere, and what it holds.
struct Member {
    name: &'static str,
    holds: Holds,
}

enum Holds {
    Value(Kind),
    Object(Vec<Member>),
}

/// The members of the object that some properties, which stand together in the table, belong to.
fn members(properties: &[Known]) -> Vec<Member> {
    let first = |path: &'static str| path.split('.').next().unwrap_or(path);
    let member = |same: &[Known]| match same[0] {
        (name, kind) if !name.contains('.') => Member { name, holds: Holds::Value(kind) },
        (path, _) => {
            let name = first(path);
            let inner = same.iter().map(|(path, kind)| (&path[name.len() + 1..], *kind)).collect::<Vec<_>>();
            Member { name, holds: Holds::Object(members(&inner)) }
        }
    };
    properties.chunk_by(|(one, _), (other, _)| first(one) == first(other)).map(member).collect()
}

fn object<'a>(form: Form, members: &[Member], path: &mut Vec<&'static str>, node: &'a Node, found: &mut Vec<Flaw<'a>>) {
    if !matches!(node.value, Value::Map(_) | Value::Null | Value::Unknown) {
        found.push(Flaw::Wrong { path: path.join("."), node, wanted: "an object" });
    }
    for (key, inner) in Property::of(node).members() {
        let Some(member) = known(form, members, path, &key.text) else {
            // A template's loops, and names that only a deployment knows.
            if !(form == Form::Template && (key.text == "copy" || key.text.starts_with('['))) {
                found.push(Flaw::Unknown { below: path.join("."), key });
            }
            continue;
        };
        path.push(member.name);
        match &member.holds {
            Holds::Value(kind) => value(path, *kind, inner, found),
            Holds::Object(members) => object(form, members, path, inner, found),
        }
        path.pop();
    }
}

fn value<'a>(path: &[&str], kind: Kind, node: &'a Node, found: &mut Vec<Flaw<'a>>) {
    match (kind, kind.wanted(node), &node.value) {
        (Kind::Word(words), Some(_), Value::Text(text)) => {
            found.push(Flaw::Word { path: path.join("."), text, node, words });
        }
        (_, Some(wanted), _) => found.push(Flaw::Wrong { path: path.join("."), node, wanted }),
        (Kind::Texts, None, Value::List(items)) => {
            let wrong = items.iter().filter(|item| !matches!(item.value, Value::Text(_) | Value::Unknown));
            found.extend(wrong.map(|node| Flaw::Wrong { path: path.join("."), node, wanted: "text" }));
        }
        _ => {}
    }
}

/// The member of a name among those of an object.
fn known<'m>(form: Form, members: &'m [Member], path: &[&str], name: &str) -> Option<&'m Member> {
    let in_a_file =
        form == Form::File && path == ["identityProviders"] && name.eq_ignore_ascii_case(PROVIDERS_IN_A_FILE);
    let name = if in_a_file { "customOpenIdConnectProviders" } else { name };
    // A name of the user's own is the only member where it may stand.
    members.iter().find(|member| member.name == "*" || member.name.eq_ignore_ascii_case(name))
}

/// The names that are known below a path; the empty path is the root.
pub(crate) fn below(path: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (known, _) in PROPERTIES {
        let rest = if path.is_empty() {
            Some(*known)
        } else {
            known.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'))
        };
        if let Some(name) = rest.and_then(|rest| rest.split('.').next())
            && names.last() != Some(&name)
        {
            names.push(name);
        }
    }
    names
}
