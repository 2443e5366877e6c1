//! One step of a case: a request, sent once or several times, and what came back.

use std::sync::Arc;
use std::time::Duration;

use authsettings::Request;
use results::{AnsweredBy, ExchangeRecord, Observed, Redacted, Redactor, Verdict};
use scenario::{Door, Expect, Platform, Send};
use token::{Recipe, Token, UnixTime};
use tokio::time::Instant;
use wire::{Exchange, Phase, RequestBytes, WireError};

use super::{Course, Player, gravity};
use crate::attribute::{Attribution, Function, attribute, header};
use crate::clocks;
use crate::compose::{Destination, compose, replay};
use crate::evidence;
use crate::form::Form;
use crate::judge::{Elsewhere, Judgement, Seen, judge};
use crate::scene::{Scene, SceneTrouble};
use crate::sink::Place;
use crate::tokens::{TokenTrouble, claim};

/// So often one request is sent again because the target asked to wait.
const PATIENCE: u32 = 3;

/// What one step came to.
pub(super) struct Played {
    pub(super) judgement: Judgement,
    pub(super) observed: Observed,
    /// When it was sent; none where it was not.
    pub(super) begun: Option<Instant>,
    pub(super) exchange: Option<ExchangeRecord>,
    pub(super) replay: Option<Redacted>,
    /// How long the target asks to wait before it is asked again: this was no answer.
    pub(super) put_off: Option<Duration>,
}

impl Player {
    /// Plays a step as often as it says. The gravest answer decides it and is kept, the last of several that are equally grave.
    pub(super) async fn exchange(
        &self,
        step: &scenario::Exchange,
        scene: &Scene<'_>,
        place: Option<&Place>,
        course: &mut Course,
    ) -> Played {
        let trouble = |trouble: SceneTrouble| Played::nothing(Verdict::Error, self.redactor.text(&trouble.to_string()));
        let destination = match scene.destination().await {
            Ok(destination) => destination,
            Err(error) => return trouble(error),
        };
        let counts = step.expect.key_fetches.is_some();
        let before = match if counts { scene.key_fetches().await } else { Ok(0) } {
            Ok(count) => count,
            Err(error) => return trouble(error),
        };
        let (mut gravest, mut first_sent): (Option<Played>, _) = (None, None);
        for number in 1..=step.times.max(1) {
            let mut played = self.patiently(step, scene, destination, place, course).await;
            first_sent = first_sent.or(played.begun);
            if let Some(reason) = played.judgement.reason.as_mut().filter(|_| step.times > 1) {
                *reason = self.redactor.text(&format!("answer {number} of {}: {}", step.times, reason.as_str()));
            }
            let verdict = played.judgement.verdict;
            if gravest.as_ref().is_none_or(|known| gravity(verdict) >= gravity(known.judgement.verdict)) {
                gravest = Some(played);
            }
            if gravity(verdict) > gravity(Verdict::Warn) {
                break;
            }
        }
        let mut played = gravest.expect("it is played once at least");
        played.begun = first_sent;
        let key_fetches = match (step.expect.key_fetches, if counts { scene.key_fetches().await } else { Ok(0) }) {
            (Some(most), Ok(after)) => Some((most, after.saturating_sub(before))),
            (_, Ok(_)) => None,
            (_, Err(error)) => return trouble(error),
        };
        let callbacks = self.hits(&course.places);
        let callbacks = (!course.places.is_empty()).then_some(callbacks.as_slice());
        played.judgement.add_elsewhere(&Elsewhere { callbacks, key_fetches }, &self.redactor);
        played
    }

    /// Sends the request of a step, and again if the target asks to wait. Its tokens are made anew: they might end meanwhile.
    async fn patiently(
        &self,
        step: &scenario::Exchange,
        scene: &Scene<'_>,
        destination: &Destination,
        place: Option<&Place>,
        course: &mut Course,
    ) -> Played {
        let mut tries = 0;
        loop {
            let mut played = self.once(step, scene, destination, place, course).await;
            tries += 1;
            let (Some(wait), Some(sent)) = (played.put_off, played.begun) else { return played };
            if self.allowance.slow_down(sent, wait) && tries <= PATIENCE {
                continue;
            }
            let status = played.observed.status.unwrap_or_default();
            let reason = format!(
                "rate limited: the target answered {status} and asked to wait {} s, {tries} times in a row; ask more slowly \
                 (`limits.requests-per-second`)",
                wait.as_secs()
            );
            played.judgement = Judgement::alone(Verdict::Inconclusive, self.redactor.text(&reason));
            return played;
        }
    }

