//! Resources as Azure Resource Manager has them: alone, in a list, in a template, and in templates within it.

use diagnostics::{Key, Node, Span, Value};

use super::found::Found;
use super::tree::{at, entries, entry, head, is_expression, items, known, member, text};
use super::{name, secrets, v1};
use crate::{Configuration, Form, Host};

/// What a resource stands in.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// In which form what is found was written.
    pub(super) form: Form,
    /// The type of the resource around it, to which the types of nested resources are relative; may be empty.
    kind: String,
    /// Its name.
    segments: Vec<String>,
    /// The condition of a resource or deployment around it.
    conditional: Option<Span>,
}

impl Around {
    /// Nothing is around it.
    pub(super) fn nothing(form: Form) -> Self {
        Self { form, kind: String::new(), segments: Vec::new(), conditional: None }
    }
}

/// The members of authsettingsV2 by which it is recognised where no name says it.
const MEMBERS: &[&str] =
    &["platform", "globalValidation", "identityProviders", "httpSettings", "login", "clearInboundClaimsMapping"];

/// One object: a resource, the body of a PUT, the bare properties, or V1 settings.
pub(super) fn object(found: &mut Found, node: &Node) {
    let around = Around::nothing(Form::Resource);
    let settings = member(node, "properties");
    if text(node, "type").is_some() || config_name(node).is_some_and(|last| is_auth(&last)) {
        resource(found, node, &around);
    } else if let Some(settings) = settings {
        // Without a name a resource is known by what is in it.
        let named = ["id", "name"].iter().any(|name| member(node, name).is_some());
        let empty = matches!(&settings.value, Value::Map(entries) if entries.is_empty()) || is_unknown(settings);
        if looks_like_v2(settings) || (empty && !named) {
            v2(found, node, Some(settings), Host::default(), &around);
        } else if v1::is_flat(settings) {
            v1(found, node, settings, Host::default(), &around);
        }
    } else if v1::is_flat(node) {
        v1(found, node, node, Host::default(), &around);
    } else if looks_like_v2(node) {
        let form = if is_file(node) { Form::File } else { Form::Resource };
        v2(found, node, Some(node), Host::default(), &Around::nothing(form));
    }
}

/// The resources of a template, as a list or, under their symbolic names, as an object.
pub(super) fn template(found: &mut Found, node: &Node, around: &Around) {
    resources(found, member(node, "resources"), around);
    if let Some(list) = member(node, "configs") {
        configs(found, list, &Host::default(), around);
    }
    // What a file of parameters hands to a template or module.
    if member(node, "resources").is_none() {
        parameters(found, member(node, "parameters"), around);
    }
}

fn resources(found: &mut Found, list: Option<&Node>, around: &Around) {
    for item in items(list) {
        resource(found, item, around);
    }
    for (_, item) in entries(list) {
        // What exists already is only mentioned.
        if !matches!(member(item, "existing"), Some(Node { value: Value::Bool(true), .. })) {
            resource(found, item, around);
        }
    }
}

/// One resource, and those within it.
pub(super) fn resource(found: &mut Found, node: &Node, around: &Around) {
    let own = text(node, "type").unwrap_or_default();
    let relative = !around.kind.is_empty() && !own.to_ascii_lowercase().starts_with("microsoft.");
    let own_name = text(node, "name").map(name::segments).unwrap_or_default();
    let (kind, segments) = if relative {
        (format!("{}/{own}", around.kind), around.segments.iter().cloned().chain(own_name).collect())
    } else {
        (own.to_owned(), own_name)
    };
    let kind = kind.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let conditional = condition(node).or(around.conditional);
    let inner = Around { form: around.form, kind, segments, conditional };
    match inner.kind.as_str() {
        "microsoft.web/sites" | "microsoft.web/sites/slots" => app(found, node, &inner),
        "microsoft.web/sites/config" | "microsoft.web/sites/slots/config" => config(found, node, &inner),
        "microsoft.app/containerapps/authconfigs" => container_app(found, node),
        "microsoft.resources/deployments" => deployment(found, node, &inner),
        "" if config_name(node).is_some() => config(found, node, &inner),
        _ => {}
    }
    resources(found, member(node, "resources"), &inner);
}

