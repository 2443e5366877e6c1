//! Where secrets come from. They never stand in a profile.

use std::path::PathBuf;

use diagnostics::{Node, Problems, Value};

use super::beside;

/// Where a secret comes from; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// The environment variable of this name.
    Env(String),
    /// A file.
    File(PathBuf),
    /// What a program prints: its name and its arguments. No shell is between.
    Command(Vec<String>),
}

const FORMS: &str = "write `{ env: NAME }`, `{ file: PATH }` or `{ command: [PROGRAM, ARGUMENT] }`";

pub(super) fn read(node: &Node, problems: &Problems) -> Option<Secret> {
    let Value::Map(_) = &node.value else {
        let help = "put it into an environment variable and write `{ env: NAME }`; if this file was shared, replace the secret";
        problems.secret(node.span);
        problems.error(node.span, "a secret is written out", help);
        return None;
    };
    let fields = problems.fields(node)?;
    let env = fields.optional("env").map(|node| variable(node, problems).map(Secret::Env));
    let file = fields.optional_text("file").map(|path| Some(Secret::File(beside(&path, problems))));
    let command = fields.optional("command").map(|node| command(node, problems).map(Secret::Command));
    let (span, unknown) = (fields.span(), fields.entries().len());
    fields.finish();
    let mut given = [env, file, command].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(one), None) => one,
        (None, _) if unknown > 0 => None,
        _ => {
            problems.error(span, "one place is needed that the secret comes from", FORMS);
            None
        }
    }
}

fn variable(node: &Node, problems: &Problems) -> Option<String> {
    let name = problems.text(node)?;
    let is_variable = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_variable {
        problems.error(node.span, format!("{name:?} is not the name of a variable"), "letters, digits and underscores");
    }
    is_variable.then(|| name.to_owned())
}

fn command(node: &Node, problems: &Problems) -> Option<Vec<String>> {
    problems.list(node)?;
    let words = problems.texts(node);
    if words.first().is_none_or(String::is_empty) {
        problems.error(node.span, "no program is named", "write `[PROGRAM, ARGUMENT, ARGUMENT]`");
        return None;
    }
    Some(words)
}
