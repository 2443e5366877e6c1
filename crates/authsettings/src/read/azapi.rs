//! `azapi_resource` and `azapi_update_resource` of a Terraform plan: a body of Azure Resource Manager, as an object or as JSON in a text.

use diagnostics::{Diagnostic, Node, Value};

use super::found::Found;
use super::plan::{Plan, Resource};
use super::tree::{head, member, text};
use super::{arm, name, v1};
use crate::{Form, Host};

pub(super) fn read(found: &mut Found, plan: &Plan<'_>, resource: &Resource<'_>) {
    let kind = text(resource.values, "type").and_then(|kind| kind.split('@').next()).unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "microsoft.web/sites" | "microsoft.web/sites/slots" => site(found, resource),
        "microsoft.web/sites/config" | "microsoft.web/sites/slots/config" => config(found, plan, resource),
        "microsoft.app/containerapps/authconfigs" => {
            let message = "these are settings of a Container App; they are not read";
            found.warn(head(resource.node), message, "a Container App answers by other rules than a Function App");
        }
        _ => {}
    }
}

fn config(found: &mut Found, plan: &Plan<'_>, resource: &Resource<'_>) {
    let named = ["name", "resource_id"].iter().find_map(|name| text(resource.values, name)).map(name::last);
    let last = named.unwrap_or_default().to_ascii_lowercase();
    let is_v1 = match last.as_str() {
        "authsettingsv2" => false,
        "authsettings" => true,
        "" => {
            let message =
                format!("the name of `{}` is not known before the plan is applied; it is not read", resource.address);
            found.warn(head(resource.node), message, "if it is authsettingsV2, write its name as text");
            return;
        }
        _ => return,
    };
    let Some(body) = body(found, resource) else { return };
    let properties = match body.value {
        Value::Unknown => body,
        _ => member(&body, "properties").cloned().unwrap_or(Node { value: Value::Map(Vec::new()), span: body.span }),
    };
    if !matches!(properties.value, Value::Map(_) | Value::Unknown) {
        found.problems.mismatch(&properties, "an object", "write the `properties` of authsettingsV2 as `{ ... }`");
        return;
    }
    if text(resource.node, "type") == Some("azapi_update_resource") {
        found.problems.push(
            Diagnostic::warning(&found.source, head(resource.node), "an azapi_update_resource says only what it changes")
                .help("what it leaves out stays as it is deployed, and is read as left out here: check the deployed settings as well"),
        );
    }
    let (key, host) = app(plan, resource);
    let (form, properties) = match (is_v1, &properties.value) {
        (true, Value::Map(_)) => (Form::V1, v1::properties(&properties)),
        (true, _) => (Form::V1, properties),
        (false, _) => (Form::Azapi, properties),
    };
    let mut configuration = found.configuration(form, host, head(resource.node), properties);
    resource.address.clone_into(&mut configuration.name);
    found.add(key, configuration);
}

/// The app that the settings belong to: by its id, where that is known; by what the expression refers to, where not.
fn app(plan: &Plan<'_>, resource: &Resource<'_>) -> (String, Host) {
    let id = ["parent_id", "resource_id"].iter().find_map(|name| text(resource.values, name));
    let app = match id {
        Some(id) => plan.app_of_id(id),
        None => ["parent_id", "resource_id"].iter().find_map(|name| plan.referred(resource, name)),
    };
    if let Some(app) = app {
        return (app.address.to_owned(), plan.host(app));
    }
    let host = id.and_then(name::host_of_id).unwrap_or_default();
    (name::told(&host), host)
}

/// The body: an object in newer versions of the provider, JSON in a text in older ones.
fn body(found: &Found, resource: &Resource<'_>) -> Option<Node> {
    let body = resource.value("body")?;
    match &body.value {
        Value::Text(text) => {
            let inner = v1::embedded(text, body.span);
            if inner.is_none() {
                let help = "write the body with `jsonencode({ ... })`, or as an object";
                found.problems.error(body.span, "the JSON of this body cannot be read", help);
            }
            inner
        }
        Value::Map(_) | Value::Unknown => Some(body),
        _ => {
            found.problems.mismatch(&body, "an object, or JSON in a text,", "write `body = { properties = { ... } }`");
            None
        }
    }
}

/// A site that is made through azapi.
fn site(found: &mut Found, resource: &Resource<'_>) {
    let body = body(found, resource).unwrap_or(Node { value: Value::Unknown, span: head(resource.node) });
    let host = Host {
        app: text(resource.values, "name").unwrap_or(resource.address).to_owned(),
        slot: None,
        is_function_app: text(&body, "kind").map(arm::is_function_app),
    };
    let mut app = arm::absent(found, Form::Azapi, host, head(resource.node));
    resource.address.clone_into(&mut app.name);
    app.app_settings = arm::site_settings(&body);
    found.add_app(resource.address.to_owned(), app);
}
