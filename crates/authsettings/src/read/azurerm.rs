//! `auth_settings_v2` of Terraform's provider azurerm as the tree that the provider sends to Azure Resource Manager.
//!
//! Source: `internal/services/appservice/helpers/auth_v2_schema.go` of hashicorp/terraform-provider-azurerm.

use diagnostics::{Key, Node, Span, Value};

use super::tree::{Tree, entries, entry, items, text};

/// What the provider sends for an attribute that is not set.
#[derive(Clone, Copy)]
enum Unset {
    /// Nothing.
    LeftOut,
    False,
    True,
    Text(&'static str),
    Hours(i64),
    EmptyList,
}

/// An attribute, the property that it becomes, and what is sent where it is not set.
type Attribute = (&'static str, &'static str, Unset);

const SETTINGS: &[Attribute] = &[
    ("auth_enabled", "platform.enabled", Unset::False),
    ("runtime_version", "platform.runtimeVersion", Unset::Text("~1")),
    ("config_file_path", "platform.configFilePath", Unset::LeftOut),
    ("require_authentication", "globalValidation.requireAuthentication", Unset::False),
    ("unauthenticated_action", "globalValidation.unauthenticatedClientAction", Unset::Text("RedirectToLoginPage")),
    ("default_provider", "globalValidation.redirectToProvider", Unset::LeftOut),
    ("excluded_paths", "globalValidation.excludedPaths", Unset::EmptyList),
    ("require_https", "httpSettings.requireHttps", Unset::True),
    ("http_route_api_prefix", "httpSettings.routes.apiPrefix", Unset::Text("/.auth")),
    ("forward_proxy_convention", "httpSettings.forwardProxy.convention", Unset::Text("NoProxy")),
    ("forward_proxy_custom_host_header_name", "httpSettings.forwardProxy.customHostHeaderName", Unset::LeftOut),
    ("forward_proxy_custom_scheme_header_name", "httpSettings.forwardProxy.customProtoHeaderName", Unset::LeftOut),
];

const LOGIN: &[Attribute] = &[
    ("logout_endpoint", "routes.logoutEndpoint", Unset::LeftOut),
    ("token_store_enabled", "tokenStore.enabled", Unset::False),
    ("token_refresh_extension_time", "tokenStore.tokenRefreshExtensionHours", Unset::Hours(72)),
    ("token_store_path", "tokenStore.fileSystem.directory", Unset::LeftOut),
    ("token_store_sas_setting_name", "tokenStore.azureBlobStorage.sasUrlSettingName", Unset::LeftOut),
    ("preserve_url_fragments_for_logins", "preserveUrlFragmentsForLogins", Unset::False),
    ("allowed_external_redirect_urls", "allowedExternalRedirectUrls", Unset::EmptyList),
    ("cookie_expiration_convention", "cookieExpiration.convention", Unset::Text("FixedTime")),
    ("cookie_expiration_time", "cookieExpiration.timeToExpiration", Unset::Text("08:00:00")),
    ("validate_nonce", "nonce.validateNonce", Unset::True),
    ("nonce_expiration_time", "nonce.nonceExpirationInterval", Unset::Text("00:05:00")),
];

/// Lists that are empty are not sent, so that there may be no `validation` at all.
const ENTRA: &[Attribute] = &[
    ("client_id", "registration.clientId", Unset::LeftOut),
    ("tenant_auth_endpoint", "registration.openIdIssuer", Unset::LeftOut),
    ("client_secret_setting_name", "registration.clientSecretSettingName", Unset::LeftOut),
    ("client_secret_certificate_thumbprint", "registration.clientSecretCertificateThumbprint", Unset::LeftOut),
    ("www_authentication_disabled", "login.disableWWWAuthenticate", Unset::False),
    ("login_parameters", "login.loginParameters", Unset::LeftOut),
    ("allowed_audiences", "validation.allowedAudiences", Unset::LeftOut),
    ("jwt_allowed_groups", "validation.jwtClaimChecks.allowedGroups", Unset::LeftOut),
    ("jwt_allowed_client_applications", "validation.jwtClaimChecks.allowedClientApplications", Unset::LeftOut),
    ("allowed_applications", "validation.defaultAuthorizationPolicy.allowedApplications", Unset::LeftOut),
    ("allowed_groups", "validation.defaultAuthorizationPolicy.allowedPrincipals.groups", Unset::LeftOut),
    ("allowed_identities", "validation.defaultAuthorizationPolicy.allowedPrincipals.identities", Unset::LeftOut),
];

const OAUTH: &[Attribute] = &[
    ("client_id", "registration.clientId", Unset::LeftOut),
    ("client_secret_setting_name", "registration.clientSecretSettingName", Unset::LeftOut),
    ("login_scopes", "login.scopes", Unset::LeftOut),
    ("allowed_audiences", "validation.allowedAudiences", Unset::LeftOut),
];

const FACEBOOK: &[Attribute] = &[
    ("app_id", "registration.appId", Unset::LeftOut),
    ("app_secret_setting_name", "registration.appSecretSettingName", Unset::LeftOut),
    ("graph_api_version", "graphApiVersion", Unset::LeftOut),
    ("login_scopes", "login.scopes", Unset::LeftOut),
];

const TWITTER: &[Attribute] = &[
    ("consumer_key", "registration.consumerKey", Unset::LeftOut),
    ("consumer_secret_setting_name", "registration.consumerSecretSettingName", Unset::LeftOut),
];

/// A block of a provider, the provider's name, and its attributes. A provider without a block is sent as disabled.
const PROVIDERS: &[(&str, &str, &[Attribute])] = &[
    ("active_directory_v2", "azureActiveDirectory", ENTRA),
    ("apple_v2", "apple", OAUTH),
    ("azure_static_web_app_v2", "azureStaticWebApps", OAUTH),
    ("facebook_v2", "facebook", FACEBOOK),
    ("github_v2", "gitHub", OAUTH),
    ("google_v2", "google", OAUTH),
    ("microsoft_v2", "legacyMicrosoftAccount", OAUTH),
    ("twitter_v2", "twitter", TWITTER),
];

const CUSTOM: &[Attribute] = &[
    ("client_id", "registration.clientId", Unset::LeftOut),
    (
        "openid_configuration_endpoint",
        "registration.openIdConnectConfiguration.wellKnownOpenIdConfiguration",
        Unset::LeftOut,
    ),
    ("name_claim_type", "login.nameClaimType", Unset::LeftOut),
    ("scopes", "login.scopes", Unset::LeftOut),
];

/// The tree of authsettingsV2 that an `auth_settings_v2` block becomes. What is sent without being written has the place of the block's
/// name.
pub(super) fn properties(block: &Node, word: Span) -> Node {
    if block.value == Value::Unknown {
        return block.clone();
    }
    let mut tree = Tree::new(word);
    attributes(&mut tree, block, SETTINGS);
    for &(name, provider, names) in PROVIDERS {
        let path = format!("identityProviders.{provider}");
        match only(block, name) {
            Some((word, inner)) => tree.put(&path, word.span, enabled(inner, word.span, names)),
            None => tree.put_value(&format!("{path}.enabled"), Value::Bool(false)),
        }
    }
    if let Some((word, inner)) = entry(block, "custom_oidc_v2")
        && let Some(providers) = custom(inner)
    {
        tree.put("identityProviders.customOpenIdConnectProviders", word.span, providers);
    }
    match only(block, "login") {
        Some((key, inner)) => tree.put("login", key.span, login(inner, key.span)),
        None => tree.put("login", word, login(&Node { value: Value::Map(Vec::new()), span: word }, word)),
    }
    tree.into_node()
}

/// The one block of a name. Blocks are lists, and a block that is not there is an empty one.
fn only<'a>(node: &'a Node, name: &str) -> Option<(&'a Key, &'a Node)> {
    let (word, blocks) = entry(node, name)?;
    match &blocks.value {
        Value::List(items) => items.first().map(|block| (word, block)),
        Value::Map(_) | Value::Unknown => Some((word, blocks)),
        _ => None,
    }
}

