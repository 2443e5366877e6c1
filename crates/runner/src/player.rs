//! Plays one case: makes its tokens, sends its requests, judges the answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use results::{AnsweredBy, ExchangeRecord, Observed, Redactor, Verdict};
use scenario::{Case, Limits, Marker, PrincipalPlace, Scenario, Step};
use serve::Clock;
use token::Token;
use tokio::sync::Mutex;
use wire::{Exchange, Sender};

use crate::attribute::{Attribution, attribute};
use crate::compose::{Destination, compose, replay};
use crate::evidence;
use crate::form::Form;
use crate::judge::{Judgement, Seen, header, judge};
use crate::tokens::Tokens;

/// Everything that playing a case needs; shared by all cases of a run.
pub(crate) struct Player {
    pub(crate) sender: Sender,
    pub(crate) destination: Destination,
    pub(crate) marker: Option<Marker>,
    pub(crate) principal: Option<PrincipalPlace>,
    pub(crate) form: Form,
    pub(crate) strict: bool,
    pub(crate) tokens: Tokens,
    pub(crate) redactor: Redactor,
    pub(crate) clock: Clock,
    pub(crate) allowance: Allowance,
    /// The file of the authority that a curl line must be told of.
    pub(crate) ca: Option<String>,
}

/// How many requests a run may still send, and how fast.
pub(crate) struct Allowance {
    left: Option<AtomicU64>,
    limit: u64,
    pace: Option<Mutex<tokio::time::Interval>>,
}

/// What one step came to.
struct Played {
    judgement: Judgement,
    observed: Observed,
    exchange: Option<ExchangeRecord>,
}

impl Player {
    /// Plays a case. A step that does not pass is the last one.
    pub(crate) async fn play(&self, scenario: &Scenario, case: &Case) -> results::Case {
        let begun = Instant::now();
        let mut result = self.unplayed(scenario, case, Verdict::Pass, None);
        for step in &case.steps {
            let Played { judgement, observed, exchange } = self.step(step).await;
            result.verdict = judgement.verdict;
            result.reason = judgement.reason.map(|reason| self.redactor.text(&reason));
            result.compared.extend(judgement.compared);
            result.observed = observed;
            result.exchanges.extend(exchange);
            let line = replay(&step.send, &self.destination, self.ca.as_deref());
            result.replay = Some(self.redactor.text(&line));
            if result.verdict != Verdict::Pass {
                break;
            }
        }
        if self.strict && result.verdict == Verdict::Warn {
            result.verdict = Verdict::Fail;
        }
        result.duration_ms = begun.elapsed().into();
        result
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
            expected: case.steps.iter().map(|step| step.expect.outcome.word()).collect::<Vec<_>>().join(", then "),
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            compared: Vec::new(),
            exchanges: Vec::new(),
            replay: None,
            cite: scenario.cite.clone(),
            duration_ms: Duration::ZERO.into(),
        }
    }

    async fn step(&self, step: &Step) -> Played {
        let token = match &step.send.token {
            Some(recipe) => match self.tokens.make(recipe, (self.clock)()).await {
                Ok(token) => Some(token),
                // The token is our side's business: the target was not even asked.
                Err(trouble) => return Played::nothing(Verdict::Error, format!("no token could be made: {trouble}")),
            },
            None => None,
        };
        if !self.allowance.take().await {
            let reason =
                format!("not sent: the limit of {} requests is reached (`limits.requests`)", self.allowance.limit);
            return Played::nothing(Verdict::Inconclusive, reason);
        }
        let request = compose(&step.send, token.as_ref(), &self.destination);
        let redactor = match &token {
            Some(token) => self.redactor.with_token(token.expose()),
            None => self.redactor.clone(),
        };
        let answer = self.sender.send(&self.destination.origin, &request).await;
        let attribution = match &answer {
            Ok(exchange) => attribute(exchange, self.marker.as_ref()),
            Err(_) => Attribution::NO_ANSWER,
        };
        let seen = Seen {
            exchange: answer.as_ref(),
            attribution,
            principal: answer.as_ref().ok().and_then(|exchange| self.principal(exchange)),
            caller: token.as_ref().and_then(object_id),
        };
        Played {
            judgement: judge(&step.expect, &seen, &self.form, &redactor),
            observed: Observed {
                status: answer.as_ref().ok().map(|exchange| exchange.status),
                answered_by: attribution.answered_by,
                detail: detail(&answer, &redactor),
            },
            exchange: answer.ok().map(|exchange| evidence::record(&exchange, &redactor)),
        }
    }

    /// The principal that the function says it was given; the outer none where nobody said where to look.
    fn principal(&self, exchange: &Exchange) -> Option<Option<String>> {
        let found = match self.principal.as_ref()? {
            PrincipalPlace::Header(name) => header(exchange, name),
            PrincipalPlace::Json(pointer) => {
                let body = serde_json::from_slice::<serde_json::Value>(&exchange.body).ok();
                body.and_then(|body| body.pointer(pointer)?.as_str().map(str::to_owned))
            }
        };
        Some(found.filter(|id| !id.is_empty()))
    }
}

impl Played {
    /// A step that sent nothing.
    fn nothing(verdict: Verdict, reason: String) -> Self {
        Self {
            judgement: Judgement { verdict, reason: Some(reason), compared: Vec::new() },
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            exchange: None,
        }
    }
}

impl Allowance {
    /// Takes the limits of a profile.
    pub(crate) fn new(limits: &Limits) -> Self {
        let pace = limits.requests_per_second.map(|rate| {
            let mut interval = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).unwrap_or(u32::MAX));
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            Mutex::new(interval)
        });
        Self { left: limits.requests.map(AtomicU64::new), limit: limits.requests.unwrap_or_default(), pace }
    }

    /// Waits until a request may be sent; false where none may be any more.
    pub(crate) async fn take(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        let allowed = self
            .left
            .as_ref()
            .is_none_or(|left| left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok());
        if let (true, Some(pace)) = (allowed, &self.pace) {
            pace.lock().await.tick().await;
        }
        allowed
    }
}

/// The `oid` of a token whose payload can be read.
fn object_id(token: &Token) -> Option<String> {
    let (draft, _) = token.open().ok()?;
    draft.payload_json().ok()?.get("oid")?.as_str().map(str::to_owned)
}

/// What else an answer said in a few words: its challenge, or why there is none.
fn detail(answer: &Result<Exchange, wire::WireError>, redactor: &Redactor) -> Option<results::Redacted> {
    match answer {
        Ok(exchange) => header(exchange, "www-authenticate").map(|challenge| redactor.text(&challenge)),
        Err(error) => Some(redactor.text(&error.to_string())),
    }
}