/// A condition, unless it is met in any case.
fn condition(node: &Node) -> Option<Span> {
    let (_, condition) = entry(node, "condition")?;
    (!matches!(condition.value, Value::Null | Value::Bool(true))).then_some(condition.span)
}

/// The last segment of a resource's name or id.
fn config_name(node: &Node) -> Option<String> {
    let named =
        text(node, "name").map(name::last).filter(|last| is_auth(last) || last.eq_ignore_ascii_case("appsettings"));
    named
        .or_else(|| text(node, "id").map(name::last).filter(|last| is_auth(last)))
        .or_else(|| text(node, "name").map(name::last))
}

fn is_auth(last: &str) -> bool {
    last.eq_ignore_ascii_case("authsettingsV2") || last.eq_ignore_ascii_case("authsettings")
}

/// `Microsoft.Web/sites/config` of whatever name.
fn config(found: &mut Found, node: &Node, around: &Around) {
    if text(node, "id").is_some_and(|id| id.to_ascii_lowercase().contains("/containerapps/")) {
        return container_app(found, node);
    }
    let host = text(node, "id").and_then(name::host_of_id).unwrap_or_else(|| name::host_of_child(&around.segments));
    let settings = member(node, "properties");
    let last = config_name(node).unwrap_or_default().to_ascii_lowercase();
    match last.as_str() {
        "authsettingsv2" => v2(found, node, settings, host, around),
        "authsettings" => v1(found, node, settings.unwrap_or(node), host, around),
        "appsettings" => {
            let pairs = entries(settings).iter().map(|(key, node)| (key.clone(), node));
            found.add_app_settings(key(&host), known_settings(pairs));
        }
        "" if settings.is_some_and(looks_like_v2) => v2(found, node, settings, host, around),
        _ => {}
    }
}

fn v2(found: &mut Found, node: &Node, settings: Option<&Node>, host: Host, around: &Around) {
    let properties = settings.map_or(Node { value: Value::Map(Vec::new()), span: node.span }, known);
    if !matches!(properties.value, Value::Map(_) | Value::Unknown) {
        found.problems.mismatch(&properties, "an object", "write the `properties` of authsettingsV2 as `{ ... }`");
        return;
    }
    add(found, node, properties, host, around, around.form);
}

fn v1(found: &mut Found, node: &Node, settings: &Node, host: Host, around: &Around) {
    if let Some(span) = v1::pictures_v2(settings) {
        found.problems.error(
            span,
            "this is a V1 view of an app that has V2 settings; what it shows of them cannot be relied on",
            "read them by `az rest --method get` of .../config/authsettingsV2, or by `az webapp auth show` with the extension authV2 \
             (`az extension add --name authV2`)",
        );
        return;
    }
    let host = if host.app.is_empty() { text(node, "id").and_then(name::host_of_id).unwrap_or_default() } else { host };
    let settings = known(settings);
    let properties = if settings.value == Value::Unknown { settings } else { v1::properties(&settings) };
    add(found, node, properties, host, around, Form::V1);
}

fn add(found: &mut Found, node: &Node, properties: Node, host: Host, around: &Around, form: Form) {
    let key = key(&host);
    let mut configuration = found.configuration(form, host, head(node), properties);
    configuration.conditional = around.conditional;
    found.add(key, configuration);
}

/// A site or a slot of one.
fn app(found: &mut Found, node: &Node, around: &Around) {
    let mut host = name::host(&around.segments);
    if host.app.is_empty() {
        return;
    }
    host.is_function_app = text(node, "kind").filter(|kind| !is_expression(kind)).map(is_function_app);
    let key = key(&host);
    let mut app = absent(found, around.form, host, head(node));
    app.conditional = around.conditional;
    app.app_settings = site_settings(node);
    found.add_app(key, app);
}

/// An app as a configuration that is not there.
pub(super) fn absent(found: &Found, form: Form, host: Host, span: Span) -> Configuration {
    let mut app = found.configuration(form, host, span, Node { value: Value::Map(Vec::new()), span });
    app.absent = true;
    app
}

/// `functionapp,linux` is a Function App; `functionapp,workflowapp` is a Logic App on the same host.
pub(super) fn is_function_app(kind: &str) -> bool {
    let has = |word| kind.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    has("functionapp") && !has("workflowapp")
}

