//! What is asked of every rule, and what the tests of single rules make their configurations with.

mod audiences;
mod callers;
mod fixtures;
mod issuers;
mod laws;
mod paths;
mod switches;

use std::sync::Arc;

use diagnostics::{Level, Node, Source, Span, Value, parse, render};

use super::{Expected, RULES, Rule, Subject, lint};
use crate::secrets::hide;
use crate::surroundings::surround;
use crate::{Configuration, Form, Host, Passage, Property, Surroundings, TokenVersion};

/// The settings that a careful module deploys: one tenant, one audience, one caller, nothing excluded.
const BASELINE: &str = include_str!("../../../../fixtures/rules/baseline.json");

/// A configuration, and what a user expects of it.
pub(super) struct Given {
    configuration: Configuration,
    beside: Vec<Configuration>,
    expected: Expected,
}

impl Given {
    /// Reads what an example of a rule may hold: properties alone, or what [`Rule::example`] says. A text in brackets is an expression,
    /// whose value is not known.
    pub(super) fn read(text: &str) -> Self {
        let source = Source::new("authsettings.json", text);
        let mut root = parse(&source).unwrap();
        forget_expressions(&mut root);
        let others = member(&root, "resources").map_or(Property::Absent, Property::of).list().iter();
        let named =
            |node: &&Node| Property::of(node).at("name").text().is_some_and(|name| name.ends_with("/authsettingsV2"));
        let beside = others.filter(named).map(|node| Self::of(&source, node).configuration).collect();
        Self { beside, ..Self::of(&source, &root) }
    }

    fn of(source: &Arc<Source>, root: &Node) -> Self {
        let span = Span { start: root.span.start, end: root.span.start + 1 };
        let app_settings = match member(root, "appSettings") {
            Some(Node { value: Value::Map(entries), .. }) => entries.clone(),
            _ => Vec::new(),
        };
        let expected = member(root, "expected").map(expected).unwrap_or_default();
        let removed = member(root, "change").is_some();
        let name = Property::of(root).at("name").text().unwrap_or_default();
        let form = if name == "authsettings" { Form::V1 } else { Form::Resource };
        let segments: Vec<String> = name.split('/').map(str::to_owned).collect();
        let (app, slot) = match segments.as_slice() {
            [app, slot, _] => (app.clone(), Some(slot.clone())),
            [app, _] => (app.clone(), None),
            _ => (String::new(), None),
        };
        let nothing = Node { value: Value::Map(Vec::new()), span };
        let properties = if removed { Some(nothing) } else { member(root, "properties").cloned() };
        let mut configuration = Configuration {
            source: Arc::clone(source),
            name: String::new(),
            form: if removed { Form::Terraform } else { form },
            host: Host { app, slot, is_function_app: None },
            conditional: member(root, "condition").map(|condition| condition.span),
            absent: false,
            removed,
            span,
            properties: properties.unwrap_or_else(|| root.clone()),
            app_settings,
            surroundings: Surroundings::default(),
        };
        if member(root, "resources").is_some() {
            surround(root, std::slice::from_mut(&mut configuration));
        }
        hide(std::slice::from_mut(&mut configuration), &mut []);
        Self { configuration, beside: Vec::new(), expected }
    }

    /// The secure baseline with some changes: a path and its new value as JSON, nothing to leave it out. A path begins with
    /// `registration` or `validation` of the provider, with another member of `properties`, with `appSettings` or with `expected`.
    pub(super) fn baseline(changes: &[(&str, &str)]) -> Self {
        let mut root: serde_json::Value = serde_json::from_str(BASELINE).unwrap();
        for (path, value) in changes {
            let whole = match path.split('.').next() {
                Some("appSettings" | "expected") => (*path).to_owned(),
                Some("registration" | "validation") => {
                    format!("properties.identityProviders.azureActiveDirectory.{path}")
                }
                _ => format!("properties.{path}"),
            };
            let mut names: Vec<&str> = whole.split('.').collect();
            let name = names.pop().unwrap();
            let parent = names.into_iter().fold(&mut root, |node, name| &mut node[name]);
            if value.is_empty() {
                parent.as_object_mut().unwrap().remove(name).unwrap();
            } else {
                parent[name] = serde_json::from_str(value).unwrap();
            }
        }
        Self::read(&serde_json::to_string_pretty(&root).unwrap())
    }

