//! Scenario files read: what a file says of itself, and its mistakes.

use std::collections::HashMap;
use std::sync::Arc;

use diagnostics::{Diagnostic, Fields, Level, Node, Problems, Source, Span, Value, parse};
use results::Severity;

use crate::scenario::{Consent, Scenario};
use crate::steps::{check, written};
use crate::variables::{self, Kind};
use crate::variants;

const SEVERITIES: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

/// The words of consent, in scenarios and profiles.
pub(crate) const CONSENTS: [(&str, Consent); 3] =
    [("smuggling", Consent::Smuggling), ("flood", Consent::Flood), ("unsafe-methods", Consent::UnsafeMethods)];

/// Reads scenario files, each by itself: a broken one is reported and left out, the others are read all the same.
pub fn read(sources: &[Arc<Source>]) -> (Vec<Scenario>, Vec<Diagnostic>) {
    let mut scenarios = Vec::new();
    let mut diagnostics = Vec::new();
    let mut ids: HashMap<String, (Arc<Source>, Span)> = HashMap::new();
    for source in sources {
        let read = read_one(source);
        diagnostics.extend(read.diagnostics);
        if let Some((id, span)) = read.id {
            if let Some((first, at)) = ids.get(&id) {
                diagnostics.extend(duplicate(&id, (source, span), (first, *at)));
                continue;
            }
            ids.insert(id, (Arc::clone(source), span));
        }
        scenarios.extend(read.scenario);
    }
    (scenarios, diagnostics)
}

fn duplicate(id: &str, second: (&Arc<Source>, Span), first: (&Arc<Source>, Span)) -> [Diagnostic; 2] {
    let error = Diagnostic::error(second.0, second.1, format!("`{id}` is the id of two scenarios"));
    let note = Diagnostic::error(first.0, first.1, format!("`{id}` is first used here"));
    [error.help("give one of them another id and file name"), Diagnostic { level: Level::Note, ..note }]
}

/// What came of one file.
#[derive(Default)]
struct File {
    id: Option<(String, Span)>,
    scenario: Option<Scenario>,
    diagnostics: Vec<Diagnostic>,
}

fn read_one(source: &Arc<Source>) -> File {
    let node = match parse(source) {
        Ok(node) => node,
        Err(diagnostic) => return File { diagnostics: vec![diagnostic], ..File::default() },
    };
    let problems = Problems::new(source);
    let (id, scenario) = problems.fields(&node).map(|fields| scenario(fields, &problems)).unwrap_or_default();
    let scenario = scenario.filter(|_| !problems.any_error());
    File { id, scenario, diagnostics: problems.into_vec() }
}

fn scenario(fields: Fields<'_>, problems: &Problems) -> (Option<(String, Span)>, Option<Scenario>) {
    let id = fields.required("id").and_then(|node| id(node, problems));
    let title = fields.required_text("title");
    let why = fields.required_text("why");
    let severity = fields.required("severity").and_then(|node| problems.word(node, &SEVERITIES));
    let cite = fields.required("cite").map(|node| cite(node, problems)).unwrap_or_default();
    let fix = fields.required_text("fix");
    let catalogue = fields.optional("catalogue").map(|node| families(node, problems)).unwrap_or_default();
    let requires = fields.optional("requires").map(|node| required_names(node, problems)).unwrap_or_default();
    let consent = fields.optional("consent").and_then(|node| problems.word(node, &CONSENTS));
    let control = fields.boolean_or("control", false);
    let deployed = fields.boolean_or("deployed", false);
    let every_instance = fields.boolean_or("every-instance", false);
    let axes = fields.optional("variants").map(|node| variants::read(node, problems)).unwrap_or_default();
    let steps = written(&fields, problems);
    fields.finish();
    check(&axes, &steps, control, problems);

    let whole = || {
        let (id, source) = (id.as_ref()?.0.clone(), Arc::clone(problems.source()));
        Some(Scenario {
            id,
            title: title?,
            why: why?,
            severity: severity?,
            cite,
            fix: fix?,
            catalogue,
            requires,
            consent,
            control,
            deployed,
            every_instance,
            source,
            axes,
            steps,
        })
    };
    let scenario = whole();
    (id, scenario)
}

fn id(node: &Node, problems: &Problems) -> Option<(String, Span)> {
    let id = problems.text(node)?;
    if !variants::is_name(id) {
        let help = "lower-case words joined by dashes, such as `wrong-audience`";
        problems.error(node.span, format!("{id:?} is not an id"), help);
        return None;
    }
    let name = problems.source().name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem != id {
        let help = format!("rename the file to `{id}.yaml`, or write `id: {stem}`");
        problems.error(node.span, format!("the id is `{id}`, the file is `{name}`"), help);
    }
    Some((id.to_owned(), node.span))
}

fn cite(node: &Node, problems: &Problems) -> Vec<String> {
    if node.value == Value::List(Vec::new()) {
        problems.error(node.span, "nothing is cited", "name a standard's section, a vendor's page or a CVE");
    }
    problems.texts(node)
}

/// Names that the world gives, without their braces.
fn required_names(node: &Node, problems: &Problems) -> Vec<String> {
    let items = problems.list(node).unwrap_or_default();
    let one = |item: &Node| {
        let text = problems.text(item)?;
        if variables::kind(text) != Some(Kind::World) {
            let help = "write a name that profile, settings or directory give: `settings.identity`, `target.excluded`";
            problems.error(item.span, format!("`{text}` is nothing that a run knows or lacks"), help);
            return None;
        }
        Some(text.to_owned())
    };
    items.iter().filter_map(one).collect()
}

/// Families of the catalogue: a capital letter and a number.
fn families(node: &Node, problems: &Problems) -> Vec<String> {
    let items = problems.list(node).unwrap_or_default();
    let one = |item: &Node| {
        let text = problems.text(item)?;
        let is_family =
            |digits: &str| matches!(digits.len(), 1 | 2) && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !text.strip_prefix(|letter: char| letter.is_ascii_uppercase()).is_some_and(is_family) {
            problems.error(item.span, format!("{text:?} is no family of cases"), "write a letter and a number: `T1`");
            return None;
        }
        Some(text.to_owned())
    };
    items.iter().filter_map(one).collect()
}
