//! What a file says around the auth settings: of the app that they protect, and of those who call it.

mod keys;
mod resources;
#[cfg(test)]
mod tests;

use diagnostics::{Node, Span, Value};

use self::resources::Resources;
use crate::read::name::told;
use crate::{Configuration, Property};

/// What a file says around one configuration, as far as rules look at it. What it does not say is none, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The condition that the app itself depends on.
    pub condition: Option<Span>,
    /// Whether the app itself sends plain requests to `https` (`httpsOnly`, Terraform `https_only`).
    pub https_only: Option<bool>,
    /// Where the app is opened to the public network in so many words (`publicNetworkAccess: Enabled`, Terraform
    /// `public_network_access_enabled`).
    pub public_network: Option<Span>,
    /// Whether access is restricted by address (`siteConfig.ipSecurityRestrictions`, Terraform `site_config.ip_restriction`).
    pub ip_restricted: Option<bool>,
    /// The app settings that stay with their slot (the resource `slotConfigNames`, Terraform `sticky_settings`).
    pub sticky_settings: Option<Vec<String>>,
    /// The functions of this app, where the file deploys them; those of a slot are not looked for.
    pub functions: Vec<Function>,
    /// Where API Management holds or sends a functions key; the text says how. It is said of the whole file, and so told of the first
    /// configuration in it that is there.
    pub keys: Vec<Passage>,
    /// Scripts that run beside the deployment; they are told of the first configuration as well.
    pub scripts: Vec<Passage>,
}

/// A piece of text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A function that is called over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name; empty where the file does not say it.
    pub name: String,
    /// `authLevel` of its trigger as it is written: `anonymous`, `function`, `admin`.
    pub level: String,
    /// Where that stands.
    pub span: Span,
}

/// Gives configurations what their file says around them; `root` is its whole tree: a template, a plan or a state. An app is found by
/// the name and the host of its configuration. Expressions may stand in the tree as texts.
pub(crate) fn surround(root: &Node, configurations: &mut [Configuration]) {
    let mut resources = Resources::of(root);
    for configuration in configurations.iter_mut() {
        let host = &configuration.host;
        let app = resources.app(&configuration.name, host);
        configuration.surroundings = app.map(|app| Surroundings::of_app(app.body, app.condition)).unwrap_or_default();
        if host.slot.is_none() {
            configuration.surroundings.functions = resources.functions(host);
        }
        if let Some(sticky) = resources.sticky_settings(host) {
            configuration.surroundings.sticky_settings = texts(sticky);
        }
    }
    let apps = configurations.iter().map(|one| told(&one.host).to_ascii_lowercase()).collect();
    let keys = resources.keys(&apps);
    if let Some(first) = configurations.iter_mut().find(|one| !one.absent) {
        (first.surroundings.keys, first.surroundings.scripts) = (keys, std::mem::take(&mut resources.scripts));
    }
}

impl Surroundings {
    fn of_app(app: Property<'_>, condition: Option<Span>) -> Self {
        let public = ["publicNetworkAccess", "siteConfig.publicNetworkAccess", "public_network_access_enabled"];
        let public = public.into_iter().map(|path| app.at(path));
        Self {
            condition,
            https_only: app.at("httpsOnly").boolean().or(app.at("https_only").boolean()),
            public_network: public
                .filter(|public| public.boolean() == Some(true) || is_text(*public, "Enabled"))
                .find_map(Property::span),
            ip_restricted: is_restricted(app),
            sticky_settings: texts(app.at("sticky_settings").first().at("app_setting_names")),
            ..Self::default()
        }
    }
}

impl Passage {
    /// The text of a property.
    fn of(property: Property<'_>) -> Option<Self> {
        Some(Self { text: property.text()?.to_owned(), span: property.span()? })
    }
}

/// Whether an app keeps anybody out by address; none where the file does not say.
fn is_restricted(app: Property<'_>) -> Option<bool> {
    let site = [app.at("siteConfig"), app.at("site_config").first()].into_iter().find(|site| !site.is_absent());
    let Some(site) = site else { return Some(false) };
    let one_of = |names: [&str; 2]| names.into_iter().map(|name| site.at(name)).find(|one| !one.is_absent());
    let otherwise = one_of(["ipSecurityRestrictionsDefaultAction", "ip_restriction_default_action"]);
    if otherwise.is_some_and(|action| is_text(action, "Deny")) {
        return Some(true);
    }
    let rules = one_of(["ipSecurityRestrictions", "ip_restriction"]);
    // An expression, of the whole or of a part.
    let said = matches!(site, Property::Is(Node { value: Value::Map(_), .. }))
        && rules.is_none_or(Property::is_list)
        && otherwise.is_none_or(|action| is_text(action, "Allow"));
    let open = |rule: &Node| ["Any", "0.0.0.0/0"].iter().any(|any| is_text(Property::of(rule).at("ipAddress"), any));
    said.then(|| rules.is_some_and(|rules| rules.list().iter().any(|rule| !open(rule))))
}

/// The texts of a list; none where one of them is an expression.
fn texts(list: Property<'_>) -> Option<Vec<String>> {
    let texts: Vec<String> =
        list.texts().map(|(text, _)| text.to_owned()).filter(|text| !text.starts_with('[')).collect();
    (list.is_list() && texts.len() == list.list().len()).then_some(texts)
}

fn is_text(property: Property<'_>, wanted: &str) -> bool {
    property.text().is_some_and(|text| text.eq_ignore_ascii_case(wanted))
}
