//! What is played: the project's scenarios and fixtures.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use defects::Defect;
use diagnostics::{Diagnostic, Source, render};
use mock_entra::Directory;
use scenario::{Profile, Scenario};

use super::choice::answers_to;
use super::variations::{self, Configuration};
use super::{Choice, Setup};

/// What is played.
pub(crate) struct Suite {
    /// In the order in which they are played.
    pub(crate) scenarios: Vec<Arc<Scenario>>,
    /// With their themes.
    pub(crate) defects: Vec<(&'static str, Defect)>,
    /// The fixtures' own, which defects are played under.
    pub(crate) setup: Setup,
    /// Who exists at the issuer.
    pub(crate) directory: Arc<Source>,
    /// What is wrong with scenarios; those are left out.
    pub(crate) mistakes: Option<String>,
    /// What of all this was asked for.
    pub(crate) choice: Choice,
}

impl Suite {
    /// Reads the project's files. An error is a text for the terminal.
    pub(crate) fn read(choice: &Choice) -> Result<Self, String> {
        let mut files = Vec::new();
        collect(&root().join("scenarios"), &mut files)?;
        // What lies beside the folders is no scenario.
        files.retain(|file| file.parent() != Some(&root().join("scenarios")));
        files.sort();
        let sources = files.iter().map(|file| source(file)).collect::<Result<Vec<_>, _>>()?;
        let (scenarios, mistakes) = scenario::read(&sources);
        for word in &choice.scenarios {
            if !scenarios.iter().any(|scenario| answers_to(scenario, word)) {
                return Err(format!("no scenario, theme or file is called `{word}`"));
            }
        }
        let fixture = |name: &str| source(&root().join("fixtures").join(name));
        let settings = whole(authsettings::read(&fixture("authsettings.json")?))?;
        let profile = whole(Profile::read(&fixture("profiles/reference.yaml")?, &|_| None))?;
        Ok(Self {
            scenarios: scenarios
                .into_iter()
                .filter(|one| !one.deployed && choice.has(one) && one.needs_beside().is_none())
                .map(Arc::new)
                .collect(),
            defects: choice.of_defects()?,
            mistakes: (!mistakes.is_empty()).then(|| render(&mistakes, false)),
            setup: Setup { settings, profile },
            directory: fixture("directory.yaml")?,
            choice: choice.clone(),
        })
    }

    /// Who exists at the issuer.
    pub(crate) fn directory(&self) -> Result<Directory, String> {
        whole(Directory::read(&self.directory))
    }

    /// The ways in which an app without a flaw is set up, the fixtures' own first.
    pub(crate) fn configurations(&self) -> Vec<Configuration> {
        variations::configurations(&self.setup, self.choice.varied)
    }
}

/// What was read, unless there are errors in it.
fn whole<T>((read, diagnostics): (Option<T>, Vec<Diagnostic>)) -> Result<T, String> {
    read.ok_or_else(|| render(&diagnostics, false))
}

/// Lies beside the scenarios and is none: the table of what must be asked.
const CATALOGUE: &str = "scenarios/catalogue.yaml";

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") && !path.ends_with(CATALOGUE) {
            files.push(path);
        }
    }
    Ok(())
}

/// A file under its name as seen from the project's root.
fn source(file: &Path) -> Result<Arc<Source>, String> {
    let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    let name = file.strip_prefix(root()).unwrap_or(file);
    Ok(Source::new(name.display().to_string(), text))
}

fn unreadable(file: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read: {error}", file.display())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
