//! Plays one case: makes its tokens, sends its requests, judges the answers.

mod allowance;
mod handshake;
mod step;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use authsettings::Settings;
use results::{AnsweredBy, Means, Observed, Redactor, Verdict};
use scenario::{Case, Platform, PrincipalPlace, Scenario, Step};
use serve::Clock;
use token::{Token, UnixTime};
use tokio::time::Instant;
use wire::{Exchange, Sender};

use crate::clocks;
use crate::compose::Destination;
use crate::instances::Instances;
use crate::issuer::Issuer;
use crate::judge::Judgement;
use crate::known::Known;
use crate::laboratory::Laboratory;
use crate::predict::{Foretold, World, foretell};
use crate::roles::Roles;
use crate::scene::Scene;
use crate::sink::{Place, Sink};
use crate::suspects::Suspects;
use crate::tokens::Tokens;
use crate::trace::Trace;
use crate::variables::names_sink;
use step::Played;

pub(crate) use allowance::Allowance;

/// Everything that playing a case needs; shared by all cases of a run.
pub(crate) struct Player {
    pub(crate) sender: Sender,
    pub(crate) destination: Destination,
    pub(crate) principal: Option<PrincipalPlace>,
    pub(crate) platform: Platform,
    /// The settings that are believed to be in force.
    pub(crate) settings: Option<Settings>,
    /// Who is who for what those would answer.
    pub(crate) world: World,
    /// Whether what merely should hold fails a case too.
    pub(crate) strict: bool,
    pub(crate) roles: Roles,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) known: Known,
    pub(crate) issuer: Option<Arc<Issuer>>,
    pub(crate) laboratory: Option<Arc<dyn Laboratory>>,
    /// Where nobody must come to; an error says why the target cannot be told of such a place.
    pub(crate) sink: Result<Sink, String>,
    pub(crate) redactor: Redactor,
    pub(crate) clock: Clock,
    pub(crate) evidence: bool,
    pub(crate) allowance: Allowance,
    /// The name of the run.
    pub(crate) trace: Trace,
    /// Which instances of the target answered.
    pub(crate) instances: Instances,
    /// How many seconds the target's clock is ahead of ours: of all answers, what was furthest off.
    pub(crate) ahead: Mutex<Option<i64>>,
    /// The file of the authority that a curl line must be told of.
    pub(crate) ca: Option<String>,
    /// What was seen, where settings are believed to be in force and the target is not one that was made for this run.
    pub(crate) suspects: Option<Suspects>,
    /// Whose documents are in trouble at the issuer.
    pub(crate) in_trouble: Mutex<HashSet<String>>,
}

/// A case that has ended.
pub(crate) struct Ended {
    pub(crate) case: results::Case,
    /// The places at the sink that the target was told of: it may come to them late.
    pub(crate) places: Vec<Place>,
}

/// What a case that is under way has seen so far.
#[derive(Default)]
struct Course {
    sent: Vec<Token>,
    /// Places at the sink that the target was told of by what stands at the issuer now.
    places: Vec<Place>,
    /// Hides all that was sent, and how much that was.
    hiding: Option<(Arc<Redactor>, Redactor, usize)>,
}

impl Player {
    /// Plays a case. The gravest step decides it, the last of several that are equally grave. What comes after a step that went
    /// wrong would prove nothing, so it is not played; after a warning it would.
    pub(crate) async fn play(&self, scenario: &Scenario, case: &Case) -> Ended {
        let mut course = Course::default();
        let mut result = self.unplayed(scenario, case, Verdict::Pass, None);
        result.means =
            Some(case.recipes().map(|recipe| self.tokens.means(recipe, (self.clock)())).max().unwrap_or(Means::Plain));
        match Scene::open(self, case).await {
            Ok(mut scene) => {
                self.steps(case, &mut scene, &mut course, &mut result).await;
                scene.close().await;
            }
            Err(trouble) => {
                let reason = self.redactor.text(&trouble.to_string());
                (result.verdict, result.reason) = (Verdict::Error, Some(reason));
            }
        }
        self.doubt_times(case, &mut result);
        // A target that all cases share may know from before what the issuer is made to say otherwise here, for as long as it likes.
        let may_remember = case.disturbs() && self.laboratory.is_none();
        if result.verdict == Verdict::Warn && self.strict && !may_remember {
            result.verdict = Verdict::Fail;
        }
        if result.verdict == Verdict::Fail {
            result.fix.clone_from(&scenario.fix);
        }
        Ended { case: result, places: course.places }
    }