    /// Sends the request of a step once. Its tokens are added to those that were sent: a later answer may repeat them.
    async fn once(
        &self,
        step: &scenario::Exchange,
        scene: &Scene<'_>,
        destination: &Destination,
        place: Option<&Place>,
        course: &mut Course,
    ) -> Played {
        let send = &step.send;
        let origin = destination.origin_of(send);
        let host = origin.authority();
        let mut made = [None, None];
        for (recipe, made) in [&send.token, &send.other_token].into_iter().zip(&mut made) {
            let Some(recipe) = recipe else { continue };
            match self.token(recipe, scene, &host, place).await {
                Ok(token) => *made = Some(token),
                // The token is our side's business: the target was not even asked.
                Err(trouble) => {
                    let reason = self.redactor.text(&format!("no token could be made: {trouble}"));
                    return Played::nothing(Verdict::Error, reason);
                }
            }
        }
        for token in made.iter().flatten() {
            // What a step sends over and over is hidden once.
            if !course.sent.contains(token) {
                course.sent.push(token.clone());
            }
        }
        let values = scene.values(&host, (made[0].as_ref(), made[1].as_ref()), place);
        let mut request = match compose(send, &values, destination) {
            Ok(request) => request,
            Err(error) => {
                let reason = self.redactor.text(&format!("the request cannot be made: {error}"));
                return Played::nothing(Verdict::Error, reason);
            }
        };
        self.trace.sign(send, &mut request);
        if let Err(limit) = self.allowance.take().await {
            return Played::nothing(Verdict::Inconclusive, self.redactor.text(&format!("not sent: {limit}")));
        }
        let (begun, asked) = (Instant::now(), (self.clock)());
        let answer = self.sender.send(origin, &request).await;
        if let Ok(exchange) = &answer {
            self.note_time(exchange, asked);
            if *origin == self.destination.origin {
                self.instances.note(exchange);
            }
        }
        let redactor = course.hiding(self.tokens.redactor());
        let attribution = match &answer {
            Ok(exchange) => attribute(exchange, destination.marker_of(send)),
            Err(_) => Attribution::NO_ANSWER,
        };
        let seen = Seen {
            exchange: answer.as_ref(),
            attribution,
            principal: self.principal.as_ref(),
            caller: made[0].as_ref().and_then(|token| claim(token, "oid")),
        };
        let (exchange, replay) = if self.evidence {
            let line = replay(send, &values, destination, self.ca.as_deref());
            (evidence(&answer, &request, begun, redactor), line.map(|line| redactor.text(&line)))
        } else {
            (None, None)
        };
        Played {
            judgement: judge(&step.expect, &seen, &self.form(send, destination), redactor),
            observed: Observed {
                status: answer.as_ref().ok().map(|exchange| exchange.status),
                answered_by: attribution.answered_by,
                detail: detail(&answer).map(|detail| redactor.text(&detail)),
            },
            begun: Some(begun),
            exchange,
            replay,
            put_off: answer.as_ref().ok().and_then(|exchange| put_off(&step.expect, exchange, attribution, asked)),
        }
    }

    /// Makes a token of a step.
    async fn token(
        &self,
        recipe: &Recipe,
        scene: &Scene<'_>,
        host: &str,
        place: Option<&Place>,
    ) -> Result<Token, TokenTrouble> {
        let values = scene.values(host, (None, None), place);
        let mut recipe = recipe.clone();
        recipe.fill(&|name| values.text(name))?;
        self.tokens.make(&recipe, scene.now(), scene.purse()).await
    }

    /// The form that a refusal of this request should have.
    fn form(&self, send: &Send, destination: &Destination) -> Form {
        match (self.platform, &self.settings) {
            // It is not behind the app's authentication.
            _ if send.to == Door::Scm => Form::Any,
            (Platform::Other, _) => Form::Any,
            (Platform::EasyAuth, None) => Form::USUAL,
            (Platform::EasyAuth, Some(settings)) => {
                let origin = &destination.origin;
                let agent = send.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
                let (host, agent) = (origin.authority(), agent.map(|(_, agent)| agent.to_string()));
                let request = Request {
                    https: origin.is_https(),
                    path: destination.path_of(send),
                    query: None,
                    host: &host,
                    user_agent: agent.as_deref(),
                };
                Form::of(settings, &request)
            }
        }
    }
}

impl Course {
    /// Hides the tokens that this case sent, and whatever else was handed out by now.
    fn hiding(&mut self, handed_out: Arc<Redactor>) -> &Redactor {
        let kept = self.hiding.take().filter(|(known, _, _)| Arc::ptr_eq(known, &handed_out));
        let (_, mut redactor, done) = kept.unwrap_or_else(|| (Arc::clone(&handed_out), handed_out.beside(), 0));
        for token in &self.sent[done..] {
            redactor.add_token(token.compact());
            // A signature that is written otherwise reads the same, so it is as secret.
            if token.expose() != token.compact() && token.expose().matches('.').count() >= 2 {
                redactor.add_token(token.expose());
            }
        }
        &self.hiding.insert((handed_out, redactor, self.sent.len())).1
    }
}

impl Played {
    /// A step that sent nothing.
    pub(super) fn nothing(verdict: Verdict, reason: Redacted) -> Self {
        Self {
            judgement: Judgement::alone(verdict, reason),
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            begun: None,
            exchange: None,
            replay: None,
            put_off: None,
        }
    }
}

/// How long whoever stands before the function asks to wait, where that is not what a scenario is after.
fn put_off(expect: &Expect, exchange: &Exchange, attribution: Attribution, now: UnixTime) -> Option<Duration> {
    let is_busy = matches!(exchange.status, 429 | 503) && attribution.function == Function::Silent;
    let is_expected = expect.status.contains(&exchange.status) || expect.also.contains(&exchange.status);
    (is_busy && !is_expected).then(|| clocks::retry_after(exchange, now)).flatten()
}

/// What went over the wire, also where nothing came back; none where nothing was sent.
fn evidence(
    answer: &Result<Exchange, WireError>,
    request: &RequestBytes,
    begun: Instant,
    redactor: &Redactor,
) -> Option<ExchangeRecord> {
    match answer {
        Ok(exchange) => Some(evidence::record(exchange, redactor)),
        Err(
            WireError::Reset { .. }
            | WireError::NotHttp { .. }
            | WireError::TooLong { .. }
            | WireError::TimedOut { phase: Phase::FirstByte | Phase::Answer, .. },
        ) => Some(evidence::unanswered(&request.to_bytes(), begun.elapsed(), redactor)),
        Err(_) => None,
    }
}

/// What else an answer said in a few words: its challenge, or why there is no answer.
fn detail(answer: &Result<Exchange, WireError>) -> Option<String> {
    match answer {
        Ok(exchange) => header(exchange, "www-authenticate").next(),
        Err(error) => Some(error.to_string()),
    }
}