    /// The same in another form. The tree has the names of authsettingsV2 in all of them.
    pub(super) fn form(mut self, form: Form) -> Self {
        self.configuration.form = form;
        self
    }

    /// The same, as that of an app or of a slot of it.
    pub(super) fn host(mut self, app: &str, slot: Option<&str>) -> Self {
        self.configuration.host = Host { app: app.to_owned(), slot: slot.map(str::to_owned), ..Host::default() };
        self
    }

    /// The same, with another configuration that came in with it.
    pub(super) fn beside(mut self, other: Given) -> Self {
        self.beside.push(other.configuration);
        self
    }

    /// The same, with a script that runs beside the deployment.
    pub(super) fn script(self, text: &str) -> Self {
        let script = Passage { text: text.to_owned(), span: Span { start: 0, end: 1 } };
        self.with(|one| one.surroundings.scripts.push(script))
    }

    /// The same, with changes of what no text says.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Configuration)) -> Self {
        change(&mut self.configuration);
        self
    }

    /// The same, as a plan shows it that takes authentication away.
    pub(super) fn removed(mut self) -> Self {
        self.configuration.removed = true;
        self
    }

    /// The ids of the rules that fire, each once for every place.
    pub(super) fn fired(&self) -> Vec<&'static str> {
        self.lint().iter().filter_map(|one| one.rule).collect()
    }

    /// Whether one rule fires.
    pub(super) fn fires(&self, rule: &str) -> bool {
        assert!(RULES.iter().any(|one| one.id == rule), "there is no rule {rule}");
        self.fired().contains(&rule)
    }

    /// What one rule tells, as a terminal shows it.
    pub(super) fn told(&self, rule: &str) -> String {
        let found: Vec<_> = self.lint().into_iter().filter(|one| one.rule == Some(rule)).collect();
        render(&found, false)
    }

    /// What all rules tell, as a terminal shows it.
    pub(super) fn told_in_full(&self) -> String {
        render(&self.lint(), false)
    }

    /// How grave it is, each time that one rule fires.
    pub(super) fn levels(&self, rule: &str) -> Vec<Level> {
        self.lint().iter().filter(|one| one.rule == Some(rule)).map(|one| one.level).collect()
    }

    fn lint(&self) -> Vec<diagnostics::Diagnostic> {
        let all = [&self.configuration].into_iter().chain(&self.beside);
        let all: Vec<Configuration> = all.cloned().collect();
        lint(&Subject { configuration: &self.configuration, all: &all, expected: &self.expected })
    }
}

/// What every fixture is read with where a rule needs to know what is expected; the secure baseline satisfies it.
const EXPECTED: &[(&str, &str)] = &[
    ("expected.callers", r#"["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"]"#),
    ("expected.audience", r#""11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41""#),
    ("expected.tenant", r#""72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10""#),
    ("expected.tokenVersion", "\"v2\""),
];

fn expected(node: &Node) -> Expected {
    let property = |name| member(node, name).map_or(Property::Absent, Property::of);
    let text = |name| property(name).text().map(str::to_owned);
    let token_version = property("tokenVersion").text().map(|version| match version {
        "v1" => TokenVersion::V1,
        _ => TokenVersion::V2,
    });
    let callers = property("callers").texts().map(|(text, _)| text.to_owned()).collect();
    Expected { callers, audience: text("audience"), tenant: text("tenant"), token_version }
}

fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
}

fn forget_expressions(node: &mut Node) {
    match &mut node.value {
        Value::Text(text) if text.starts_with('[') && text.ends_with(']') => node.value = Value::Unknown,
        Value::List(items) => items.iter_mut().for_each(forget_expressions),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, node)| forget_expressions(node)),
        _ => {}
    }
}

#[test]
fn the_example_of_every_rule_fires_it() {
    for rule in RULES {
        assert!(Given::read(rule.example).fires(rule.id), "{} passes over its own example", rule.id);
    }
}

#[test]
fn nothing_is_said_of_secure_settings_once_it_is_known_what_is_expected() {
    assert_eq!(Given::baseline(EXPECTED).fired(), [""; 0]);
}

