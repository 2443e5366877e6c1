//! What was found in a file so far: configurations, apps, app settings, and what could not be read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diagnostics::{Diagnostic, Key, Level, Node, Problems, Source, Span};

use super::name;
use crate::{Configuration, Form, Host, Reading, Surroundings};

/// What was found in a file so far.
pub(super) struct Found {
    /// The file, its secrets masked.
    pub(super) source: Arc<Source>,
    /// What could not be read.
    pub(super) problems: Problems,
    configurations: Vec<(String, Configuration)>,
    /// Apps by their key, each as a configuration that is absent.
    apps: Vec<(String, Configuration)>,
    app_settings: HashMap<String, Vec<(Key, Node)>>,
}

impl Found {
    pub(super) fn new(source: &Arc<Source>) -> Self {
        Self {
            source: Arc::clone(source),
            problems: Problems::new(source),
            configurations: Vec::new(),
            apps: Vec::new(),
            app_settings: HashMap::new(),
        }
    }

    /// A configuration with nothing but its place and properties.
    pub(super) fn configuration(&self, form: Form, host: Host, span: Span, properties: Node) -> Configuration {
        Configuration {
            source: Arc::clone(&self.source),
            name: name::told(&host),
            form,
            host,
            conditional: None,
            absent: false,
            removed: false,
            span,
            properties,
            app_settings: Vec::new(),
            surroundings: Surroundings::default(),
        }
    }

    /// Adds a configuration of the app that has this key.
    pub(super) fn add(&mut self, key: String, configuration: Configuration) {
        self.configurations.push((key, configuration));
    }

    /// Adds an app. Where no configuration has its key, and it is a Function App, it has no authentication.
    pub(super) fn add_app(&mut self, key: String, app: Configuration) {
        self.apps.push((key, app));
    }

    /// Adds app settings of the app that has this key.
    pub(super) fn add_app_settings(&mut self, key: String, settings: Vec<(Key, Node)>) {
        self.app_settings.entry(key).or_default().extend(settings);
    }

    pub(super) fn warn(&self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Diagnostic::warning(&self.source, span, message).help(help));
    }

    /// Brings together what belongs together.
    pub(super) fn settle(mut self) -> Reading {
        let apps: HashMap<&str, &Configuration> = self.apps.iter().map(|(key, app)| (key.as_str(), app)).collect();
        for (key, configuration) in &mut self.configurations {
            if let Some(app) = apps.get(key.as_str()) {
                configuration.host.is_function_app = configuration.host.is_function_app.or(app.host.is_function_app);
                configuration.app_settings.extend(app.app_settings.iter().cloned());
            }
            if let Some(settings) = self.app_settings.get(key) {
                configuration.app_settings.extend(settings.iter().cloned());
            }
        }
        let protected: HashSet<&str> = self.configurations.iter().map(|(key, _)| key.as_str()).collect();
        // A configuration whose app is not among those of the file may be that of any whose name is not certain either.
        let loose: Vec<&Configuration> = self
            .configurations
            .iter()
            .filter(|(key, _)| !apps.contains_key(key.as_str()))
            .map(|(_, one)| one)
            .collect();
        let certain = loose.iter().all(|one| name::is_literal(&one.host.app));
        let mut unprotected = Vec::new();
        for (key, app) in &self.apps {
            // A site as it is deployed says nothing of its configuration, which is a resource of its own.
            let says = app.form != Form::Resource && app.host.is_function_app == Some(true);
            if !says || protected.contains(key.as_str()) {
                continue;
            }
            if loose.is_empty() || (certain && name::is_literal(&app.host.app)) {
                let mut app = app.clone();
                app.app_settings.extend(self.app_settings.get(key).into_iter().flatten().cloned());
                unprotected.push(app);
            } else {
                let message = format!("it cannot be told from the names whether `{}` has authentication", app.name);
                self.warn(app.span, message, "hand in its deployed settings");
            }
        }
        let mut configurations: Vec<Configuration> = self.configurations.into_iter().map(|(_, one)| one).collect();
        configurations.append(&mut unprotected);
        configurations.sort_by_key(|one| one.span.start);
        let mut diagnostics = self.problems.into_vec();
        if configurations.is_empty() {
            nothing(&self.source, &mut diagnostics);
        }
        Reading { configurations, diagnostics }
    }
}

/// Nothing was found: that is never good, so at least one error says it.
fn nothing(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.iter().any(|one| one.level == Level::Error) {
        return;
    }
    if let Some(first) = diagnostics.first_mut() {
        first.level = Level::Error;
        return;
    }
    diagnostics.push(
        Diagnostic { span: None, ..Diagnostic::error(source, Span::default(), "no authentication settings of an App Service app are here") }.help(
            "looked for were a resource named authsettingsV2 or its properties, such resources in a template, V1 settings, and \
             `auth_settings_v2`, `auth_settings` or azapi resources in what `terraform show -json` prints; read those of a deployed \
             app by `az rest --method get --url .../sites/NAME/config/authsettingsV2?api-version=2023-12-01`",
        ),
    );
}
