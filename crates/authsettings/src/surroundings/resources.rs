//! Every resource of a file, found by those it belongs to. A file may have many, so each is looked at once.

use std::collections::{HashMap, HashSet};

use diagnostics::{Node, Source, Span, Value, parse_json};

use super::{Function, Passage, keys};
use crate::read::name::{segments, told};
use crate::{Host, Property};

/// A resource of a template, a plan or a state.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    /// Its type.
    pub(super) kind: &'a str,
    /// All of it.
    pub(super) whole: Property<'a>,
    /// Its `properties`, or its `values`.
    pub(super) body: Property<'a>,
    /// Its own condition, or that of the deployment around it.
    pub(super) condition: Option<Span>,
}

/// What stands around a resource in a template.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    /// The name of the app that it stands in; the names of what is within an app do not repeat it.
    app: &'a str,
    condition: Option<Span>,
}

/// The resources of a file that rules ask for.
#[derive(Default)]
pub(super) struct Resources<'a> {
    /// Apps and slots by name, and Terraform's by address.
    apps: HashMap<String, Resource<'a>>,
    /// The functions of apps by their names; those of which the file does not say whose they are have none.
    functions: HashMap<String, Vec<Function>>,
    /// Lists of app settings that stay with their slot, by the names of apps.
    sticky: HashMap<String, Property<'a>>,
    gateway: Vec<Resource<'a>>,
    /// Scripts and commands that run beside the deployment.
    pub(super) scripts: Vec<Passage>,
}

impl<'a> Resources<'a> {
    /// What a plan will have stands in `planned_values`; it is told again among its changes, and in what was before.
    pub(super) fn of(root: &'a Node) -> Self {
        let mut resources = Self::default();
        let whole = Property::of(root);
        if let Property::Is(planned) = whole.at("planned_values") {
            resources.collect(planned, Around::default());
            if let Property::Is(written) = whole.at("configuration") {
                resources.collect(written, Around::default());
            }
        } else {
            resources.collect(root, Around::default());
        }
        resources
    }

    /// The app of a configuration.
    pub(super) fn app(&self, name: &str, host: &Host) -> Option<&Resource<'a>> {
        self.apps.get(name).or_else(|| self.apps.get(&told(host).to_ascii_lowercase()))
    }

    /// The functions of an app, and those that may be anybody's if the file has no other app.
    pub(super) fn functions(&self, host: &Host) -> Vec<Function> {
        let own = self.functions.get(&host.app.to_ascii_lowercase()).into_iter().flatten();
        let anybodys = self.functions.get("").filter(|_| self.apps.len() <= 1 && !host.app.is_empty());
        own.chain(anybodys.into_iter().flatten()).cloned().collect()
    }

    /// The list of app settings that stay with an app's slots, where a resource of its own says it.
    pub(super) fn sticky_settings(&self, host: &Host) -> Option<Property<'a>> {
        self.sticky.get(&host.app.to_ascii_lowercase()).copied()
    }

    /// How API Management holds or sends functions keys.
    pub(super) fn keys(&self, apps: &HashSet<String>) -> Vec<Passage> {
        self.gateway.iter().filter_map(|resource| keys::functions_key(resource, apps)).collect()
    }

    fn collect(&mut self, node: &'a Node, around: Around<'a>) {
        let whole = Property::of(node);
        let own = whole.at("condition");
        let condition = own.span().filter(|_| own.boolean() != Some(true)).or(around.condition);
        let mut within = Around { condition, ..around };
        let body = ["properties", "values"].into_iter().map(|name| whole.at(name)).find(|body| !body.is_absent());
        if let (Some(kind), Some(body)) = (whole.at("type").text(), body) {
            self.add(Resource { kind, whole, body, condition }, around);
            if kind.eq_ignore_ascii_case("Microsoft.Web/sites") {
                within.app = whole.at("name").text().unwrap_or_default();
            }
        }
        self.scripts.extend(Passage::of(whole.at("expressions.command.constant_value")));
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.collect(item, around)),
            Value::Map(entries) => entries.iter().for_each(|(_, inner)| self.collect(inner, within)),
            _ => {}
        }
    }

    fn add(&mut self, resource: Resource<'a>, around: Around<'a>) {
        let kind = resource.kind.to_ascii_lowercase();
        let name = segments(resource.whole.at("name").text().unwrap_or_default());
        let last = name.last().map_or("", String::as_str);
        // Within an app a name begins below it.
        let full = if around.app.is_empty() { name.clone() } else { [segments(around.app), name.clone()].concat() };
        let app = if full.len() > 1 { full[0].to_ascii_lowercase() } else { String::new() };
        match kind.as_str() {
            "microsoft.web/sites" | "microsoft.web/sites/slots" | "slots" => {
                self.apps.insert(full.join("/").to_ascii_lowercase(), resource);
            }
            "microsoft.web/sites/functions" | "functions" => {
                let level = level(resource.body.at("config.bindings"));
                let function = level.map(|at| Function { name: last.to_owned(), level: at.text, span: at.span });
                self.functions.entry(app).or_default().extend(function);
            }
            "azurerm_function_app_function" => {
                let app = resource.body.at("function_app_id").text().and_then(|id| id.rsplit('/').next());
                let app = app.unwrap_or_default().to_ascii_lowercase();
                self.functions.entry(app).or_default().extend(function_of_terraform(resource.body));
            }
            "microsoft.web/sites/config" | "config" if last.eq_ignore_ascii_case("slotConfigNames") => {
                self.sticky.insert(app, resource.body.at("appSettingNames"));
            }
            "microsoft.resources/deploymentscripts" => {
                self.scripts.extend(Passage::of(resource.body.at("scriptContent")));
            }
            gateway
                if gateway.starts_with("microsoft.apimanagement/") || gateway.starts_with("azurerm_api_management") =>
            {
                self.gateway.push(resource);
            }
            app if app.starts_with("azurerm_") && (app.contains("_function_app") || app.contains("_web_app")) => {
                if let Some(address) = resource.whole.at("address").text() {
                    self.apps.insert(address.to_owned(), resource);
                }
            }
            _ => {}
        }
    }
}

/// `authLevel` of the binding that is a function's HTTP trigger.
fn level(bindings: Property<'_>) -> Option<Passage> {
    bindings.list().iter().map(|binding| Property::of(binding).at("authLevel")).find_map(Passage::of)
}

/// Terraform has the bindings of a function as a text of JSON.
fn function_of_terraform(values: Property<'_>) -> Option<Function> {
    let config = Passage::of(values.at("config_json"))?;
    let root = parse_json(&Source::new("config_json", config.text)).ok()?;
    let name = values.at("name").text().unwrap_or_default().to_owned();
    Some(Function { name, level: level(Property::of(&root).at("bindings"))?.text, span: config.span })
}
