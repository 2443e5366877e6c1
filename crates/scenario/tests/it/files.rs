//! Files of the repository, and files as JSON.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Node, Source, Value, parse};
use serde_json::Value as Json;

/// A path of the repository.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(relative)
}

/// A file of the repository, named as seen from its root.
pub(crate) fn source(relative: &str) -> Arc<Source> {
    let text = std::fs::read_to_string(path(relative)).expect(relative);
    Source::new(relative, text)
}

/// Every file right in a folder of the repository, by name.
pub(crate) fn folder(relative: &str) -> Vec<Arc<Source>> {
    let entries = std::fs::read_dir(path(relative)).expect(relative);
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect(relative))
        .filter(|entry| entry.path().is_file())
        .map(|entry| format!("{relative}/{}", entry.file_name().into_string().expect("a plain name")))
        .collect();
    names.sort();
    names.iter().map(|name| source(name)).collect()
}

/// Every scenario: the files in the folders of `scenarios/`, one a theme.
pub(crate) fn scenarios() -> Vec<Arc<Source>> {
    let themes = std::fs::read_dir(path("scenarios")).expect("scenarios");
    let themes = themes.map(|theme| theme.expect("scenarios")).filter(|theme| theme.path().is_dir());
    let mut names: Vec<String> = themes.map(|theme| theme.file_name().into_string().expect("a plain name")).collect();
    names.sort();
    names.iter().flat_map(|theme| folder(&format!("scenarios/{theme}"))).collect()
}

/// The file as the schema sees it; none where it is no YAML.
pub(crate) fn json(source: &Arc<Source>) -> Option<Json> {
    Some(value(&parse(source).ok()?))
}

fn value(node: &Node) -> Json {
    match &node.value {
        Value::Null | Value::Unknown => Json::Null,
        Value::Bool(boolean) => (*boolean).into(),
        Value::Integer(integer) => (*integer).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(value).collect(),
        Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), value(node))).collect(),
    }
}
