//! The settings that are believed to be in force.

use std::path::PathBuf;

use diagnostics::{Node, Problems, Value};

use super::beside;

/// Where settings are written: a file, and which of those in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// The file.
    pub file: PathBuf,
    /// The name of the resource, of its app or of its slot; none: the file holds the settings of one.
    pub resource: Option<String>,
}

/// `infra/authsettings.json`, or `{ file: infra/plan.json, resource: func-orders }`.
pub(super) fn read(node: &Node, problems: &Problems) -> Option<SettingsFile> {
    if !matches!(node.value, Value::Map(_)) {
        return Some(SettingsFile { file: beside(problems.text(node)?, problems), resource: None });
    }
    let fields = problems.fields(node)?;
    let file = fields.required_text("file").map(|path| beside(&path, problems));
    let resource = fields.optional_text("resource");
    fields.finish();
    Some(SettingsFile { file: file?, resource })
}
