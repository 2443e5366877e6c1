//! V1 settings as the tree of authsettingsV2: those of Azure Resource Manager and the command line, and those of Terraform.
//!
//! Source: Microsoft Learn, "Manage the API and runtime versions of App Service authentication"; Microsoft.Web/sites/config `authsettings`.

use std::sync::Arc;

use diagnostics::{Node, Source, Span, Value, parse_json};

use super::azurerm;
use super::tree::{Tree, at, entry, member};

/// A setting: its name in Azure Resource Manager, its place in Terraform's `auth_settings`, and the property that it is now.
type Setting = (&'static str, &'static str, &'static str);

const ENTRA: &str = "identityProviders.azureActiveDirectory";

const SETTINGS: &[Setting] = &[
    ("enabled", "enabled", "platform.enabled"),
    ("runtimeVersion", "runtime_version", "platform.runtimeVersion"),
    ("defaultProvider", "default_provider", "globalValidation.redirectToProvider"),
    ("tokenStoreEnabled", "token_store_enabled", "login.tokenStore.enabled"),
    ("tokenRefreshExtensionHours", "token_refresh_extension_hours", "login.tokenStore.tokenRefreshExtensionHours"),
    ("allowedExternalRedirectUrls", "allowed_external_redirect_urls", "login.allowedExternalRedirectUrls"),
    ("issuer", "issuer", "identityProviders.azureActiveDirectory.registration.openIdIssuer"),
    ("clientId", "active_directory.client_id", "identityProviders.azureActiveDirectory.registration.clientId"),
    (
        "clientSecretSettingName",
        "active_directory.client_secret_setting_name",
        "identityProviders.azureActiveDirectory.registration.clientSecretSettingName",
    ),
    (
        "clientSecretCertificateThumbprint",
        "active_directory.client_secret_certificate_thumbprint",
        "identityProviders.azureActiveDirectory.registration.clientSecretCertificateThumbprint",
    ),
    (
        "allowedAudiences",
        "active_directory.allowed_audiences",
        "identityProviders.azureActiveDirectory.validation.allowedAudiences",
    ),
    (
        "additionalLoginParams",
        "additional_login_parameters",
        "identityProviders.azureActiveDirectory.login.loginParameters",
    ),
    // The name that the provider's retired resources have for it.
    ("", "additional_login_params", "identityProviders.azureActiveDirectory.login.loginParameters"),
    ("facebookAppId", "facebook.app_id", "identityProviders.facebook.registration.appId"),
    ("googleClientId", "google.client_id", "identityProviders.google.registration.clientId"),
    ("gitHubClientId", "github.client_id", "identityProviders.gitHub.registration.clientId"),
    (
        "microsoftAccountClientId",
        "microsoft.client_id",
        "identityProviders.legacyMicrosoftAccount.registration.clientId",
    ),
    ("twitterConsumerKey", "twitter.consumer_key", "identityProviders.twitter.registration.consumerKey"),
];

/// Members that V1 settings have and V2 settings have not.
const MARKS: &[&str] =
    &["unauthenticatedClientAction", "configVersion", "tokenStoreEnabled", "defaultProvider", "clientSecret"];

/// Whether an object holds V1 settings, which are flat.
pub(super) fn is_flat(node: &Node) -> bool {
    MARKS.iter().any(|name| entry(node, name).is_some())
}

/// Where V1 settings say that the app has V2 ones, of which they are a poor picture.
pub(super) fn pictures_v2(node: &Node) -> Option<Span> {
    let version = member(node, "configVersion")?;
    matches!(&version.value, Value::Text(text) if text.eq_ignore_ascii_case("v2")).then_some(version.span)
}

/// The tree for V1 settings of Azure Resource Manager.
pub(super) fn properties(settings: &Node) -> Node {
    let mut tree = Tree::new(settings.span);
    for &(name, _, path) in SETTINGS {
        if let Some((word, node)) = entry(settings, name).filter(|(_, node)| node.value != Value::Null) {
            tree.put(path, word.span, node.clone());
        }
    }
    if let Some(from_file) = member(settings, "isAuthFromFile")
        && matches!(&from_file.value, Value::Text(text) if text.eq_ignore_ascii_case("true"))
        && let Some((word, path)) = entry(settings, "authFilePath")
    {
        tree.put("platform.configFilePath", word.span, path.clone());
    }
    action(&mut tree, settings, "unauthenticatedClientAction");
    secret(&mut tree, settings, "clientSecret");
    if let Some((word, node)) = entry(settings, "aadClaimsAuthorization") {
        claims(&mut tree, word.span, node);
    }
    tree.into_node()
}

/// The tree for an `auth_settings` block of Terraform.
pub(super) fn properties_of_block(block: &Node, word: Span) -> Node {
    if block.value == Value::Unknown {
        return block.clone();
    }
    let mut tree = Tree::new(word);
    for &(_, place, path) in SETTINGS {
        let (outer, name) =
            place.split_once('.').map_or((Some(block), place), |(inner, name)| (first(block, inner), name));
        let Some(outer) = outer else { continue };
        if let Some((word, node)) = entry(outer, name).filter(|(_, node)| is_set(node)) {
            tree.put(path, word.span, azurerm::value(node));
        }
    }
    action(&mut tree, block, "unauthenticated_client_action");
    if let Some(provider) = first(block, "active_directory") {
        secret(&mut tree, provider, "client_secret");
    }
    tree.into_node()
}

/// The first block of a name.
fn first<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match at(node, name) {
        Some(Node { value: Value::List(blocks), .. }) => blocks.first(),
        other => other,
    }
}

