//! The catalogue of cases: what a target must be asked, and by which scenarios it is.

use std::sync::Arc;

use diagnostics::{Diagnostic, Key, Node, Problems, Source, Value, parse};

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// A group of entries.
#[derive(Debug)]
pub(crate) struct Section {
    /// What they are about.
    pub(crate) title: String,
    pub(crate) entries: Vec<Entry>,
}

/// One thing to ask.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name, such as `T1`, which scenarios bear in `catalogue:`.
    pub(crate) id: String,
    /// What is asked, as a phrase.
    pub(crate) about: String,
    /// Why no scenario asks it; none: at least one does.
    pub(crate) excused: Option<String>,
}

/// The catalogue that comes along.
pub(crate) fn own() -> Result<Vec<Section>, Vec<Diagnostic>> {
    read(&Source::new("scenarios/catalogue.yaml", CATALOGUE))
}

/// Reads a catalogue.
fn read(source: &Arc<Source>) -> Result<Vec<Section>, Vec<Diagnostic>> {
    let node = parse(source).map_err(|diagnostic| vec![diagnostic])?;
    let problems = Problems::new(source);
    let sections = entries(&node, &problems).iter().filter_map(|(_, node)| section(node, &problems)).collect();
    if problems.any_error() { Err(problems.into_vec()) } else { Ok(sections) }
}

fn section(node: &Node, problems: &Problems) -> Option<Section> {
    let fields = problems.fields(node)?;
    let title = fields.required_text("title");
    let cases = fields.required("cases").map(|node| entries(node, problems)).unwrap_or_default();
    fields.finish();
    Some(Section {
        title: title?,
        entries: cases.iter().filter_map(|(key, node)| entry(key, node, problems)).collect(),
    })
}

/// An entry: what it is about, or that and why it is excused.
fn entry(key: &Key, node: &Node, problems: &Problems) -> Option<Entry> {
    let id = key.text.clone();
    let Value::Map(_) = node.value else {
        let about = problems.text(node)?.to_owned();
        return Some(Entry { id, about, excused: None });
    };
    let fields = problems.fields(node)?;
    let (about, excused) = (fields.required_text("about"), fields.required_text("excused"));
    fields.finish();
    Some(Entry { id, about: about?, excused })
}

fn entries<'a>(node: &'a Node, problems: &'a Problems) -> &'a [(Key, Node)] {
    problems.fields(node).map(|fields| fields.entries()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
