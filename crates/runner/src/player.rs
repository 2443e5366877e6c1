//! Plays one case: makes its tokens, sends its requests, judges the answers.

mod allowance;

use std::time::{Duration, Instant};

use authsettings::{Request, Settings};
use results::{AnsweredBy, ExchangeRecord, Observed, Redacted, Redactor, Verdict};
use scenario::{Case, Marker, Platform, PrincipalPlace, Scenario, Send};
use serve::Clock;
use token::Token;
use wire::{Exchange, Sender, WireError};

use crate::attribute::{Attribution, attribute, header};
use crate::compose::{Destination, compose, replay};
use crate::evidence;
use crate::form::Form;
use crate::judge::{Judgement, Seen, judge};
use crate::tokens::{Tokens, claim};

pub(crate) use allowance::Allowance;

/// Everything that playing a case needs; shared by all cases of a run.
pub(crate) struct Player {
    pub(crate) sender: Sender,
    pub(crate) destination: Destination,
    pub(crate) marker: Option<Marker>,
    pub(crate) principal: Option<PrincipalPlace>,
    pub(crate) platform: Platform,
    /// The settings that are believed to be in force.
    pub(crate) settings: Option<Settings>,
    pub(crate) strict: bool,
    pub(crate) tokens: Tokens,
    pub(crate) redactor: Redactor,
    pub(crate) clock: Clock,
    pub(crate) allowance: Allowance,
    /// The file of the authority that a curl line must be told of.
    pub(crate) ca: Option<String>,
}

/// What one step came to.
struct Played {
    judgement: Judgement,
    observed: Observed,
    /// When it was sent; none where it was not.
    begun: Option<Instant>,
    exchange: Option<ExchangeRecord>,
    replay: Option<Redacted>,
}

impl Player {
    /// Plays a case. The gravest step decides it, the last of several that are equally grave. What comes after a step that went
    /// wrong would prove nothing, so it is not played; after a warning it would.
    pub(crate) async fn play(&self, scenario: &Scenario, case: &Case) -> results::Case {
        // Making a token and waiting for a turn is no time of the target's.
        let mut first_sent = None;
        let mut result = self.unplayed(scenario, case, Verdict::Pass, None);
        let mut sent = Vec::new();
        for (at, step) in case.exchanges().enumerate() {
            let Played { judgement, observed, begun, exchange, replay } = self.step(step, &mut sent).await;
            first_sent = first_sent.or(begun);
            let Judgement { verdict, reason, compared } = judgement;
            result.compared.extend(compared);
            result.exchanges.extend(exchange);
            if gravity(verdict) >= gravity(result.verdict) {
                result.verdict = verdict;
                result.reason = reason.map(|reason| match case.steps.len() {
                    1 => reason,
                    _ => self.redactor.text(&format!("step {}: {}", at + 1, reason.as_str())),
                });
                result.observed = observed;
                result.replay = replay;
            }
            if gravity(verdict) > gravity(Verdict::Warn) {
                break;
            }
        }
        if self.strict && result.verdict == Verdict::Warn {
            result.verdict = Verdict::Fail;
        }
        result.duration_ms = first_sent.map_or(Duration::ZERO, |sent: Instant| sent.elapsed()).into();
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
            expected: case.exchanges().map(|step| step.expect.outcome.word()).collect::<Vec<_>>().join(", then "),
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            compared: Vec::new(),
            exchanges: Vec::new(),
            replay: None,
            cite: scenario.cite.clone(),
            duration_ms: Duration::ZERO.into(),
        }
    }

    /// Plays a step. Its token is added to those that were sent: a later answer may repeat it.
    async fn step(&self, step: &scenario::Exchange, sent: &mut Vec<Token>) -> Played {
        let token = match &step.send.token {
            Some(recipe) => match self.tokens.make(recipe, (self.clock)()).await {
                Ok(token) => Some(token),
                // The token is our side's business: the target was not even asked.
                Err(trouble) => {
                    let reason = self.redactor.text(&format!("no token could be made: {trouble}"));
                    return Played::nothing(Verdict::Error, reason);
                }
            },
            None => None,
        };
        sent.extend(token.clone());
        if let Err(limit) = self.allowance.take().await {
            return Played::nothing(Verdict::Inconclusive, self.redactor.text(&format!("not sent: {limit}")));
        }
        let request = compose(&step.send, token.as_ref(), &self.destination);
        let begun = Instant::now();
        let answer = self.sender.send(&self.destination.origin, &request).await;
        let redactor = &self.hiding(sent);
        let attribution = match &answer {
            Ok(exchange) => attribute(exchange, self.marker.as_ref()),
            Err(_) => Attribution::NO_ANSWER,
        };
        let seen = Seen {
            exchange: answer.as_ref(),
            attribution,
            principal: self.principal.as_ref(),
            caller: token.as_ref().and_then(|token| claim(token, "oid")),
        };
        Played {
            judgement: judge(&step.expect, &seen, &self.form(&step.send), redactor),
            observed: Observed {
                status: answer.as_ref().ok().map(|exchange| exchange.status),
                answered_by: attribution.answered_by,
                detail: detail(&answer).map(|detail| redactor.text(&detail)),
            },
            begun: Some(begun),
            exchange: answer.ok().map(|exchange| evidence::record(&exchange, redactor)),
            replay: replay(&step.send, &self.destination, self.ca.as_deref()).map(|line| redactor.text(&line)),
        }
    }

    /// The form that a refusal of this request should have.
    fn form(&self, send: &Send) -> Form {
        match (self.platform, &self.settings) {
            (Platform::Other, _) => Form::Any,
            (Platform::EasyAuth, None) => Form::USUAL,
            (Platform::EasyAuth, Some(settings)) => {
                let origin = &self.destination.origin;
                let agent = send.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
                let (host, agent) = (origin.authority(), agent.map(|(_, agent)| agent.to_string()));
                let request = Request {
                    https: origin.is_https(),
                    path: self.destination.path_of(send),
                    query: None,
                    host: &host,
                    user_agent: agent.as_deref(),
                };
                Form::of(settings, &request)
            }
        }
    }

    /// Hides the tokens that this case sent, and whatever else was handed out by now.
    fn hiding(&self, sent: &[Token]) -> Redactor {
        sent.iter().fold(self.tokens.redactor(), |redactor, token| redactor.with_token(token.expose()))
    }
}

impl Played {
    /// A step that sent nothing.
    fn nothing(verdict: Verdict, reason: Redacted) -> Self {
        Self {
            judgement: Judgement::alone(verdict, reason),
            observed: Observed { status: None, answered_by: AnsweredBy::Unknown, detail: None },
            begun: None,
            exchange: None,
            replay: None,
        }
    }
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

/// What else an answer said in a few words: its challenge, or why there is no answer.
fn detail(answer: &Result<Exchange, WireError>) -> Option<String> {
    match answer {
        Ok(exchange) => header(exchange, "www-authenticate").next(),
        Err(error) => Some(error.to_string()),
    }
}