/// `siteConfig.appSettings` of a site.
pub(super) fn site_settings(node: &Node) -> Vec<(Key, Node)> {
    let pairs = items(at(node, "properties.siteConfig.appSettings")).iter().filter_map(|item| {
        let (_, name) = entry(item, "name")?;
        let Value::Text(text) = &name.value else { return None };
        Some((Key { text: text.clone(), span: name.span }, member(item, "value")?))
    });
    known_settings(pairs)
}

fn known_settings<'a>(pairs: impl Iterator<Item = (Key, &'a Node)>) -> Vec<(Key, Node)> {
    secrets::app_settings(pairs).into_iter().map(|(key, node)| (key, known(&node))).collect()
}

fn container_app(found: &Found, node: &Node) {
    found.warn(
        head(node),
        "these are settings of a Container App; they are not read",
        "a Container App answers by other rules than a Function App; hand in Microsoft.Web/sites/config",
    );
}

/// A template within a template, and what is handed to it.
fn deployment(found: &mut Found, node: &Node, around: &Around) {
    let inner = Around { kind: String::new(), segments: Vec::new(), ..around.clone() };
    let Some(properties) = member(node, "properties") else { return };
    match member(properties, "template") {
        Some(inner_template @ Node { value: Value::Map(_), .. }) => {
            resources(found, member(inner_template, "resources"), &inner);
        }
        _ => {
            if let Some(link) = member(properties, "templateLink") {
                let message = "a linked template is not in this file; it is not read";
                found.warn(
                    link.span,
                    message,
                    "hand it in as well, or compile everything into one file by `az bicep build`",
                );
            }
        }
    }
    parameters(found, member(properties, "parameters"), &inner);
}

/// Values that are handed to a module: Azure Verified Modules take lists of `{ name, properties }`, or the properties themselves.
fn parameters(found: &mut Found, list: Option<&Node>, around: &Around) {
    let value = |name: &str| list.and_then(|list| member(list, name)).and_then(|node| text(node, "value"));
    let names = ["appName", "siteName", "name"].into_iter().find_map(value).map(name::segments).unwrap_or_default();
    let host = name::host(&names);
    for (_, parameter) in entries(list) {
        let Some(value) = member(parameter, "value") else { continue };
        if looks_like_v2(value) {
            v2(found, value, Some(value), host.clone(), around);
        } else {
            configs(found, value, &host, around);
        }
    }
}

/// A list of `{ name, properties }`; or of slots that have such lists.
fn configs(found: &mut Found, list: &Node, host: &Host, around: &Around) {
    for item in items(Some(list)) {
        let Some(own) = text(item, "name") else { continue };
        let settings = member(item, "properties");
        match name::last(own).to_ascii_lowercase().as_str() {
            "authsettingsv2" => v2(found, item, settings, host.clone(), around),
            "authsettings" => v1(found, item, settings.unwrap_or(item), host.clone(), around),
            "appsettings" => {
                let pairs = entries(settings).iter().map(|(key, node)| (key.clone(), node));
                found.add_app_settings(key(host), known_settings(pairs));
            }
            _ => {
                if let Some(inner) = member(item, "configs") {
                    let slot = Host { slot: Some(name::last(own)), ..host.clone() };
                    configs(found, inner, &slot, around);
                }
            }
        }
    }
}

/// By what a configuration and its app find each other.
fn key(host: &Host) -> String {
    name::told(host).to_ascii_lowercase()
}

fn is_unknown(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if is_expression(text))
}

pub(super) fn looks_like_v2(node: &Node) -> bool {
    MEMBERS.iter().any(|name| entry(node, name).is_some())
}

/// Whether a bare tree is that of a file that `platform.configFilePath` names. Such a file has the same members as bare properties;
/// only its words for the map of OpenID Connect providers and for cookies are its own.
fn is_file(node: &Node) -> bool {
    at(node, "identityProviders.openIdConnectProviders").is_some()
        || at(node, "login.cookieExpiration.convention").is_some_and(
            |node| matches!(&node.value, Value::Text(text) if text.eq_ignore_ascii_case("IdentityDerived")),
        )
}
