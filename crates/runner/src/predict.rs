//! What given settings answer to what the scenarios send, without sending it.
//!
//! A prediction reaches the facts of a token from its recipe, never from bytes, and asks [`authsettings::decide`], as the reference
//! app does after its validator has looked at the bytes. What the documentation does not say, or readers do differently, is unknown:
//! then the answer depends on it, unless every value leads to the same one.
//!
//! A promise never bends to a prediction, and no prediction excuses a breach: what comes back is compared with both.

mod classes;
mod drift;
mod foretell;
mod header;
mod part;
mod payload;
mod promise;
mod reading;
mod request;
#[cfg(test)]
mod tests;
mod words;
mod world;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use authsettings::{Answer, Settings};
use results::Predicted;
use scenario::{Act, Case, Expect, Scenario, Step};
use token::Version;

pub use classes::Class;
pub use promise::Keeping;
pub use world::World;

pub(crate) use drift::drift;
use foretell::Oracle;
use promise::keeping;
use request::{Seen, Sight, sight};
use words::phrase;

/// The cases of scenarios, prepared so that many settings can be asked about them: what looks the same to the platform is asked once.
pub struct Predictor {
    cases: Vec<Prepared>,
    /// What is asked, once for each version of token that settings may name.
    sights: [Vec<Sight>; 2],
    /// The first case of each story.
    stories: Vec<usize>,
}

/// One case.
struct Prepared {
    scenario: Arc<Scenario>,
    variant: String,
    name: String,
    story: usize,
    steps: Vec<Asked>,
    /// The names that the scenario requires.
    requires: Vec<String>,
}

/// One exchange of a case.
#[derive(Debug)]
struct Asked {
    /// Where its [`Sight`]s are.
    sights: [usize; 2],
    expect: Expect,
    class: Option<Class>,
}

const VERSIONS: [Version; 2] = [Version::V1, Version::V2];

impl Predictor {
    /// Prepares all cases of some scenarios.
    pub fn new(scenarios: &[Arc<Scenario>]) -> Self {
        let mut predictor = Self { cases: Vec::new(), sights: Default::default(), stories: Vec::new() };
        let mut known: [HashMap<String, usize>; 2] = Default::default();
        let mut stories: HashMap<String, usize> = HashMap::new();
        for scenario in scenarios {
            for case in scenario.cases() {
                let [v1, v2] = VERSIONS.map(|version| sights(&case, version));
                let steps = case.exchanges().zip(v1.into_iter().zip(v2)).map(|(exchange, (v1, v2))| {
                    let class = Class::of(&exchange.send, &v2);
                    let mut place = |at: usize, sight: Sight| {
                        let sights = &mut predictor.sights[at];
                        *known[at].entry(format!("{sight:?}")).or_insert_with(|| {
                            sights.push(sight);
                            sights.len() - 1
                        })
                    };
                    Asked { sights: [place(0, v1), place(1, v2)], expect: exchange.expect.clone(), class }
                });
                let steps: Vec<Asked> = steps.collect();
                let story = *stories.entry(format!("{steps:?} {:?}", scenario.requires)).or_insert_with(|| {
                    predictor.stories.push(predictor.cases.len());
                    predictor.stories.len() - 1
                });
                predictor.cases.push(Prepared {
                    scenario: Arc::clone(scenario),
                    name: case.name(),
                    story,
                    variant: case.variant,
                    steps,
                    requires: scenario.requires.clone(),
                });
            }
        }
        predictor
    }

    /// Every case: its name, what it proves, and its story.
    pub fn cases(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.cases.iter().map(|case| (case.name.as_str(), case.scenario.title.as_str(), case.story))
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

/// How the exchanges of a case look to the platform.
fn sights(case: &Case, version: Version) -> Vec<Sight> {
    let mut disturbed = false;
    let mut sights = Vec::new();
    for step in &case.steps {
        match step {
            Step::Exchange(exchange) => sights.push(sight(&exchange.send, version, disturbed)),
            // The end of trouble that there was not changes nothing.
            Step::Issuer(Act::Restore) | Step::Wait(_) | Step::Tls(_) => {}
            Step::Issuer(_) => disturbed = true,
        }
    }
    sights
}

/// What settings answer in one world to everything that a predictor prepared.
pub fn predict<'p>(settings: &Settings, world: &World, predictor: &'p Predictor) -> Prediction<'p> {
    let oracle = Oracle::new(settings, world);
    let version = usize::from(world.version() == Version::V2);
    let answers = predictor.sights[version].iter().map(|sight| oracle.answer(sight)).collect();
    let lacks = |case: &Prepared| case.requires.iter().any(|name| world.value(name).is_none());
    let lacking = predictor.cases.iter().map(lacks).collect();
    Prediction { predictor, version, answers, lacking }
}

/// What settings answer to every case.
pub struct Prediction<'p> {
    predictor: &'p Predictor,
    version: usize,
    /// One for each sight; none where it is not asked.
    answers: Vec<Option<Answer>>,
    /// Which cases are about something that the world does not have.
    lacking: Vec<bool>,
}