    async fn steps(&self, case: &Case, scene: &mut Scene<'_>, course: &mut Course, result: &mut results::Case) {
        // Making a token and waiting for a turn is no time of the target's.
        let mut first_sent = None;
        let foretold = self.settings.as_ref().map(|settings| foretell(case, settings, &self.world));
        let mut foretold = foretold.into_iter().flatten();
        let mut seen = Vec::new();
        for (at, step) in case.steps.iter().enumerate() {
            let place = self.sink.as_ref().ok().filter(|_| names_sink(step)).map(Sink::place);
            course.places.extend(place.clone());
            let (played, foretold) = match step {
                Step::Exchange(exchange) => {
                    let played = self.exchange(exchange, scene, place.as_ref(), course).await;
                    (played, foretold.next().flatten())
                }
                Step::Issuer(act) => match scene.act(act, place.as_ref()).await {
                    Ok(()) => continue,
                    Err(trouble) => (Played::nothing(Verdict::Error, self.redactor.text(&trouble.to_string())), None),
                },
                Step::Tls(version) => (self.handshake(*version).await, None),
                Step::Wait(seconds) => {
                    scene.wait(*seconds).await;
                    continue;
                }
            };
            let Played { judgement, observed, begun, exchange, replay, .. } = played;
            first_sent = first_sent.or(begun);
            let within = |text: String| match case.steps.len() {
                1 => text,
                _ => format!("step {}: {text}", at + 1),
            };
            if let (Some(foretold), None) = (&foretold, &result.drift) {
                result.drift = foretold.drift(&observed).map(|drift| self.redactor.text(&within(drift)));
            }
            if self.suspects.is_some() {
                seen.push(observed.clone());
            }
            let Judgement { verdict, reason, compared } = judgement;
            result.compared.extend(compared);
            result.exchanges.extend(exchange);
            if gravity(verdict) >= gravity(result.verdict) {
                result.verdict = verdict;
                result.reason = reason.map(|reason| self.redactor.text(&within(reason.as_str().to_owned())));
                result.observed = observed;
                result.predicted = foretold.as_ref().map(Foretold::told);
                result.replay = replay;
            }
            if gravity(verdict) > gravity(Verdict::Warn) {
                break;
            }
        }
        if let Some(suspects) = &self.suspects {
            suspects.saw(case, seen, result.drift.is_some());
        }
        result.duration_ms = first_sent.map_or(Duration::ZERO, |sent: Instant| sent.elapsed()).into();
    }

    /// Takes note of what time it is where an answer comes from. A target that is started for single cases has clocks that are set.
    pub(crate) fn note_time(&self, exchange: &Exchange, asked: UnixTime) {
        let Some(seen) = clocks::ahead(exchange, asked, (self.clock)()).filter(|_| self.laboratory.is_none()) else {
            return;
        };
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.filter(|known| known.saturating_abs() >= seen.saturating_abs()).or(Some(seen));
    }

    /// How far the target's clock is off, where that matters.
    pub(crate) fn clock_trouble(&self) -> Option<i64> {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.filter(|ahead| ahead.saturating_abs() > clocks::TOLERATED)
    }

    /// Takes back a verdict that two clocks might have decided.
    fn doubt_times(&self, case: &Case, result: &mut results::Case) {
        let Some(ahead) = self.clock_trouble().filter(|ahead| clocks::could_decide(case, *ahead)) else { return };
        if matches!(result.verdict, Verdict::Pass | Verdict::Warn | Verdict::Fail) {
            let was = result.reason.take().map_or_else(String::new, |reason| format!(" (it was: {})", reason.as_str()));
            let reason = format!("{}, which may have decided this{was}", clocks::told(ahead));
            (result.verdict, result.reason) = (Verdict::Inconclusive, Some(self.redactor.text(&reason)));
        }
    }

    /// The record of a case that was not played.
    pub(crate) fn unplayed(
        &self,
        scenario: &Scenario,
        case: &Case,
        verdict: Verdict,
        reason: Option<&str>,
    ) -> results::Case {
        results::Case {
            id: case.id.clone(),
            variant: case.variant.clone(),
            configuration: None,
            theme: scenario.theme().to_owned(),
            title: scenario.title.clone(),
            why: scenario.why.clone(),
            severity: scenario.severity,
            verdict,
            reason: reason.map(|reason| self.redactor.text(reason)),
            expected: expected(case),
            predicted: None,
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            drift: None,
            means: None,
            fix: String::new(),
            waiver: None,
            compared: Vec::new(),
            exchanges: Vec::new(),
            replay: None,
            cite: scenario.cite.clone(),
            duration_ms: Duration::ZERO.into(),
        }
    }

    /// Who came to a place at the sink.
    pub(crate) fn hits(&self, places: &[Place]) -> Vec<String> {
        let Ok(sink) = &self.sink else { return Vec::new() };
        places.iter().flat_map(|place| sink.hits(place)).collect()
    }

    /// The same, and nobody is waited for there any more.
    pub(crate) fn forget_hits(&self, places: &[Place]) -> Vec<String> {
        let Ok(sink) = &self.sink else { return Vec::new() };
        places.iter().flat_map(|place| sink.forget(place)).collect()
    }

    /// Takes note that a tenant's documents are in trouble at the issuer, or no more.
    pub(crate) fn troubled(&self, tenant: &str, is: bool) {
        let mut troubled = self.in_trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if is {
            troubled.insert(tenant.to_owned());
        } else {
            troubled.remove(tenant);
        }
    }

    /// Ends what trouble cases left at the issuer that did not come to their end.
    pub(crate) async fn restore(&self) {
        let left: Vec<String> = self.in_trouble.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        for tenant in left {
            if let Some(issuer) = &self.issuer {
                let _ = issuer.end_trouble(&tenant).await;
            }
        }
    }
}

/// What a case promises, step by step.
fn expected(case: &Case) -> String {
    let word = |step: &Step| match step {
        Step::Exchange(exchange) => Some(exchange.expect.outcome.word().to_owned()),
        Step::Tls(version) => Some(format!("TLS {} refused", version.number())),
        Step::Issuer(_) | Step::Wait(_) => None,
    };
    case.steps.iter().filter_map(word).collect::<Vec<_>>().join(", then ")
}

/// How much a step's verdict weighs among those of its case.
fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Recorded => 1,
        Verdict::Warn => 2,
        Verdict::Fail | Verdict::Skip | Verdict::Inconclusive | Verdict::Error => 3,
    }
}
