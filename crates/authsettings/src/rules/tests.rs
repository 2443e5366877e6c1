//! What is asked of every rule, and what the tests of single rules make their configurations with.

use diagnostics::{Level, Node, Source, Span, Value, parse, render};

use super::{Expected, RULES, Rule, Subject, lint};
use crate::{Configuration, Form, Host, Property, TokenVersion};

/// The settings that a careful module deploys: one tenant, one audience, one caller, nothing excluded.
const BASELINE: &str = include_str!("../../../../fixtures/rules/baseline.json");

/// A configuration, and what a user expects of it.
pub(super) struct Given {
    configuration: Configuration,
    expected: Expected,
}

impl Given {
    /// Reads what an example of a rule may hold: properties alone, or `{ "properties", "appSettings", "expected" }`. A text in brackets
    /// is an expression, whose value is not known.
    pub(super) fn read(text: &str) -> Self {
        let source = Source::new("authsettings.json", text);
        let mut root = parse(&source).unwrap();
        forget_expressions(&mut root);
        let span = Span { start: root.span.start, end: root.span.start + 1 };
        let app_settings = match member(&root, "appSettings") {
            Some(Node { value: Value::Map(entries), .. }) => entries.clone(),
            _ => Vec::new(),
        };
        let expected = member(&root, "expected").map(expected).unwrap_or_default();
        let properties = member(&root, "properties").cloned().unwrap_or(root);
        let (form, host) = (Form::Resource, Host::default());
        let (name, conditional, removed) = (String::new(), None, false);
        let configuration =
            Configuration { source, name, form, host, conditional, removed, span, properties, app_settings };
        Self { configuration, expected }
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
            let (parents, name) = whole.rsplit_once('.').unwrap();
            let parent = parents.split('.').fold(&mut root, |node, name| &mut node[name]);
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

    fn lint(&self) -> Vec<diagnostics::Diagnostic> {
        let all = std::slice::from_ref(&self.configuration);
        lint(&Subject { configuration: &self.configuration, all, expected: &self.expected })
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
