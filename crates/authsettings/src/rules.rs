//! What is wrong with an auth configuration that can be read: one rule, one file.
//!
//! A rule says what it looks for, why that matters, what to write instead and where it is documented; `greenlight explain` and the
//! reference pages show the same text. A rule never opens a file and never asks another rule: it sees one configuration, those that
//! came in with it, and what the user expects.

mod anonymous;
mod anonymous_function;
mod api_prefix;
mod app_id_format;
mod audience_client_id_only;
mod audience_foreign;
mod audience_missing;
mod audience_slash;
mod both_lists;
mod caller_missing;
mod client_lists_differ;
mod conditional;
mod config_file;
mod disabled;
mod duplicate;
mod duration;
mod empty_list;
mod enabled_override;
mod entra;
mod excluded;
mod excluded_any;
mod excluded_broad;
mod excluded_pattern;
mod excluded_runtime;
mod forbidden;
mod forward_proxy;
mod issuer_any_tenant;
mod issuer_shape;
mod issuer_slash;
mod issuer_version;
mod keys;
mod length;
mod mixed_ids;
mod network;
mod no_policy;
mod no_provider;
mod not_required;
mod out_of_band;
mod plain_http;
mod put;
mod redirect;
mod redirect_provider;
mod removed;
mod runtime_version;
mod secret;
mod secret_missing;
mod self_only;
mod slot;
mod sources;
mod swap;
#[cfg(test)]
mod tests;
mod token_store;
mod unknown;
mod upper_case;
mod v1;
mod warmup;
mod words;
mod wrong_type;
mod www_authenticate;

use diagnostics::{Diagnostic, Level, Span};

use crate::{Configuration, TokenVersion};

/// All rules, in the order in which they are told.
pub const RULES: &[&Rule] = &[
    &disabled::RULE,
    &enabled_override::RULE,
    &anonymous::RULE,
    &not_required::RULE,
    &no_provider::RULE,
    &no_policy::RULE,
    &empty_list::RULE,
    &app_id_format::RULE,
    &mixed_ids::RULE,
    &self_only::RULE,
    &caller_missing::RULE,
    &both_lists::RULE,
    &client_lists_differ::RULE,
    &audience_client_id_only::RULE,
    &audience_missing::RULE,
    &audience_slash::RULE,
    &audience_foreign::RULE,
    &issuer_version::RULE,
    &issuer_any_tenant::RULE,
    &issuer_shape::RULE,
    &issuer_slash::RULE,
    &excluded_broad::RULE,
    &excluded_runtime::RULE,
    &excluded_pattern::RULE,
    &excluded_any::RULE,
    &warmup::RULE,
    &redirect::RULE,
    &forbidden::RULE,
    &plain_http::RULE,
    &forward_proxy::RULE,
    &runtime_version::RULE,
    &api_prefix::RULE,
    &redirect_provider::RULE,
    &secret::RULE,
    &secret_missing::RULE,
    &token_store::RULE,
    &www_authenticate::RULE,
    &slot::RULE,
    &swap::RULE,
    &config_file::RULE,
    &v1::RULE,
    &put::RULE,
    &removed::RULE,
    &conditional::RULE,
    &out_of_band::RULE,
    &unknown::RULE,
    &wrong_type::RULE,
    &duration::RULE,
    &length::RULE,
    &upper_case::RULE,
    &duplicate::RULE,
    &network::RULE,
    &keys::RULE,
    &anonymous_function::RULE,
];

/// One rule.
pub struct Rule {
    /// Its id, unique among rules, scenarios and defects: `L-DISABLED`.
    pub id: &'static str,
    /// How grave it is that it fires.
    pub level: Level,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// Why that matters, in a few sentences.
    pub why: &'static str,
    /// A piece of settings in which it fires, as JSON: of the properties or, where those do not tell it, of
    /// `{ "properties": ..., "appSettings": ..., "expected": ... }`, of which each may be left out but the properties. There may be
    /// the `name` and the `condition` of the resource too, and the `resources` that stand beside it; or, instead of it, the `change`
    /// of a plan.
    pub example: &'static str,
    /// What to write instead.
    pub fix: &'static str,
    /// Where it is documented: vendor's pages, standards, reports.
    pub sources: &'static [&'static str],
    /// Looks for it.
    check: fn(&Subject<'_>, &mut Findings<'_>),
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// All that came in with it, itself among them: slots are compared with production.
    pub all: &'a [Configuration],
    /// What the user expects of it.
    pub expected: &'a Expected,
}

impl<'a> Subject<'a> {
    /// The other configurations of the same app and slot in the same file.
    fn others_of_its_host(&self) -> impl Iterator<Item = &'a Configuration> {
        let own = self.configuration;
        self.all
            .iter()
            .filter(move |other| other.host == own.host && other.span != own.span && other.source == own.source)
    }
}

/// What a user expects of a configuration; what is left open turns a question into no answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// Client ids, or object ids, that must get in.
    pub callers: Vec<String>,
    /// The audience that callers ask tokens for: the client id or App ID URI that API Management names as `resource`.
    pub audience: Option<String>,
    /// The tenant whose tokens are meant, by its id.
    pub tenant: Option<String>,
    /// The version of the tokens that Entra makes for the app: `api.requestedAccessTokenVersion` of its registration.
    pub token_version: Option<TokenVersion>,
}

/// What the rules found.
pub struct Findings<'a> {
    rule: &'static Rule,
    configuration: &'a Configuration,
    found: Vec<Diagnostic>,
}

impl Findings<'_> {
    /// Tells that the rule fires at some words of the file; `message` says what is wrong there, `help` what to write instead.
    pub fn at(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.tell(self.rule.level, span, message.into(), help.into());
    }

    /// Tells something that the rule is for and that weighs less than its level.
    pub fn note(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.tell(Level::Note, span, message.into(), help.into());
    }

    /// What goes over several lines, such as a whole configuration, is marked in its first.
    fn tell(&mut self, level: Level, span: Span, message: String, help: String) {
        let source = &self.configuration.source;
        let lines = source.text.get(span.start..span.end).unwrap_or_default();
        let first = lines.find('\n').map_or(lines, |end| lines[..end].trim_end());
        let span = Span { start: span.start, end: span.start + first.len() };
        let mut diagnostic = Diagnostic::error(source, span, message).help(help);
        (diagnostic.level, diagnostic.rule) = (level, Some(self.rule.id));
        self.found.push(diagnostic);
    }
}

/// Everything that the rules find in a configuration.
pub fn lint(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in RULES {
        let mut findings = Findings { rule, configuration: subject.configuration, found };
        (rule.check)(subject, &mut findings);
        found = findings.found;
    }
    found
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Rule").field(&self.id).finish()
    }
}