fn enabled(block: &Node, word: Span, names: &[Attribute]) -> Node {
    if block.value == Value::Unknown {
        return block.clone();
    }
    let mut tree = Tree::new(word);
    tree.put_value("enabled", Value::Bool(true));
    attributes(&mut tree, block, names);
    tree.into_node()
}

fn login(block: &Node, word: Span) -> Node {
    if block.value == Value::Unknown {
        return block.clone();
    }
    let mut tree = Tree::new(word);
    for place in ["routes", "tokenStore.fileSystem", "tokenStore.azureBlobStorage"] {
        tree.put_value(place, Value::Map(Vec::new()));
    }
    attributes(&mut tree, block, LOGIN);
    // A store that has a place is switched on by the provider, whatever the switch says.
    for name in ["token_store_path", "token_store_sas_setting_name"] {
        if let Some((word, _)) = entry(block, name).filter(|(_, node)| is_set(node)) {
            tree.put("tokenStore.enabled", word.span, Node { value: Value::Bool(true), span: word.span });
        }
    }
    tree.into_node()
}

fn custom(list: &Node) -> Option<Node> {
    if list.value == Value::Unknown {
        return Some(list.clone());
    }
    let blocks = items(Some(list));
    let mut providers = Tree::new(list.span);
    for block in blocks {
        let Some(alias) = text(block, "name") else { continue };
        let mut tree = Tree::new(block.span);
        tree.put_value("enabled", Value::Bool(true));
        attributes(&mut tree, block, CUSTOM);
        tree.put_value("registration.clientCredential.method", Value::Text("ClientSecretPost".to_owned()));
        let secret = format!("{}_PROVIDER_AUTHENTICATION_SECRET", alias.to_uppercase());
        tree.put_value("registration.clientCredential.clientSecretSettingName", Value::Text(secret));
        providers.put_named(Key { text: alias.to_owned(), span: block.span }, tree.into_node());
    }
    (!blocks.is_empty()).then(|| providers.into_node())
}

fn attributes(tree: &mut Tree, block: &Node, names: &[Attribute]) {
    for &(name, path, unset) in names {
        match entry(block, name).filter(|(_, node)| is_set(node)) {
            Some((word, node)) => tree.put(path, word.span, value(node)),
            None => match unset {
                Unset::LeftOut => {}
                Unset::False => tree.put_value(path, Value::Bool(false)),
                Unset::True => tree.put_value(path, Value::Bool(true)),
                Unset::Text(text) => tree.put_value(path, Value::Text(text.to_owned())),
                Unset::Hours(hours) => tree.put_value(path, Value::Integer(hours)),
                Unset::EmptyList => tree.put_value(path, Value::List(Vec::new())),
            },
        }
    }
}

/// Whether an attribute is set: the provider takes what is empty for what is not there.
fn is_set(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        _ => true,
    }
}

/// A value as it is sent: parameters, which are a map here, are a list of `name=value` there.
pub(super) fn value(node: &Node) -> Node {
    if !matches!(node.value, Value::Map(_)) {
        return node.clone();
    }
    let parameters = entries(Some(node)).iter().map(|(key, inner)| {
        let value = match &inner.value {
            Value::Text(text) => Value::Text(format!("{}={text}", key.text)),
            _ => Value::Unknown,
        };
        Node { value, span: inner.span }
    });
    Node { value: Value::List(parameters.collect()), span: node.span }
}