#[test]
fn of_secure_settings_only_is_asked_what_nobody_can_see_in_them() {
    let given = Given::baseline(&[]);
    assert_eq!(given.fired(), ["L-AUD-NONE", "L-ISS-VERSION"]);
    assert!(given.lint().iter().all(|one| one.level > Level::Error), "nothing of it is an error");
}

#[test]
fn every_rule_says_what_it_is() {
    for (at, rule) in RULES.iter().enumerate() {
        let Rule { id, title, why, fix, sources, .. } = rule;
        assert!(RULES[..at].iter().all(|other| other.id != *id), "{id} is there twice");
        let name = id.strip_prefix("L-").unwrap_or_default();
        let well_formed = name.split('-').all(|part| {
            !part.is_empty() && part.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
        });
        assert!(well_formed, "{id} is no id of a rule");
        assert!(
            title.starts_with(|first: char| !first.is_whitespace()) && !title.ends_with('.'),
            "title of {id}: {title}"
        );
        for (what, text) in [("why", why), ("fix", fix)] {
            assert!(text.ends_with('.') && !text.contains("  "), "{what} of {id} is no sentence: {text}");
        }
        assert!(!sources.is_empty() && sources.iter().all(|source| !source.is_empty()), "{id} names no source");
    }
}

#[test]
fn what_is_found_names_its_rule_its_words_and_what_to_do() {
    for rule in RULES {
        for found in Given::read(rule.example).lint() {
            let Some(id) = found.rule else { panic!("{} names no rule", found.message) };
            assert!(!found.message.ends_with('.') && found.help.is_some_and(|help| !help.is_empty()), "{id}");
            assert!(
                found.span.is_some_and(|span| span.end > span.start && span.end <= found.source.text.len()),
                "{id}"
            );
        }
    }
}

/// How each rule speaks to whoever wrote JSON, and what it advises whoever wrote Terraform.
#[test]
fn every_rule_speaks_in_the_words_of_the_file() {
    for rule in RULES {
        let terraform = Given::read(rule.example).form(Form::Terraform);
        let advice: Vec<_> = terraform.lint().into_iter().filter(|one| one.rule == Some(rule.id)).collect();
        let advice: Vec<_> = advice
            .iter()
            .map(|one| format!("{}\n  help: {}", one.message, one.help.as_deref().unwrap_or_default()))
            .collect();
        let told = Given::read(rule.example).told(rule.id);
        insta::assert_snapshot!(rule.id, format!("{told}\nin Terraform: {}", advice.join("\n")));
    }
}

#[test]
fn what_is_not_known_is_neither_wrong_nor_missing() {
    let Given { configuration, expected, .. } = Given::baseline(EXPECTED);
    for at in 0.. {
        let mut configuration = configuration.clone();
        if !forget(&mut configuration.properties, &mut { at }) {
            break;
        }
        let given = Given { configuration, beside: Vec::new(), expected: expected.clone() };
        assert_eq!(given.fired(), [""; 0], "{:?}", given.configuration.properties);
    }
}

#[test]
fn of_an_example_that_is_not_known_nothing_is_said() {
    for rule in RULES {
        let mut given = Given::read(rule.example);
        given.configuration.properties.value = Value::Unknown;
        for (_, node) in &mut given.configuration.app_settings {
            node.value = Value::Unknown;
        }
        // That an app setting is there is enough, and so are the form of a file and what it says around the settings.
        let by_itself = ["L-ENV-OFF", "L-V1", "L-PUT", "L-TF-REMOVED", "L-TF-COND", "L-OUTOFBAND"].contains(&rule.id);
        assert!(by_itself || !given.fires(rule.id), "{}", rule.id);
    }
}

/// Turns the value at some place of the tree, counted in writing order, into one that is not known.
fn forget(node: &mut Node, at: &mut usize) -> bool {
    if *at == 0 {
        node.value = Value::Unknown;
        return true;
    }
    *at -= 1;
    match &mut node.value {
        Value::List(items) => items.iter_mut().any(|item| forget(item, at)),
        Value::Map(entries) => entries.iter_mut().any(|(_, inner)| forget(inner, at)),
        _ => false,
    }
}

