//! Judges one answer: what was promised beside what came back.
//!
//! Two strengths. What safety rests on must hold, or the case fails: whether the function was reached, whom it was told is
//! calling, what it must not have said, that bad input did not bring it down, that nobody was called back. The rest should hold,
//! or the case warns; it fails where the target is known to answer in one form. The judge sees the answer and nothing of how the
//! target came to it: it never validates a token.

mod principal;
#[cfg(test)]
mod tests;

use results::{AnsweredBy, Comparison, Redacted, Redactor, Strength, Verdict};
use scenario::{Expect, HeaderExpectation, Outcome, Principal, PrincipalPlace};
use wire::{Exchange, WireError};

use crate::attribute::{Attribution, Function, header};
use crate::form::Form;
use principal::Told;

/// What came back for one step.
pub(crate) struct Seen<'a> {
    /// The exchange, or why there is none.
    pub(crate) exchange: Result<&'a Exchange, &'a WireError>,
    /// Who answered, and whether it was the function.
    pub(crate) attribution: Attribution,
    /// Where the function's answer shows the principal, if the profile says so.
    pub(crate) principal: Option<&'a PrincipalPlace>,
    /// The `oid` of the token that was sent; none where there is no such thing.
    pub(crate) caller: Option<String>,
}

/// What was seen of the target elsewhere than in its answers.
pub(crate) struct Elsewhere<'a> {
    /// Who came to the sink; none where nothing that was sent names it.
    pub(crate) callbacks: Option<&'a [String]>,
    /// How often it may fetch its issuer's keys, and did.
    pub(crate) key_fetches: Option<(u32, u64)>,
}

/// The verdict on one step.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// Why; none for a pass.
    pub(crate) reason: Option<Redacted>,
    pub(crate) compared: Vec<Comparison>,
}

/// Judges an answer.
pub(crate) fn judge(expect: &Expect, seen: &Seen<'_>, form: &Form, redactor: &Redactor) -> Judgement {
    let alone = |verdict, reason: String| Judgement::alone(verdict, redactor.text(&reason));
    let mut comparing = Comparing { redactor, compared: Vec::new(), unclear: None };
    let exchange = match (seen.exchange, expect.outcome) {
        (Ok(exchange), _) => exchange,
        (Err(error @ (WireError::Reset { .. } | WireError::TimedOut { .. })), Outcome::Recorded) => {
            return alone(Verdict::Recorded, format!("nobody knows what must come back; there was no answer: {error}"));
        }
        (Err(WireError::Reset { .. }), outcome) if expect.may_close && outcome != Outcome::Accepted => {
            comparing.add(
                "the function",
                promised(outcome),
                "not reached (the connection was closed)",
                true,
                Strength::Must,
            );
            return comparing.judgement();
        }
        (Err(error), _) => return alone(Verdict::Inconclusive, format!("no answer: {error}")),
    };
    if expect.outcome == Outcome::Recorded {
        return alone(Verdict::Recorded, format!("nobody knows what must come back; it was {}", said(exchange, seen)));
    }
    if expect.never_5xx {
        comparing.add("status", "no server error", &exchange.status.to_string(), exchange.status < 500, Strength::Must);
    }
    if seen.attribution.function == Function::Silent
        && comparing.is_sound()
        && !expect.status.contains(&exchange.status)
        && !expect.also.contains(&exchange.status)
        && let Some(trouble) = trouble(exchange.status)
    {
        return alone(Verdict::Inconclusive, format!("the target answered {}: {trouble}", exchange.status));
    }
    comparing.promise(expect, exchange, seen);
    comparing.principal(expect, exchange, seen);
    comparing.never(expect, exchange);
    if comparing.is_sound() {
        comparing.form(expect, exchange, form);
        comparing.details(expect, exchange, seen);
    }
    comparing.judgement()
}

/// Why an answer of this status is no answer to what was asked. A server error is no refusal: the function may have been reached
/// and failed.
fn trouble(status: u16) -> Option<&'static str> {
    match status {
        429 => Some("it wants to be asked more slowly (`limits.requests-per-second`), so nothing is proven"),
        502..=504 => Some("it could not take the request now, so nothing is proven"),
        500.. => Some("it failed, and whether the function was reached cannot be told"),
        _ => None,
    }
}

/// What an outcome promises of the function.
fn promised(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "to answer",
        Outcome::Tolerated => "to answer rightly or not to be reached",
        _ => "not to be reached",
    }
}

