//! Reads the user's files and the ones that come along.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::Source;
use results::ReadError;

use crate::trouble::Trouble;

/// The directory that comes along.
pub(crate) const DIRECTORY: (&str, &str) =
    ("fixtures/directory.yaml", include_str!("../../../fixtures/directory.yaml"));
/// The settings of the reference Function App that come along.
pub(crate) const SETTINGS: (&str, &str) =
    ("fixtures/authsettings.json", include_str!("../../../fixtures/authsettings.json"));
/// The profile of the reference Function App.
pub(crate) const REFERENCE: (&str, &str) =
    ("fixtures/profiles/reference.yaml", include_str!("../../../fixtures/profiles/reference.yaml"));

/// A file of the user's, or the one that comes along.
pub(crate) fn given_or(file: Option<&Path>, default: (&str, &str)) -> Result<Arc<Source>, Trouble> {
    file.map_or_else(|| Ok(Source::new(default.0, default.1)), read)
}

/// A file of the user's as text.
pub(crate) fn read(file: &Path) -> Result<Arc<Source>, Trouble> {
    let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(file.display().to_string(), text)),
        Err(_) => Err(Trouble::usage(format!("{} is not UTF-8 text", file.display())).hint("save it as UTF-8")),
    }
}

/// Lies beside scenarios and is none: the table of what must be asked.
const CATALOGUE: &str = "catalogue.yaml";

/// Every scenario file below a folder, in the order of their names.
pub(crate) fn scenarios_below(folder: &Path) -> Result<Vec<Arc<Source>>, Trouble> {
    let mut files = Vec::new();
    collect(folder, &mut files).map_err(|error| unreadable(folder, &error))?;
    files.retain(|file| *file != folder.join(CATALOGUE));
    if files.is_empty() {
        return Err(Trouble::usage(format!("{} holds no scenario", folder.display()))
            .hint("a scenario is a file that ends in .yaml"));
    }
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

/// Writes a file of ours, and the folders above it.
pub(crate) fn create(file: &Path) -> Result<fs::File, Trouble> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folders = folder.map_or(Ok(()), fs::create_dir_all);
    folders.and_then(|()| fs::File::create(file)).map_err(|error| {
        let reason = match folder.filter(|folder| folder.exists() && !folder.is_dir()) {
            Some(folder) => format!("{} is no folder", folder.display()),
            None => error.to_string(),
        };
        Trouble::usage(format!("{} cannot be written: {reason}", file.display())).hint("name another file")
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// What is said of a file that cannot be read.
pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> Trouble {
    Trouble::usage(format!("{} cannot be read: {error}", file.display()))
        .hint("check the path; it is relative to the current folder")
}

/// What is said of a file that is no result document.
pub(crate) fn no_results(file: &Path, error: &ReadError) -> Trouble {
    match error {
        ReadError::Input(error) => unreadable(file, error),
        error => Trouble::usage(format!("{}: {error}", file.display())),
    }
}
