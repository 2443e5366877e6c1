//! The scenarios at hand, and which of them are meant.

use std::path::Path;
use std::sync::Arc;

use diagnostics::{Diagnostic, Source, nearest};
use scenario::{Case, Scenario};

use crate::arguments::Selection;
use crate::files;
use crate::trouble::Trouble;

include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// So many cases of one scenario count at most: variants are cheap to write, and their number alone proves little.
const COUNTED: usize = 20;

/// How many of a scenario's cases count.
pub(crate) fn counted(scenario: &Scenario) -> usize {
    scenario.case_count().min(COUNTED)
}

/// A scenario, or one case of it.
pub(crate) struct Meant<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) case: Option<Case>,
}

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
            let named = |one: &Scenario| words.iter().any(|word| answers_to(one, word));
            let ways: Vec<_> =
                library.scenarios.iter().filter(|one| named(one)).map(|one| one.needs_beside()).collect();
            // The control of a way is needed where something goes by it; what a file of the user's sends is not known yet.
            let of_a_way = |one: &Scenario| one.needs_beside().is_none() || ways.contains(&one.needs_beside());
            library.scenarios.retain(|one| named(one) || one.control && of_a_way(one));
        }
        for scenario in named_files.scenarios {
            library.scenarios.retain(|one| one.id != scenario.id);
            library.scenarios.push(scenario);
        }
        library.diagnostics.extend(named_files.diagnostics);
        Ok(library)
    }

    /// Leaves out what only a deployed target can show.
    pub(crate) fn without_deployed(mut self) -> Self {
        self.scenarios.retain(|one| !one.deployed);
        self
    }

    /// A scenario by its id, with its theme or without; or one of its cases as reports name it: `theme/id[variant]`.
    pub(crate) fn meant(&self, word: &str) -> Result<Meant<'_>, Trouble> {
        let (name, variant) = match word.split_once('[') {
            Some((name, rest)) => (name, rest.rsplit_once(']').map(|(variant, _)| variant)),
            None => (word, None),
        };
        let named = |one: &&Arc<Scenario>| one.id == name || in_theme(one, name);
        let scenario = self.scenarios.iter().find(named).ok_or_else(|| self.unknown(name))?;
        let Some(variant) = variant else { return Ok(Meant { scenario, case: None }) };
        match scenario.cases().find(|case| case.variant == variant) {
            Some(case) => Ok(Meant { scenario, case: Some(case) }),
            None => Err(no_such_case(scenario, variant)),
        }
    }

    /// The scenarios by their themes, in the order in which they come.
    pub(crate) fn themes(&self) -> Vec<(&str, Vec<&Scenario>)> {
        let mut themes: Vec<(&str, Vec<&Scenario>)> = Vec::new();
        for one in &self.scenarios {
            match themes.iter_mut().find(|(theme, _)| *theme == one.theme()) {
                Some((_, scenarios)) => scenarios.push(one),
                None => themes.push((one.theme(), vec![one])),
            }
        }
        themes
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

/// Whether a word of the selection means it: its id, its theme, both, or an entry of the catalogue that it covers.
fn answers_to(scenario: &Scenario, word: &str) -> bool {
    scenario.id == word
        || scenario.theme() == word
        || in_theme(scenario, word)
        || scenario.catalogue.iter().any(|entry| entry == word)
}

fn in_theme(scenario: &Scenario, word: &str) -> bool {
    word.strip_prefix(scenario.theme()).and_then(|rest| rest.strip_prefix('/')) == Some(&scenario.id)
}

fn no_such_case(scenario: &Scenario, variant: &str) -> Trouble {
    let variants: Vec<String> = scenario.cases().map(|case| case.variant).collect();
    let hint = match nearest(variant, variants.iter().map(String::as_str)) {
        Some(near) if !near.is_empty() => format!("did you mean `{}[{near}]`?", scenario.id),
        _ => format!("`greenlight explain {}` shows its cases", scenario.id),
    };
    Trouble::usage(format!("`{}` has no case `{variant}`", scenario.id)).hint(hint)
}

fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
