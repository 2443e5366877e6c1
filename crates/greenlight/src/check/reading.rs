//! The configurations of a file, by the reader of single settings.

use std::sync::Arc;

use authsettings::{Configuration, Form, Host};
use diagnostics::{Diagnostic, Node, Source, Span, Value, parse};

/// What a file holds.
pub(crate) struct Reading {
    pub(crate) configurations: Vec<Configuration>,
    /// What could not be read. Where there is no configuration at all there is at least one error.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

pub(crate) fn configurations(source: &Arc<Source>) -> Reading {
    let root = match parse(source) {
        Ok(root) => root,
        Err(diagnostic) => return Reading { configurations: Vec::new(), diagnostics: vec![diagnostic] },
    };
    let resources = match root.value {
        Value::List(items) => items,
        _ => vec![root],
    };
    let configurations: Vec<_> = resources.iter().filter_map(|one| configuration(source, one)).collect();
    let diagnostics = if configurations.is_empty() { vec![nothing(source)] } else { Vec::new() };
    Reading { configurations, diagnostics }
}

fn nothing(source: &Arc<Source>) -> Diagnostic {
    let message = "no authentication settings of an App Service app are here";
    Diagnostic { span: None, ..Diagnostic::error(source, Span::default(), message) }
        .help("hand in authsettingsV2 as an ARM resource, the body of a PUT, or its bare properties")
}

fn configuration(source: &Arc<Source>, resource: &Node) -> Option<Configuration> {
    let properties = member(resource, "properties").unwrap_or(resource);
    ["platform", "globalValidation", "identityProviders"].iter().find_map(|name| member(properties, name))?;
    let id = match member(resource, "id") {
        Some(Node { value: Value::Text(id), .. }) => id.as_str(),
        _ => "",
    };
    let mut steps = id.split('/').skip_while(|step| !step.eq_ignore_ascii_case("sites"));
    let app = steps.nth(1).unwrap_or_default().to_owned();
    let slot = steps.next().filter(|step| step.eq_ignore_ascii_case("slots")).and_then(|_| steps.next());
    Some(Configuration {
        source: Arc::clone(source),
        name: slot.map_or_else(|| app.clone(), |slot| format!("{app}/{slot}")),
        form: Form::Resource,
        host: Host { app, slot: slot.map(str::to_owned), is_function_app: None },
        conditional: None,
        removed: false,
        span: resource.span,
        properties: properties.clone(),
        app_settings: Vec::new(),
    })
}

fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name)).map(|(_, node)| node)
}