/// What a rule says beside what its example shows.
#[test]
fn a_rule_says_what_it_found() {
    const CHECKS: &str = "validation.defaultAuthorizationPolicy";
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("L-DISABLED", &[("platform.enabled", "")]),
        ("L-ENV-OFF", &[("appSettings.WEBSITE_AUTH_ENABLED", r#""true""#)]),
        ("L-ANON", &[("globalValidation", r#"{ "unauthenticatedClientAction": "AllowAnonymous" }"#)]),
        ("L-REQ-MISSING", &[("globalValidation", r#"{ "requireAuthentication": false }"#)]),
        ("L-NO-PROVIDER", &[("registration.openIdIssuer", "")]),
        ("L-NO-PROVIDER", &[("identityProviders.azureActiveDirectory.enabled", "false")]),
        ("L-NO-PROVIDER", &[("identityProviders.azureActiveDirectory", r#"{ "enabled": false }"#)]),
        (
            "L-APPID-FORMAT",
            &[(CHECKS, r#"{ "allowedApplications": ["/subscriptions/x", "api://x", "https://x", "x", ""] }"#)],
        ),
        ("L-OID-VS-APPID", &[(CHECKS, r#"{ "allowedApplications": ["[parameters('apimPrincipalId')]"] }"#)]),
        (
            "L-OID-VS-APPID",
            &[(CHECKS, r#"{ "allowedPrincipals": { "identities": ["[parameters('apimClientId')]"] } }"#)],
        ),
        (
            "L-OID-VS-APPID",
            &[(CHECKS, r#"{ "allowedPrincipals": { "identities": ["11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41"] } }"#)],
        ),
        (
            "L-APIM-MISSING",
            &[(CHECKS, r#"{ "allowedPrincipals": { "identities": ["x"] } }"#), ("expected.callers", r#"["y"]"#)],
        ),
        ("L-AUD-NONE", &[("registration.clientId", r#""[parameters('id')]""#)]),
        ("L-AUD-SLASH", &[("validation.allowedAudiences", r#"["api://X"]"#), ("expected.audience", r#""api://x""#)]),
        ("L-AUD-FOREIGN", &[("validation.allowedAudiences", r#""[environment().authentication.audiences]""#)]),
        ("L-ISS-VERSION", &[("expected.tokenVersion", r#""v1""#)]),
        (
            "L-ISS-VERSION",
            &[
                ("registration.openIdIssuer", r#""https://sts.windows.net/x.example/""#),
                ("expected.tokenVersion", r#""v2""#),
            ],
        ),
        ("L-ISS-MULTI", &[("registration.openIdIssuer", r#""https://login.microsoftonline.com/{tenantid}/v2.0""#)]),
        ("L-ISS-SHAPE", &[("expected.tenant", r#""a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d""#)]),
        ("L-ISS-SHAPE", &[("registration.openIdIssuer", r#""http://login.microsoftonline.com/x""#)]),
        ("L-ISS-SHAPE", &[("registration.openIdIssuer", r#""https://example.net/x""#)]),
        ("L-ISS-SHAPE", &[("registration.openIdIssuer", r#""https://sts.windows.net/<tenant>/""#)]),
        ("L-ISS-SHAPE", &[("registration.openIdIssuer", r#""https://x.b2clogin.com/x/v2.0""#)]),
        ("L-ISS-SHAPE", &[("registration.openIdIssuer", r#""https://login.microsoftonline.com/x/oauth2/token""#)]),
        ("L-EXCL-BROAD", &[("globalValidation.excludedPaths", r#"["/*", "/admin*", "/.auth"]"#)]),
        ("L-EXCL-PATTERN", &[("globalValidation.excludedPaths", r#"["api", "/a?b", "/(a|b)"]"#)]),
    ];
    let mut told = Vec::new();
    for (rule, changes) in cases {
        let found: Vec<_> = Given::baseline(changes).lint().into_iter().filter(|one| one.rule == Some(rule)).collect();
        assert!(!found.is_empty(), "{rule} does not fire: {changes:?}");
        for one in found {
            let words = one.span.map(|span| &one.source.text[span.start..span.end]).unwrap_or_default();
            let help = one.help.unwrap_or_default();
            told.push(format!("{rule} at {words}\n  {}\n  help: {help}", one.message));
        }
    }
    insta::assert_snapshot!(told.join("\n"));
}