/// `401 from the platform`.
fn said(exchange: &Exchange, seen: &Seen<'_>) -> String {
    let who = match seen.attribution.answered_by {
        AnsweredBy::Platform => " from the platform",
        AnsweredBy::Host => " from the Functions host",
        AnsweredBy::App => " from the function",
        AnsweredBy::Gateway => " from the gateway",
        AnsweredBy::Network | AnsweredBy::Unknown => "",
    };
    format!("{}{who}", exchange.status)
}

impl Judgement {
    /// A verdict that rests on no comparison.
    pub(crate) fn alone(verdict: Verdict, reason: Redacted) -> Self {
        Self { verdict, reason: Some(reason), compared: Vec::new() }
    }

    /// Adds what was seen of the target elsewhere than in its answers. It must have come to nobody whom the request named, and not
    /// have come to its issuer more often than expected.
    pub(crate) fn add_elsewhere(&mut self, elsewhere: &Elsewhere<'_>, redactor: &Redactor) {
        let mut seen = Vec::new();
        if let Some(callbacks) = elsewhere.callbacks {
            let observed = callbacks.first().map_or("none", String::as_str);
            seen.push(("callback", "none".to_owned(), observed.to_owned(), callbacks.is_empty()));
        }
        if let Some((most, fetched)) = elsewhere.key_fetches {
            seen.push(("fetches of keys", format!("at most {most}"), fetched.to_string(), fetched <= u64::from(most)));
        }
        for (what, expected, observed, holds) in seen {
            let observed = redactor.text(&observed);
            let compared = Comparison { what: what.to_owned(), expected, observed, holds, strength: Strength::Must };
            if !holds && self.verdict != Verdict::Fail {
                (self.verdict, self.reason) = (Verdict::Fail, Some(redactor.text(&compared.phrase())));
            }
            self.compared.push(compared);
        }
    }
}

/// Collects what was compared.
struct Comparing<'a> {
    redactor: &'a Redactor,
    compared: Vec<Comparison>,
    /// Why something that safety rests on cannot be told from this answer.
    unclear: Option<String>,
}

