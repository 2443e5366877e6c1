//! The configurations that a check is asked for: from files, folders and standard input.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use authsettings::{Configuration, Reading, configurations};
use diagnostics::{Diagnostic, Source, Span};

/// What standard input is called.
const STDIN: &str = "stdin";

/// A file of a folder that has none of these words, in whatever case, holds neither auth settings nor an app that lacks them. One that
/// has some and cannot be read is told: it may be one that is meant.
const WORDS: [&str; 8] = [
    "microsoft.web/sites",
    "function_app",
    "authsettings",
    "auth_settings",
    "globalvalidation",
    "identityproviders",
    "azureactivedirectory",
    "unauthenticatedclientaction",
];

/// What was read, and what could not be.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) configurations: Vec<Configuration>,
    pub(super) problems: Vec<Diagnostic>,
    /// The files that were looked at, by their names: each once, however often it is given.
    seen: BTreeSet<String>,
}

impl Inputs {
    /// Reads everything that is named. What is wrong with one leaves the others.
    pub(super) fn read(configs: &[PathBuf]) -> Self {
        let mut inputs = Self::default();
        for config in configs {
            if config.is_dir() {
                inputs.folder(config);
            } else {
                inputs.named(config);
            }
        }
        inputs
    }

    /// A file that somebody named must hold settings.
    fn named(&mut self, file: &Path) {
        let name = if file == Path::new("-") { STDIN.to_owned() } else { name(file) };
        if !self.seen.insert(name.clone()) {
            return;
        }
        let bytes = if name == STDIN { stdin() } else { fs::read(file) };
        let Some(source) = self.text(&name, bytes) else { return };
        self.take(configurations(&source));
    }

    /// A folder may hold other files too, but not nothing else.
    fn folder(&mut self, folder: &Path) {
        let troubles = self.problems.len();
        let mut files = Vec::new();
        self.collect(folder, &mut files);
        files.sort();
        let mut holds_some = false;
        for file in files {
            let name = name(&file);
            if self.seen.contains(&name) {
                holds_some = true;
                continue;
            }
            let Some(source) = self.text(&name, fs::read(&file)) else { continue };
            let words = source.text.to_ascii_lowercase();
            if !WORDS.iter().any(|word| words.contains(word)) {
                continue;
            }
            let reading = configurations(&source);
            // Where nothing was found there is an error; it has a place only where something was that cannot be read.
            if reading.configurations.is_empty() && reading.diagnostics.iter().all(|one| one.span.is_none()) {
                continue;
            }
            holds_some = true;
            self.seen.insert(name);
            self.take(reading);
        }
        if !holds_some && self.problems.len() == troubles {
            let source = Source::new(name(folder), "");
            let help = "auth settings are looked for in every *.json below it, hidden folders apart";
            self.problems.push(whole(&source, "this folder holds no auth settings").help(help));
        }
    }

    fn collect(&mut self, folder: &Path, files: &mut Vec<PathBuf>) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(&name(folder), &error)),
        };
        for entry in entries {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            // Links to folders are not followed: they may lead back.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !hidden {
                    self.collect(&path, files);
                }
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
                files.push(path);
            }
        }
    }

    fn text(&mut self, name: &str, bytes: io::Result<Vec<u8>>) -> Option<Arc<Source>> {
        let problem = match bytes.map(String::from_utf8) {
            Ok(Ok(text)) => return Some(Source::new(name, text)),
            Ok(Err(_)) => whole(&Source::new(name, ""), "this is not UTF-8 text").help("save it as UTF-8"),
            Err(error) => unreadable(name, &error),
        };
        self.problems.push(problem);
        None
    }

    fn take(&mut self, reading: Reading) {
        self.configurations.extend(reading.configurations);
        self.problems.extend(reading.diagnostics);
    }
}

fn stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map(|_| bytes)
}

/// What a file is called: as seen from the current folder, with forward slashes.
pub(super) fn name(file: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let seen = file.strip_prefix(&here).unwrap_or(file);
    let seen = seen.strip_prefix(".").unwrap_or(seen);
    let name = seen.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
    if name.is_empty() { ".".to_owned() } else { name }
}

/// What is said of a file that cannot be read.
pub(super) fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    let help = "check the path; it is relative to the current folder";
    whole(&Source::new(name, ""), format!("this cannot be read: {error}")).help(help)
}

/// An error of a file as a whole.
fn whole(source: &Arc<Source>, message: impl Into<String>) -> Diagnostic {
    Diagnostic { span: None, ..Diagnostic::error(source, Span::default(), message) }
}
