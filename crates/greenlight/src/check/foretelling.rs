//! What configurations would answer to every scenario, and how that differs from what they answered before.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use authsettings::{Configuration, Expected};
use report::prediction::{Baseline, Foretold, Keeps, Prediction};
use runner::predict::{CasePrediction, Class, Keeping, Predictor, StepPrediction, World, predict};

use crate::arguments::{Check, Selection};
use crate::files;
use crate::library::Library;
use crate::terminal;
use crate::trouble::Trouble;

/// Foretells what configurations would answer.
pub(super) struct Foreteller {
    predictor: Predictor,
    expected: Expected,
}

impl Foreteller {
    /// None where nothing is to be foretold: nothing is to be shown or held against a baseline.
    pub(super) fn prepare(expected: &Expected, arguments: &Check) -> Result<Option<Self>, Trouble> {
        if !arguments.predict && arguments.baseline.is_none() {
            return Ok(None);
        }
        let mut library = Library::select(&Selection { names: Vec::new(), scenarios: None })?.without_deployed();
        library.scenarios.retain(|scenario| scenario.needs_beside().is_none());
        Ok(Some(Self { predictor: Predictor::new(&library.scenarios), expected: expected.clone() }))
    }

    /// What one configuration would answer.
    pub(super) fn foretell(&self, configuration: &Configuration) -> Prediction {
        foretell(configuration, &self.expected, &self.predictor)
    }
}

/// Holds predictions against a baseline, or writes it anew; whether answers have changed.
pub(super) fn held_against(file: &Path, predictions: &[Prediction], write: bool) -> Result<bool, Trouble> {
    if write {
        let text = Baseline::of(predictions).text();
        let written = files::create(file)?.write_all(text.as_bytes());
        written.map_err(|error| Trouble::usage(format!("{} cannot be written: {error}", file.display())))?;
        terminal::say(&format!("written: {}", file.display()));
        return Ok(false);
    }
    let again = "write it with `--write-baseline`, and commit it";
    if !file.exists() {
        return Err(Trouble::usage(format!("the baseline {} does not exist", file.display())).hint(again));
    }
    let baseline = Baseline::read(&files::read(file)?.text)
        .map_err(|error| Trouble::usage(format!("{}: {error}", file.display())).hint(again))?;
    let Some(review) = baseline.review(predictions) else { return Ok(false) };
    terminal::say(review.trim_end());
    terminal::say("hint: where that is meant, write the baseline anew with `--write-baseline`, and commit it");
    Ok(true)
}

/// What one configuration would answer. What differs with something that the file does not say depends on that.
fn foretell(configuration: &Configuration, expected: &Expected, predictor: &Predictor) -> Prediction {
    let (file, name) = (configuration.source.name.clone(), configuration.name.clone());
    let mut readings = configuration.assumed().into_iter();
    let Some(first) = readings.next() else {
        let unknown = Some(why_unknown(configuration));
        return Prediction { file, name, kinds: Vec::new(), cases: Vec::new(), unknown };
    };
    let world = World::of_settings(&first.settings, expected);
    let prediction = predict(&first.settings, &world, predictor);
    let mut kinds: BTreeSet<Class> = BTreeSet::new();
    let told = prediction.cases().map(|case| {
        let (told, class) = told(&case);
        kinds.extend(class);
        told
    });
    let mut cases: Vec<Foretold> = told.collect();
    let kinds = kinds.into_iter().map(Class::words).collect();
    for other in readings {
        let world = World::of_settings(&other.settings, expected);
        let property = other.property.unwrap_or_default();
        for (told, case) in cases.iter_mut().zip(predict(&other.settings, &world, predictor).cases()) {
            let open = told.answer.starts_with("depends on");
            if !open && case.phrase() != told.answer {
                told.answer = format!("depends on `{property}`, which the file does not say").into();
                told.keeps = Keeps::Unknown;
            }
        }
    }
    Prediction { file, name, kinds, cases, unknown: None }
}

/// What is answered to a case, and the kind of caller that it is about: none where it tells a story of several answers, or is not
/// asked.
fn told(case: &CasePrediction<'_>) -> (Foretold, Option<Class>) {
    let mut steps = case.steps();
    // Most cases have one step, and it is looked at once.
    let (class, answer, keeping) = match (steps.len(), steps.next()) {
        (1, Some(only)) => (only.class.filter(|_| only.answer.is_some()), only.phrase(), only.keeping),
        (_, first) => {
            let same = |step: &StepPrediction<'_>| {
                first.is_some_and(|first| step.phrase() == first.phrase() && step.class == first.class)
            };
            let class = first.filter(|first| first.answer.is_some() && steps.all(|step| same(&step)));
            (class.and_then(|first| first.class), case.phrase(), case.keeping())
        }
    };
    let keeps = match keeping {
        Keeping::Keeps => Keeps::Yes,
        Keeping::Loses => Keeps::No,
        Keeping::CannotTell => Keeps::Unknown,
    };
    let (name, title) = (Arc::clone(case.name), Arc::clone(case.title));
    (Foretold { case: name, callers: class.map(Class::words).unwrap_or_default(), answer, title, keeps }, class)
}

/// Why there are no settings to foretell from.
fn why_unknown(configuration: &Configuration) -> String {
    let wrong = configuration.settings().1.into_iter().find(|one| one.level == diagnostics::Level::Error);
    match (wrong, configuration.unknowns().first()) {
        (Some(wrong), _) => format!("{}: {}", wrong.place(), wrong.message),
        (None, Some((path, _))) => format!("the file does not say `{path}`"),
        (None, None) => "the settings cannot be read".to_owned(),
    }
}
