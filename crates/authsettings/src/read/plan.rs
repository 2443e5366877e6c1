//! Plans and states of Terraform, as `terraform show -json` prints them.
//!
//! Source: Terraform's documentation, "JSON output format", and how it prints values: blocks are lists, what is not known before the
//! plan is applied is missing among the values and `true` in `after_unknown`, what is sensitive is `true` in `sensitive_values`.

use std::collections::HashMap;

use diagnostics::{Key, Node, Span, Value};

use super::found::Found;
use super::tree::{at, entries, entry, head, items, member, text};
use super::{arm, azapi, azurerm, name, secrets, v1};
use crate::{Configuration, Form, Host};

/// A resource of a plan or state, with what the plan says beside its values.
pub(super) struct Resource<'a> {
    pub(super) address: &'a str,
    pub(super) node: &'a Node,
    pub(super) values: &'a Node,
    sensitive: Option<&'a Node>,
    unknown: Option<&'a Node>,
    before: Option<&'a Node>,
}

/// A plan or state.
pub(super) struct Plan<'a> {
    resources: Vec<Resource<'a>>,
    /// The expressions of each resource, by its address without indices.
    expressions: HashMap<String, &'a Node>,
    /// The resources that may be apps, by their addresses without indices.
    by_stem: HashMap<String, Vec<usize>>,
    /// The apps, by the names that a resource id has of them.
    by_name: HashMap<String, usize>,
}

/// Whether a document is what `terraform show -json` prints.
pub(super) fn is_document(node: &Node) -> bool {
    ["planned_values", "resource_changes", "values"].iter().any(|name| entry(node, name).is_some())
        && ["format_version", "terraform_version"].iter().any(|name| entry(node, name).is_some())
}

/// Whether a document is a state as Terraform keeps it, which has no stable format.
pub(super) fn is_raw_state(node: &Node) -> bool {
    entry(node, "lineage").is_some() && entry(node, "serial").is_some()
}

/// Finds the configurations of a plan or state.
pub(super) fn read(found: &mut Found, root: &Node) {
    let Some(values) = member(root, "planned_values").or_else(|| member(root, "values")) else {
        let help = "hand in the whole of what `terraform show -json PLAN` prints";
        found.problems.error(head(root), "this plan has no `planned_values`", help);
        return;
    };
    let plan = Plan::of(root, values);
    for resource in &plan.resources {
        let kind = text(resource.node, "type").unwrap_or_default();
        if let Some((rest, newest)) = app_kind(kind) {
            app(found, &plan, resource, rest, newest);
        } else if matches!(kind, "azapi_resource" | "azapi_update_resource") {
            azapi::read(found, &plan, resource);
        } else if kind == "azurerm_resource_group_template_deployment"
            && text(resource.values, "template_content")
                .is_some_and(|text| text.to_ascii_lowercase().contains("authsettings"))
        {
            let message = "a template that is deployed by Terraform is not read";
            found.warn(head(resource.node), message, "hand in the template itself");
        }
    }
}

/// Resources that are apps, whether they are Function Apps, and whether they can have `auth_settings_v2`.
fn app_kind(kind: &str) -> Option<(bool, bool)> {
    match kind {
        "azurerm_linux_function_app"
        | "azurerm_linux_function_app_slot"
        | "azurerm_windows_function_app"
        | "azurerm_windows_function_app_slot"
        | "azurerm_function_app_flex_consumption" => Some((true, true)),
        "azurerm_linux_web_app"
        | "azurerm_linux_web_app_slot"
        | "azurerm_windows_web_app"
        | "azurerm_windows_web_app_slot" => Some((false, true)),
        "azurerm_function_app" | "azurerm_function_app_slot" => Some((true, false)),
        "azurerm_app_service" | "azurerm_app_service_slot" => Some((false, false)),
        _ => None,
    }
}

fn app(found: &mut Found, plan: &Plan<'_>, resource: &Resource<'_>, is_function_app: bool, newest: bool) {
    let mut host = plan.host(resource);
    host.is_function_app = Some(is_function_app);
    let mut app = arm::absent(found, Form::Terraform, host, head(resource.node));
    resource.address.clone_into(&mut app.name);
    app.app_settings = app_settings(resource);

    let block = resource.block("auth_settings_v2").filter(|_| newest);
    let old = resource.block("auth_settings");
    let mut add = |form, word, properties| {
        let mut configuration = Configuration { form, absent: false, properties, ..app.clone() };
        (configuration.span, configuration.app_settings) = (word, Vec::new());
        found.add(resource.address.to_owned(), configuration);
    };
    if let Some((word, block)) = &block {
        add(Form::Terraform, *word, azurerm::properties(block, *word));
    }
    // Beside V2 settings an old block matters only if it is meant to do something.
    if let Some((word, old)) = old.filter(|(_, old)| block.is_none() || is_true(old, "enabled")) {
        add(Form::TerraformV1, word, v1::properties_of_block(&old, word));
    }
    app.removed = block.is_none() && resource.was_enabled();
    found.add_app(resource.address.to_owned(), app);
}

