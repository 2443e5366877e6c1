//! What of the proof is asked for.

use defects::{Defect, THEMES};
use scenario::Scenario;

/// What of the proof is asked for. Empty lists choose everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// Ids or themes of defects.
    pub(crate) defects: Vec<String>,
    /// Ids, themes or paths of scenarios.
    pub(crate) scenarios: Vec<String>,
    /// How the settings of the app without a flaw are varied.
    pub(crate) varied: Varied,
}

/// How settings are varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Varied {
    /// They stay as they are.
    Not,
    /// One change at a time.
    Alone,
    /// One at a time, and so that every two that can be made together are.
    #[default]
    InPairs,
}

impl Choice {
    /// Whether it is the whole proof.
    pub(crate) fn is_whole(&self) -> bool {
        self.defects.is_empty() && self.scenarios.is_empty() && self.varied == Varied::InPairs
    }

    /// The chosen defects with their themes, or the word that names none.
    pub(crate) fn of_defects(&self) -> Result<Vec<(&'static str, Defect)>, String> {
        let all: Vec<(&str, Defect)> =
            THEMES.iter().flat_map(|(theme, defects)| defects.iter().map(move |defect| (*theme, *defect))).collect();
        let names = |(theme, defect): &(&str, Defect), word: &String| defect.id == word || *theme == word;
        if let Some(word) = self.defects.iter().find(|word| !all.iter().any(|one| names(one, word))) {
            return Err(format!("no defect and no theme of defects is called `{word}`"));
        }
        let chosen = |one: &(&str, Defect)| self.defects.is_empty() || self.defects.iter().any(|word| names(one, word));
        Ok(all.into_iter().filter(chosen).collect())
    }

    /// Whether a scenario is chosen. Positive controls always are: without them no denial counts.
    pub(crate) fn has(&self, scenario: &Scenario) -> bool {
        self.scenarios.is_empty() || scenario.control || self.scenarios.iter().any(|word| answers_to(scenario, word))
    }
}

/// Whether a scenario is meant by a word: its id, its theme, its file, or a folder above it.
pub(crate) fn answers_to(scenario: &Scenario, word: &str) -> bool {
    let file = &scenario.source.name;
    let word = word.trim_end_matches('/');
    let below = || file.split_once(word).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('/'));
    scenario.id == word || scenario.theme() == word || (word.contains('/') && below())
}
