//! Finds authentication settings in whatever file they live in.
//!
//! What a file is follows from what is in it, never from its name. Everything that is found becomes a [`Configuration`], whose tree has
//! the names of authsettingsV2 whatever the form, and the places of the words that were really written.

mod arm;
mod azapi;
mod azurerm;
mod foreign;
mod found;
pub(crate) mod name;
mod plan;
mod secrets;
mod tree;
mod typed;
mod v1;

use std::sync::Arc;

use diagnostics::{Diagnostic, Level, Node, Source, Span, Value, parse, parse_json};

use self::arm::Around;
use self::found::Found;
use crate::secrets::hide;
use crate::surroundings::surround;
use crate::{Configuration, Form, Settings};

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Every configuration, in written order; a Function App without one stands among them, as one that is
    /// [absent](Configuration::absent).
    pub configurations: Vec<Configuration>,
    /// What could not be read, and why. Where there is no configuration at all there is at least one error.
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds every auth configuration in a file.
///
/// Understood are an ARM resource as a GET gives it, alone or in lists, the body of a PUT, the bare properties; the file that
/// `platform.configFilePath` names; ARM templates, compiled Bicep among them, with nested resources and templates; what `az webapp auth
/// show` prints, V1 settings included; and plans and states of Terraform as `terraform show -json` prints them. A bare tree counts
/// as a configuration file only where it uses a word that only such files have (`openIdConnectProviders`, `IdentityDerived`).
///
/// Expressions of templates are not computed, and defaults of parameters not taken for their values: who deploys may hand in others.
/// A template's resources under a `condition` are [conditional](Configuration::conditional); a plan of Terraform is what its conditions
/// have come to.
///
/// What is secret in the file, by its name or because Terraform marks it, is masked in every diagnostic and unknown in every tree.
pub fn configurations(source: &Arc<Source>) -> Reading {
    let root = match tree(source) {
        Ok(root) => root,
        Err(diagnostic) => return Reading { configurations: Vec::new(), diagnostics: vec![diagnostic] },
    };
    let secrets = secrets::of(&root);
    let masked = if secrets.is_empty() { Arc::clone(source) } else { source.masked(&secrets) };
    let mut found = Found::new(&masked);
    document(&mut found, &root);
    let mut reading = found.settle();
    surround(&root, &mut reading.configurations);
    hide(&mut reading.configurations, &mut reading.diagnostics);
    reading
}

/// Reads the one configuration of a file as typed settings, and says what is wrong with it. There are no settings where anything is
/// an error.
pub fn read(source: &Arc<Source>) -> (Option<Settings>, Vec<Diagnostic>) {
    read_named(source, None)
}

/// Reads one configuration of a file, by its name, the name of its app or that of its slot; without a name the file must hold no more
/// than one.
pub fn read_named(source: &Arc<Source>, name: Option<&str>) -> (Option<Settings>, Vec<Diagnostic>) {
    let Reading { configurations, mut diagnostics } = configurations(source);
    if configurations.is_empty() {
        return (None, diagnostics);
    }
    let configuration = match choose(source, &configurations, name) {
        Ok(configuration) => configuration,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return (None, diagnostics);
        }
    };
    // What could not be read elsewhere in the file does not concern the one that was chosen.
    if name.is_some() {
        diagnostics.iter_mut().filter(|one| one.level == Level::Error).for_each(|one| one.level = Level::Warning);
    }
    if configuration.form.is_v1() {
        let message = "these are V1 settings; they are read as the V2 settings that they would become";
        diagnostics.push(
            Diagnostic::warning(&configuration.source, configuration.span, message)
                .help("V1 cannot say all that V2 can, such as Return401: move to authsettingsV2"),
        );
    }
    let (settings, mut found) = configuration.settings();
    diagnostics.append(&mut found);
    (settings.filter(|_| diagnostics.iter().all(|one| one.level != Level::Error)), diagnostics)
}

/// The one configuration that is meant.
fn choose<'a>(
    source: &Arc<Source>,
    all: &'a [Configuration],
    name: Option<&str>,
) -> Result<&'a Configuration, Diagnostic> {
    let named = |one: &&Configuration| name.is_none_or(|name| is_called(one, name));
    let present: Vec<&Configuration> = all.iter().filter(|one| !one.absent).filter(named).collect();
    // V1 settings beside V2 ones of the same app do not count.
    let newest: Vec<&Configuration> = present.iter().copied().filter(|one| !one.form.is_v1()).collect();
    match (present.as_slice(), newest.as_slice()) {
        ([one], _) | (_, [one]) if present.iter().all(|other| other.host == one.host) => return Ok(one),
        ([], _) => {}
        _ => {
            return Err(Diagnostic::error(
                &present[1].source,
                present[1].span,
                "more than one configuration is in this file",
            )
            .label("this is the second")
            .help(format!("say which is meant by its name: {}", names(&present))));
        }
    }
    if let Some(app) = all.iter().filter(named).find(|one| one.absent) {
        let message = format!("`{}` has no authentication settings", app.name);
        return Err(
            Diagnostic::error(&app.source, app.span, message).help("add `auth_settings_v2` or authsettingsV2 to it")
        );
    }
    let message = format!("no configuration is called `{}`", name.unwrap_or_default());
    let help = format!("those in this file are {}", names(&all.iter().collect::<Vec<_>>()));
    Err(Diagnostic { span: None, ..Diagnostic::error(source, Span::default(), message) }.help(help))
}

fn is_called(configuration: &Configuration, name: &str) -> bool {
    let slot = configuration.host.slot.as_deref();
    configuration.name.eq_ignore_ascii_case(name)
        || slot.is_some_and(|slot| slot.eq_ignore_ascii_case(name))
        || (slot.is_none() && configuration.host.app.eq_ignore_ascii_case(name))
}

fn names(configurations: &[&Configuration]) -> String {
    let name = |one: &&Configuration| {
        if one.name.is_empty() { "(without a name)".to_owned() } else { format!("`{}`", one.name) }
    };
    configurations.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The tree of a file: JSON where it looks like it, YAML otherwise.
fn tree(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    if let Some(diagnostic) = foreign::recognise(source) {
        return Err(diagnostic);
    }
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['{', '[', '/']) { parse_json(source) } else { parse(source) }
}

fn document(found: &mut Found, root: &Node) {
    match &root.value {
        Value::Map(_) if plan::is_document(root) => plan::read(found, root),
        Value::Map(_) if plan::is_raw_state(root) => found.problems.error(
            first_line(root),
            "a state as Terraform keeps it is not read",
            "run `terraform show -json` and hand in what it prints",
        ),
        Value::Map(_) if is_template(root) => arm::template(found, root, &Around::nothing(Form::Template)),
        Value::Map(_) => arm::object(found, root),
        Value::List(items) => items.iter().for_each(|item| match &item.value {
            Value::Map(_) if is_template(item) => arm::template(found, item, &Around::nothing(Form::Template)),
            _ => arm::object(found, item),
        }),
        _ => found.problems.mismatch(root, "an object", "hand in the JSON of authsettingsV2"),
    }
}

/// A template, a file of its parameters, or the parameters of a module.
fn is_template(node: &Node) -> bool {
    let has = |name| tree::entry(node, name).is_some();
    tree::text(node, "type").is_none() && (has("resources") || has("configs") || (has("$schema") && has("parameters")))
}

fn first_line(node: &Node) -> Span {
    Span { start: node.span.start, end: node.span.start + 1 }
}

#[cfg(test)]
mod tests;