impl Comparing<'_> {
    /// Was the function reached, as promised?
    fn promise(&mut self, expect: &Expect, exchange: &Exchange, seen: &Seen<'_>) {
        let function = seen.attribution.function;
        let holds = match expect.outcome {
            Outcome::Accepted => function == Function::Answered,
            Outcome::Unreached => function != Function::Answered,
            Outcome::Tolerated => true,
            _ => function == Function::Silent,
        };
        let strength = if expect.contract { Strength::Should } else { Strength::Must };
        let observed = match function {
            Function::Answered => format!("answered ({})", exchange.status),
            Function::Unmarked => format!("a success without its marker ({})", said(exchange, seen)),
            Function::Silent => format!("not reached ({})", said(exchange, seen)),
        };
        self.add("the function", promised(expect.outcome), &observed, holds, strength);
    }

    /// Whom was the function told is calling?
    fn principal(&mut self, expect: &Expect, exchange: &Exchange, seen: &Seen<'_>) {
        let (Some(wanted), Function::Answered) = (expect.principal, seen.attribution.function) else { return };
        if wanted == Principal::Somebody {
            return match Told::by(exchange, seen.principal).name() {
                Ok(told) => self.add("principal", "somebody", told, told != Told::NOBODY, Strength::Must),
                Err(unclear) => self.unclear = Some(unclear.to_owned()),
            };
        }
        let wanted = match (wanted, &seen.caller) {
            (Principal::Nobody | Principal::Somebody, _) => Told::Nobody,
            (Principal::Caller, Some(id)) => Told::Somebody(id.clone()),
            (Principal::Caller, None) => {
                Told::Unclear("the token names no caller (`oid`) to compare the principal with")
            }
        };
        let told = Told::by(exchange, seen.principal);
        match (wanted.name(), told.name()) {
            (Ok(wanted), Ok(told)) => self.add("principal", wanted, told, wanted == told, Strength::Must),
            (Err(unclear), _) | (_, Err(unclear)) => self.unclear = Some(unclear.to_owned()),
        }
    }

    /// What must headers and body not say?
    fn never(&mut self, expect: &Expect, exchange: &Exchange) {
        for (name, expectation) in &expect.headers {
            let HeaderExpectation::Never(text) = expectation else { continue };
            let values: Vec<String> = header(exchange, name).collect();
            let holds = values.iter().all(|value| !value.contains(text));
            let observed = if values.is_empty() { "absent".to_owned() } else { values.join(", ") };
            self.add(&format!("header {name}"), &format!("lacks `{text}`"), &observed, holds, Strength::Must);
        }
        for text in &expect.body_lacks {
            let there = contains(&exchange.body, text.as_bytes());
            if !there && exchange.truncated {
                self.unclear = Some(format!(
                    "only the first {} bytes of the body came (`limits.body-bytes`, `limits.answer-ms`), so whether it lacks `{text}` \
                     cannot be told",
                    exchange.body.len()
                ));
                continue;
            }
            let observed = if there { "it is there" } else { "it is not there" };
            self.add("body", &format!("lacks `{text}`"), observed, !there, Strength::Must);
        }
    }

    /// Does the answer have the form that the settings, or the scenario itself, ask for?
    fn form(&mut self, expect: &Expect, exchange: &Exchange, form: &Form) {
        let named = Some(expect.status.clone()).filter(|named| !named.is_empty());
        let usual = || form.statuses(expect.outcome).map(|usual| [usual.as_slice(), &expect.also].concat());
        if let Some(wanted) = named.or_else(usual) {
            let words = wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            let (observed, holds) = (exchange.status.to_string(), wanted.contains(&exchange.status));
            self.add("status", &words, &observed, holds, Strength::Should);
        }
        if exchange.status == 401 && form.challenges(expect.outcome) {
            let challenges: Vec<String> = header(exchange, "www-authenticate").collect();
            let observed = if challenges.is_empty() { "none".to_owned() } else { challenges.join(", ") };
            let holds = challenges.iter().any(|challenge| is_bearer(challenge));
            self.add("challenge", "WWW-Authenticate: Bearer ...", &observed, holds, Strength::Should);
        }
    }

    /// The finer expectations that a scenario spells out.
    fn details(&mut self, expect: &Expect, exchange: &Exchange, seen: &Seen<'_>) {
        for (name, expectation) in &expect.headers {
            let values: Vec<String> = header(exchange, name).collect();
            let (expected, holds) = match expectation {
                HeaderExpectation::Present => ("present".to_owned(), !values.is_empty()),
                HeaderExpectation::Absent => ("absent".to_owned(), values.is_empty()),
                HeaderExpectation::Is(text) => (text.clone(), values.contains(text)),
                // Looked at where safety is.
                HeaderExpectation::Never(_) => continue,
                HeaderExpectation::Contains(text) => {
                    (format!("contains `{text}`"), values.iter().any(|value| value.contains(text)))
                }
            };
            let observed = if values.is_empty() { "absent".to_owned() } else { values.join(", ") };
            self.add(&format!("header {name}"), &expected, &observed, holds, Strength::Should);
        }
        for text in &expect.body_contains {
            let there = contains(&exchange.body, text.as_bytes());
            let observed = match (there, exchange.truncated) {
                (true, _) => "it is there",
                (false, false) => "it is not there",
                (false, true) => "it is not in the part that came",
            };
            self.add("body", &format!("contains `{text}`"), observed, there, Strength::Should);
        }
        if let Some(wanted) = expect.answered_by {
            let who = seen.attribution.answered_by;
            self.add("answered by", wanted.word(), who.word(), wanted == who, Strength::Should);
        }
        if let Some(limit) = expect.within_ms {
            let took = exchange.milliseconds;
            #[expect(clippy::cast_precision_loss, reason = "a limit of milliseconds is far below 2^53")]
            let holds = took <= limit as f64;
            self.add("time", &format!("at most {limit} ms"), &format!("{took:.1} ms"), holds, Strength::Should);
        }
    }

    fn add(&mut self, what: &str, expected: &str, observed: &str, holds: bool, strength: Strength) {
        self.compared.push(Comparison {
            what: what.to_owned(),
            expected: expected.to_owned(),
            observed: self.redactor.text(observed),
            holds,
            strength,
        });
    }

    /// Whether all that safety rests on was seen to hold.
    fn is_sound(&self) -> bool {
        self.unclear.is_none() && self.compared.iter().all(|one| one.holds)
    }

    fn judgement(self) -> Judgement {
        let broken = |strength| self.compared.iter().find(|one| !one.holds && one.strength == strength);
        let (verdict, reason) = match (broken(Strength::Must), &self.unclear, broken(Strength::Should)) {
            (Some(must), _, _) => (Verdict::Fail, Some(must.phrase())),
            (None, Some(unclear), _) => (Verdict::Inconclusive, Some(unclear.clone())),
            (None, None, Some(should)) => (Verdict::Warn, Some(should.phrase())),
            (None, None, None) => (Verdict::Pass, None),
        };
        let reason = reason.map(|reason| self.redactor.text(&reason));
        Judgement { verdict, reason, compared: self.compared }
    }
}

/// Whether one of the challenges in a header line is for a bearer token.
fn is_bearer(challenge: &str) -> bool {
    challenge.split(',').any(|one| {
        one.trim_start().split([' ', '\t']).next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
    })
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}