fn app_settings(resource: &Resource<'_>) -> Vec<(Key, Node)> {
    let Some(settings) = resource.value("app_settings") else { return Vec::new() };
    secrets::app_settings(entries(Some(&settings)).iter().map(|(key, node)| (key.clone(), node)))
}

fn is_true(node: &Node, name: &str) -> bool {
    matches!(member(node, name), Some(Node { value: Value::Bool(true), .. }))
}

impl<'a> Resource<'a> {
    /// A value, in which what the plan does not know and what must not be shown is unknown.
    pub(super) fn value(&self, name: &str) -> Option<Node> {
        let mark = |marks: Option<&'a Node>| marks.and_then(|marks| entry(marks, name)).map(|(_, node)| node);
        let mut value = merge(mark(Some(self.values)), mark(self.unknown), mark(self.sensitive))?;
        // What is not among the values has no place of its own; the nearest is that of its name or of the resource.
        place(&mut value, entry(self.values, name).map_or(head(self.node), |(key, _)| key.span));
        Some(value)
    }

    /// A block that may be there once, and the place of its name; blocks are lists.
    fn block(&self, name: &str) -> Option<(Span, Node)> {
        let word = entry(self.values, name).map_or(head(self.node), |(key, _)| key.span);
        let value = self.value(name)?;
        let block = match value.value {
            Value::List(blocks) => blocks.into_iter().next()?,
            Value::Unknown => value,
            _ => return None,
        };
        Some((word, block))
    }

    /// Whether its authentication was on before the plan.
    fn was_enabled(&self) -> bool {
        let before = |name, switch| {
            let blocks = self.before.and_then(|before| member(before, name));
            items(blocks).first().is_some_and(|block| is_true(block, switch))
        };
        before("auth_settings_v2", "auth_enabled") || before("auth_settings", "enabled")
    }
}

/// Gives what has no place, since it is only among the marks, that of the word before it.
fn place(node: &mut Node, word: Span) {
    if node.span.end == 0 {
        node.span = word;
    }
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| place(item, word)),
        Value::Map(entries) => {
            for (key, inner) in entries {
                if key.span.end == 0 {
                    key.span = word;
                }
                place(inner, key.span);
            }
        }
        _ => {}
    }
}

/// A value with the marks of what is not known and what is sensitive, all of one shape. What is only marked has an empty place.
fn merge(value: Option<&Node>, unknown: Option<&Node>, sensitive: Option<&Node>) -> Option<Node> {
    let marked = |marks: Option<&Node>| matches!(marks, Some(Node { value: Value::Bool(true), .. }));
    let span = value.map(|node| node.span).unwrap_or_default();
    let set = value.filter(|node| node.value != Value::Null);
    if marked(unknown) || (marked(sensitive) && set.is_some()) {
        return Some(Node { value: Value::Unknown, span });
    }
    let value = match (set.map(|node| &node.value), unknown.map(|node| &node.value)) {
        (Some(Value::List(_)), _) | (None, Some(Value::List(_))) => {
            let (values, unknowns, sensitives) = (items(set), items(unknown), items(sensitive));
            let merged = (0..values.len().max(unknowns.len())).map(|at| {
                let item = merge(values.get(at), unknowns.get(at), sensitives.get(at));
                item.unwrap_or(Node {
                    value: Value::Null,
                    span: values.get(at).map(|node| node.span).unwrap_or_default(),
                })
            });
            let merged: Vec<Node> = merged.collect();
            // A list of which nothing is marked, and which is not there, is not there.
            if set.is_none() && merged.iter().all(|item| item.value == Value::Null) {
                return None;
            }
            Value::List(merged)
        }
        (Some(Value::Map(_)), _) | (None, Some(Value::Map(_))) => {
            let mut members: Vec<(Key, Node)> = Vec::new();
            let (unknowns, sensitives) = (by_name(unknown), by_name(sensitive));
            let values = by_name(set);
            for (key, inner) in entries(set) {
                let name = key.text.as_str();
                let merged = merge(Some(inner), unknowns.get(name).copied(), sensitives.get(name).copied());
                members.extend(merged.map(|node| (key.clone(), node)));
            }
            for (key, mark) in entries(unknown) {
                if !values.contains_key(key.text.as_str())
                    && let Some(node) = merge(None, Some(mark), None)
                {
                    members.push((Key { text: key.text.clone(), span: Span::default() }, node));
                }
            }
            if set.is_none() && members.is_empty() {
                return None;
            }
            Value::Map(members)
        }
        (Some(value), _) => value.clone(),
        (None, _) => return None,
    };
    Some(Node { value, span })
}

fn by_name(node: Option<&Node>) -> HashMap<&str, &Node> {
    entries(node).iter().map(|(key, node)| (key.text.as_str(), node)).collect()
}

