//! What configurations would answer to every scenario, and how that differs from what they answered before.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

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
    pub(super) fn foretell(&self, configuration: &Configuration) -> Prediction<'_> {
        foretell(configuration, &self.expected, &self.predictor)
    }
}

/// Holds predictions against a baseline, or writes it anew; whether answers have changed.
pub(super) fn held_against(file: &Path, predictions: &[Prediction<'_>], write: bool) -> Result<bool, Trouble> {
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
fn foretell<'p>(configuration: &Configuration, expected: &Expected, predictor: &'p Predictor) -> Prediction<'p> {
    let (file, name) = (configuration.source.name.clone(), configuration.name.clone());
    let mut readings = configuration.assumed().into_iter();
    let Some(first) = readings.next() else {
        let unknown = Some(why_unknown(configuration));
        return Prediction { file, name, kinds: Vec::new(), cases: Vec::new(), taken_as_set: Vec::new(), unknown };
    };
    let world = World::of_settings(&first.settings, expected);
    let prediction = predict(&first.settings, &world, predictor);
    let mut told: Vec<Told> = prediction.stories().map(|case| Told::of(&case)).collect();
    for other in readings {
        let world = World::of_settings(&other.settings, expected);
        let property = other.property.as_deref().unwrap_or_default();
        for (told, case) in told.iter_mut().zip(predict(&other.settings, &world, predictor).stories()) {
            told.turns_out(&case, property);
        }
    }
    let kinds: BTreeSet<Class> = told.iter().filter_map(|told| told.class).collect();
    let cases = predictor.cases().map(|(case, title, story)| {
        let Told { class, answer, keeps, .. } = told[story].clone();
        Foretold { case, callers: class.map(Class::words).unwrap_or_default(), answer, title, keeps }
    });
    Prediction {
        file,
        name,
        kinds: kinds.into_iter().map(Class::words).collect(),
        cases: cases.collect(),
        taken_as_set: configuration.taken_as_set(),
        unknown: None,
    }
}

/// What is answered to the cases of one story.
#[derive(Clone)]
struct Told {
    /// The kind of caller that they are about: none where several answers are told, or nothing is asked.
    class: Option<Class>,
    answer: Cow<'static, str>,
    keeps: Keeps,
    /// Whether the answer differs with something that the file does not say.
    is_open: bool,
}

impl Told {
    fn of(case: &CasePrediction<'_>) -> Self {
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
        Self { class, is_open: answer.starts_with("depends on"), answer, keeps }
    }

    /// What is foretold if a property turns out otherwise.
    fn turns_out(&mut self, case: &CasePrediction<'_>, property: &str) {
        if !self.is_open && case.phrase() != self.answer {
            self.answer = format!("depends on `{property}`, which the file does not say").into();
            (self.keeps, self.is_open) = (Keeps::Unknown, true);
        }
    }
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
