//! The scenarios at hand, and which of them are meant.

use std::path::Path;
use std::sync::Arc;

use diagnostics::{Diagnostic, Source, nearest};
use scenario::Scenario;

use crate::arguments::Selection;
use crate::files;
use crate::trouble::Trouble;

include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// Scenarios that could be read, and what is wrong with the others.
pub(crate) struct Library {
    pub(crate) scenarios: Vec<Arc<Scenario>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Library {
    /// Every scenario of a folder, or those that come along.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, Trouble> {
        let sources = match folder {
            Some(folder) => files::scenarios_below(folder)?,
            None => SCENARIOS.iter().map(|(name, text)| Source::new(*name, *text)).collect(),
        };
        Ok(Self::read(&sources))
    }

    /// The scenarios that a selection means, positive controls among them: without those no denial counts.
    pub(crate) fn select(selection: &Selection) -> Result<Self, Trouble> {
        let named_files = selection.names.iter().filter(|name| is_file(name)).map(|name| files::read(Path::new(name)));
        let named_files = Self::read(&named_files.collect::<Result<Vec<_>, _>>()?);
        let mut library = Self::open(selection.scenarios.as_deref())?;
        let words: Vec<&str> =
            selection.names.iter().filter(|name| !is_file(name)).map(|name| name.trim_end_matches('/')).collect();
        if let Some(unknown) = words.iter().find(|word| !library.scenarios.iter().any(|one| answers_to(one, word))) {
            return Err(library.unknown(unknown));
        }
        if !selection.names.is_empty() {
            library.scenarios.retain(|one| one.control || words.iter().any(|word| answers_to(one, word)));
        }
        for scenario in named_files.scenarios {
            library.scenarios.retain(|one| one.id != scenario.id);
            library.scenarios.push(scenario);
        }
        library.diagnostics.extend(named_files.diagnostics);
        Ok(library)
    }

    /// One scenario by its id.
    pub(crate) fn find(&self, id: &str) -> Result<&Arc<Scenario>, Trouble> {
        self.scenarios.iter().find(|one| one.id == id).ok_or_else(|| self.unknown(id))
    }

    fn read(sources: &[Arc<Source>]) -> Self {
        let (scenarios, diagnostics) = scenario::read(sources);
        Self { scenarios: scenarios.into_iter().map(Arc::new).collect(), diagnostics }
    }

    fn unknown(&self, word: &str) -> Trouble {
        let id = word.rsplit_once('/').map_or(word, |(_, id)| id);
        let known = self.scenarios.iter().flat_map(|one| [one.id.as_str(), one.theme()]);
        let hint = match nearest(id, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`greenlight list` shows them all".to_owned(),
        };
        Trouble { diagnostics: self.diagnostics.clone(), ..Trouble::usage(format!("no scenario is called `{word}`")) }
            .hint(hint)
    }
}

fn answers_to(scenario: &Scenario, word: &str) -> bool {
    let folder = scenario.theme();
    scenario.id == word
        || folder == word
        || word.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) == Some(&scenario.id)
}

fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