impl<'a> Plan<'a> {
    fn of(root: &'a Node, values: &'a Node) -> Self {
        let changes: HashMap<&str, &Node> = items(member(root, "resource_changes"))
            .iter()
            .filter_map(|change| Some((text(change, "address")?, member(change, "change")?)))
            .collect();
        let mut plan = Self {
            resources: Vec::new(),
            expressions: HashMap::new(),
            by_stem: HashMap::new(),
            by_name: HashMap::new(),
        };
        if let Some(module) = member(values, "root_module") {
            plan.module(module, &changes);
        }
        if let Some(module) = at(root, "configuration.root_module") {
            plan.configuration(module, "");
        }
        let apps = plan
            .resources
            .iter()
            .enumerate()
            .filter(|(_, one)| text(one.node, "type").is_some_and(|kind| app_kind(kind).is_some()));
        plan.by_name = apps.map(|(at, app)| (name::told(&plan.host(app)).to_ascii_lowercase(), at)).collect();
        plan
    }

    fn module(&mut self, module: &'a Node, changes: &HashMap<&str, &'a Node>) {
        for node in items(member(module, "resources")) {
            let (Some(address), Some(values)) = (text(node, "address"), member(node, "values")) else { continue };
            if text(node, "mode").is_some_and(|mode| mode != "managed") {
                continue;
            }
            let change = changes.get(address).copied();
            let beside = |name| change.and_then(|change| member(change, name));
            let sensitive = member(node, "sensitive_values").or_else(|| beside("after_sensitive"));
            self.by_stem.entry(stem(address)).or_default().push(self.resources.len());
            self.resources.push(Resource {
                address,
                node,
                values,
                sensitive,
                unknown: beside("after_unknown"),
                before: beside("before"),
            });
        }
        for child in items(member(module, "child_modules")) {
            self.module(child, changes);
        }
    }

    fn configuration(&mut self, module: &'a Node, prefix: &str) {
        for resource in items(member(module, "resources")) {
            if let (Some(address), Some(expressions)) = (text(resource, "address"), member(resource, "expressions")) {
                self.expressions.insert(format!("{prefix}{address}"), expressions);
            }
        }
        for (key, call) in entries(member(module, "module_calls")) {
            if let Some(inner) = member(call, "module") {
                self.configuration(inner, &format!("{prefix}module.{}.", key.text));
            }
        }
    }

    /// The resource of the same module that an attribute refers to.
    pub(super) fn referred(&self, resource: &Resource<'_>, attribute: &str) -> Option<&Resource<'a>> {
        let own = stem(resource.address);
        let expressions = self.expressions.get(&own)?;
        let references = items(member(member(expressions, attribute)?, "references"));
        let prefix = own.rsplitn(3, '.').nth(2).map(|module| format!("{module}.")).unwrap_or_default();
        references.iter().find_map(|reference| {
            let Value::Text(reference) = &reference.value else { return None };
            let mut words = reference.split('.');
            let (kind, label) = (words.next()?, words.next()?);
            let candidates = self.by_stem.get(&stem(&format!("{prefix}{kind}.{label}")))?;
            // Among several of one label it is that of the same index.
            let same = |at: &&usize| indices(self.resources[**at].address) == indices(resource.address);
            let at = if candidates.len() == 1 { candidates.first() } else { candidates.iter().find(same) };
            at.map(|at| &self.resources[*at])
        })
    }

    /// The name of an app, and of its slot. What has no name yet is called by its address.
    pub(super) fn host(&self, resource: &Resource<'_>) -> Host {
        let named = |resource: &Resource<'_>| text(resource.values, "name").unwrap_or(resource.address).to_owned();
        if !text(resource.node, "type").is_some_and(|kind| kind.ends_with("_slot")) {
            return Host { app: named(resource), slot: None, is_function_app: None };
        }
        let parents = ["function_app_id", "app_service_id"];
        let by_id = parents.iter().find_map(|name| text(resource.values, name)).and_then(name::host_of_id);
        let app = by_id
            .map(|host| host.app)
            .or_else(|| {
                text(resource.values, "function_app_name")
                    .or_else(|| text(resource.values, "app_service_name"))
                    .map(str::to_owned)
            })
            .or_else(|| parents.iter().find_map(|name| self.referred(resource, name)).map(named))
            .unwrap_or_default();
        Host { app, slot: Some(named(resource)), is_function_app: None }
    }

    /// The app that a resource id names.
    pub(super) fn app_of_id(&self, id: &str) -> Option<&Resource<'a>> {
        let wanted = name::told(&name::host_of_id(id)?).to_ascii_lowercase();
        self.by_name.get(&wanted).map(|at| &self.resources[*at])
    }
}

/// An address without its indices: `module.a["x"].azurerm_linux_function_app.this[0]` has none of the brackets.
fn stem(address: &str) -> String {
    let (mut stem, mut depth, mut quoted) = (String::with_capacity(address.len()), 0_usize, false);
    for letter in address.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if depth == 0 => stem.push(letter),
            _ => {}
        }
    }
    stem
}

/// What an address has in brackets.
fn indices(address: &str) -> Vec<&str> {
    address.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(index, _)| index).collect()
}