/// What settings answer to one case.
pub struct CasePrediction<'p> {
    /// The scenario.
    pub scenario: &'p Arc<Scenario>,
    /// Which of its cases, as in [`Case::variant`].
    pub variant: &'p str,
    /// Its name: `id[variant]`.
    pub name: &'p str,
    /// Which story it tells: cases of the same one send what looks the same and promise the same, so that what is foretold of one is
    /// foretold of all.
    pub story: usize,
    asked: &'p [Asked],
    of: &'p Prediction<'p>,
    lacking: bool,
}

/// What settings answer to one exchange.
#[derive(Clone, Copy)]
pub struct StepPrediction<'p> {
    /// The answer; none where the step is not asked, for the settings have nothing that it is about.
    pub answer: Option<&'p Answer>,
    /// Whether that keeps the promise.
    pub keeping: Keeping,
    /// What kind of caller it is about; none where no word fits.
    pub class: Option<Class>,
    seen: &'p Seen,
}

impl<'p> Prediction<'p> {
    /// Every case, in the order of the scenarios.
    pub fn cases(&'p self) -> impl Iterator<Item = CasePrediction<'p>> {
        (0..self.predictor.cases.len()).map(|at| self.case(at))
    }

    /// The first case of each story, in the order of [`CasePrediction::story`].
    pub fn stories(&'p self) -> impl Iterator<Item = CasePrediction<'p>> {
        self.predictor.stories.iter().map(|at| self.case(*at))
    }

    fn case(&'p self, at: usize) -> CasePrediction<'p> {
        let Prepared { scenario, variant, name, story, steps, .. } = &self.predictor.cases[at];
        CasePrediction { scenario, variant, name, story: *story, asked: steps, of: self, lacking: self.lacking[at] }
    }
}

impl<'p> CasePrediction<'p> {
    /// One for each exchange.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = StepPrediction<'p>> + use<'p> {
        let (prediction, lacking) = (self.of, self.lacking);
        self.asked.iter().map(move |asked| {
            let at = asked.sights[prediction.version];
            let answer = prediction.answers[at].as_ref().filter(|_| !lacking);
            let seen = &prediction.predictor.sights[prediction.version][at].target;
            StepPrediction { answer, keeping: keeping(answer, seen, &asked.expect), class: asked.class, seen }
        })
    }

    /// What the settings answer, in a phrase a step; steps that say the same as the one before are not told again.
    pub fn phrase(&self) -> Cow<'static, str> {
        let mut phrases = self.steps().map(|step| step.phrase());
        if let (1, Some(only)) = (phrases.len(), phrases.next()) {
            return only;
        }
        let mut phrases: Vec<_> = self.steps().map(|step| step.phrase()).collect();
        phrases.dedup();
        phrases.join(", then ").into()
    }

    /// Whether the case would pass: it loses where one of its steps does.
    pub fn keeping(&self) -> Keeping {
        self.steps().map(|step| step.keeping).max().unwrap_or(Keeping::CannotTell)
    }

    /// Whether every answer is foretold.
    pub fn is_definite(&self) -> bool {
        self.steps().all(|step| step.is_definite())
    }
}

impl StepPrediction<'_> {
    /// The answer in a phrase.
    pub fn phrase(&self) -> Cow<'static, str> {
        phrase(self.answer, self.seen)
    }

    /// Whether the answer is foretold.
    pub fn is_definite(&self) -> bool {
        self.answer.is_some_and(|answer| !matches!(answer, Answer::Depends(_)))
    }
}

/// What a run foretells of a case, one for each of its exchanges.
pub(crate) struct Foretold {
    answer: Answer,
    seen: Seen,
}

/// Foretells the exchanges of one case; none where a step is not asked.
pub(crate) fn foretell(case: &Case, settings: &Settings, world: &World) -> Vec<Option<Foretold>> {
    let oracle = Oracle::new(settings, world);
    let sights = sights(case, world.version()).into_iter();
    sights.map(|sight| oracle.answer(&sight).map(|answer| Foretold { answer, seen: sight.target })).collect()
}

impl Foretold {
    /// As the result document has it.
    pub(crate) fn told(&self) -> Predicted {
        use results::AnsweredBy;
        let (status, answered_by) = match (&self.answer, &self.seen) {
            (Answer::Refused { status, .. } | Answer::Redirect { status, .. }, _) => {
                (Some(*status), Some(AnsweredBy::Platform))
            }
            (Answer::Reaches { .. }, Seen::Plainly { function: true, .. }) => (None, Some(AnsweredBy::App)),
            _ => (None, None),
        };
        Predicted { phrase: phrase(Some(&self.answer), &self.seen).into_owned(), status, answered_by }
    }

    /// How what came back differs from it.
    pub(crate) fn drift(&self, observed: &results::Observed) -> Option<String> {
        drift(&self.answer, &self.seen, observed)
    }
}