fn is_set(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Text(text) => !text.is_empty(),
        _ => true,
    }
}

/// The action of V1 says as well whether a token is required.
fn action(tree: &mut Tree, settings: &Node, name: &str) {
    let Some((word, node)) = entry(settings, name).filter(|(_, node)| is_set(node)) else { return };
    tree.put("globalValidation.unauthenticatedClientAction", word.span, node.clone());
    let required = match &node.value {
        Value::Text(text) => Value::Bool(!text.eq_ignore_ascii_case("AllowAnonymous")),
        _ => Value::Unknown,
    };
    tree.put("globalValidation.requireAuthentication", word.span, Node { value: required, span: node.span });
}

/// A secret that is written out has no place in V2. That it is there is kept, what it is is not.
fn secret(tree: &mut Tree, settings: &Node, name: &str) {
    if let Some((word, node)) = entry(settings, name).filter(|(_, node)| is_set(node)) {
        tree.put(
            &format!("{ENTRA}.registration.clientSecret"),
            word.span,
            Node { value: Value::Unknown, span: node.span },
        );
    }
}

/// `{"allowed_groups": [...], "allowed_client_applications": [...]}`, which is JSON in a text.
fn claims(tree: &mut Tree, word: Span, node: &Node) {
    const LISTS: [(&str, &str); 2] =
        [("allowed_groups", "allowedGroups"), ("allowed_client_applications", "allowedClientApplications")];
    let claims = match &node.value {
        Value::Text(text) => embedded(text, node.span),
        Value::Null => return,
        _ => Some(node.clone()),
    };
    let checks = format!("{ENTRA}.validation.jwtClaimChecks");
    match claims {
        Some(claims @ Node { value: Value::Map(_), .. }) => {
            for (name, property) in LISTS {
                if let Some(list) = member(&claims, name) {
                    tree.put(&format!("{checks}.{property}"), word, list.clone());
                }
            }
        }
        _ => tree.put(&checks, word, Node { value: Value::Unknown, span: node.span }),
    }
}

/// JSON that stands in a text; all of it has the text's place.
pub(super) fn embedded(text: &str, span: Span) -> Option<Node> {
    let mut node = parse_json(&Arc::new(Source { name: String::new(), text: text.to_owned() })).ok()?;
    stand(&mut node, span);
    Some(node)
}

fn stand(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| stand(item, span)),
        Value::Map(entries) => {
            for (key, inner) in entries {
                key.span = span;
                stand(inner, span);
            }
        }
        _ => {}
    }
}
