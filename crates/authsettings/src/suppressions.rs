//! What somebody has decided to live with, for a time.
//!
//! A suppression names a rule, says why its findings are accepted, and until when. It never outlives its date in silence, and one
//! that covers nothing any more is told, so that a list of them does not rot.

use std::path::{Component, Path};
use std::sync::Arc;

use diagnostics::{Diagnostic, Fields, Node, Problems, Source, Span, nearest, parse};
use time::Date;

use crate::{Configuration, RULES};

/// The suppressions of one file.
#[derive(Debug, Clone)]
pub struct Suppressions {
    source: Arc<Source>,
    entries: Vec<Suppression>,
}

/// One entry: the findings of a rule that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rule's id.
    pub rule: &'static str,
    /// Only those in this file; its path is joined to the folder of the suppressions.
    pub file: Option<String>,
    /// Only those of the configuration with this name.
    pub configuration: Option<String>,
    /// Why they are accepted.
    pub reason: String,
    /// The last day on which they are.
    pub until: Date,
    /// Where the rule's id stands.
    span: Span,
    /// Where the date stands.
    until_span: Span,
}

impl Suppressions {
    /// Reads a list of entries. What is wrong in one of them leaves the others.
    pub fn read(source: &Arc<Source>) -> (Self, Vec<Diagnostic>) {
        let none = Self { source: Arc::clone(source), entries: Vec::new() };
        let root = match parse(source) {
            Ok(root) => root,
            Err(diagnostic) => return (none, vec![diagnostic]),
        };
        let problems = Problems::new(source);
        let items = problems.list(&root).unwrap_or_default();
        let entries = items.iter().filter_map(|item| sound(item, &problems)).collect();
        (Self { entries, ..none }, problems.into_vec())
    }

    /// The entry that covers a finding of a configuration today.
    pub fn covering(&self, configuration: &Configuration, finding: &Diagnostic, today: Date) -> Option<&Suppression> {
        self.entries.iter().find(|entry| entry.until >= today && entry.means(configuration, finding))
    }

    /// Entries that have run out, and entries that have nothing to cover. An entry for a file or a configuration that was not checked
    /// is not judged.
    pub fn doubts(&self, checked: &[(&Configuration, &[Diagnostic])], today: Date) -> Vec<Diagnostic> {
        self.entries.iter().filter_map(|entry| self.doubt(entry, checked, today)).collect()
    }

    fn doubt(
        &self,
        entry: &Suppression,
        checked: &[(&Configuration, &[Diagnostic])],
        today: Date,
    ) -> Option<Diagnostic> {
        let rule = entry.rule;
        let meant = |(configuration, found): &(&Configuration, &[Diagnostic])| {
            found.iter().any(|finding| entry.means(configuration, finding))
        };
        if checked.iter().any(meant) {
            let message = format!("this suppression of {rule} ended on {}; what it covered counts again", entry.until);
            let help = "mend what the rule finds, or decide anew and write a later date";
            return (entry.until < today)
                .then(|| Diagnostic::warning(&self.source, entry.until_span, message).help(help));
        }
        let is_bound = entry.file.is_some() || entry.configuration.is_some();
        let was_checked = !is_bound || checked.iter().any(|(configuration, _)| entry.is_about(configuration));
        let message = format!("this suppression covers nothing: {rule} does not fire there");
        was_checked.then(|| Diagnostic::warning(&self.source, entry.span, message).help("take it out"))
    }
}

impl Suppression {
    fn means(&self, configuration: &Configuration, finding: &Diagnostic) -> bool {
        finding.rule == Some(self.rule) && self.is_about(configuration)
    }

    fn is_about(&self, configuration: &Configuration) -> bool {
        self.file.as_ref().is_none_or(|file| plain(file) == plain(&configuration.source.name))
            && self.configuration.as_ref().is_none_or(|name| *name == configuration.name)
    }
}

/// An entry without a mistake: one that was not understood could cover more than was meant.
fn sound(node: &Node, all: &Problems) -> Option<Suppression> {
    let problems = Problems::new(all.source());
    let entry = problems.fields(node).and_then(|fields| entry(fields, &problems));
    let entry = entry.filter(|_| !problems.any_error());
    problems.into_vec().into_iter().for_each(|problem| all.push(problem));
    entry
}

fn entry(fields: Fields<'_>, problems: &Problems) -> Option<Suppression> {
    let rule = fields.required("rule");
    let file = fields.optional_text("file");
    let configuration = fields.optional_text("configuration");
    let reason = fields.required("reason").and_then(|node| problems.reason(node)).map(str::to_owned);
    let until = fields.required("until");
    fields.finish();
    let (rule, until) = (rule?, until?);
    let (id, date) = (known(rule, problems), problems.date(until));
    let folder = Path::new(&problems.source().name).parent().unwrap_or(Path::new(""));
    Some(Suppression {
        rule: id?,
        file: file.map(|file| folder.join(file).display().to_string()),
        configuration,
        reason: reason?,
        until: date?,
        span: rule.span,
        until_span: until.span,
    })
}

/// The id of a rule that there is.
fn known(node: &Node, problems: &Problems) -> Option<&'static str> {
    let id = problems.text(node)?;
    let rule = RULES.iter().find(|rule| rule.id == id);
    if rule.is_none() {
        let help = match nearest(id, RULES.iter().map(|rule| rule.id)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`greenlight list --rules` shows them all".to_owned(),
        };
        problems.error(node.span, format!("no rule is called `{id}`"), help);
    }
    rule.map(|rule| rule.id)
}

/// The steps of a path, without those that lead nowhere.
fn plain(path: &str) -> Vec<Component<'_>> {
    let mut steps = Vec::new();
    for step in Path::new(path).components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir if matches!(steps.last(), Some(Component::Normal(_))) => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps
}

#[cfg(test)]
mod tests;
