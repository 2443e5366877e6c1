//! Judges one answer: what was promised beside what came back.
//!
//! Two strengths. What safety rests on must hold, or the case fails: whether the function was reached, whom it was told is
//! calling, what it must not have said. The rest should hold, or the case warns. The judge sees the answer and nothing of how
//! the target came to it: it never validates a token.

use results::{Comparison, Redacted, Redactor, Strength, Verdict};
use scenario::{Expect, HeaderExpectation, Outcome, Principal};
use wire::{Exchange, WireError};

use crate::attribute::Attribution;
use crate::form::Form;

/// What came back for one step.
pub(crate) struct Seen<'a> {
    /// The exchange, or why there is none.
    pub(crate) exchange: Result<&'a Exchange, &'a WireError>,
    /// Who answered, and whether it was the function.
    pub(crate) attribution: Attribution,
    /// The id of the principal that the function says it was given; the outer none where the profile does not say where to look.
    pub(crate) principal: Option<Option<String>>,
    /// The `oid` of the token that was sent.
    pub(crate) caller: Option<String>,
}

/// The verdict on one step.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// Why; none for a pass.
    pub(crate) reason: Option<String>,
    pub(crate) compared: Vec<Comparison>,
}

/// Statuses by which something before the function says that it cannot answer now.
const NOT_NOW: [u16; 4] = [429, 502, 503, 504];

/// Judges an answer.
pub(crate) fn judge(expect: &Expect, seen: &Seen<'_>, form: &Form, redactor: &Redactor) -> Judgement {
    let exchange = match seen.exchange {
        Ok(exchange) => exchange,
        Err(error) => return Judgement::without(Verdict::Inconclusive, format!("no answer: {error}")),
    };
    if expect.outcome == Outcome::Recorded {
        let who = seen.attribution.answered_by;
        return Judgement::without(
            Verdict::Recorded,
            format!("nobody knows what must come back; {who} answered {}", exchange.status),
        );
    }
    let reached = seen.attribution.function_answered;
    if !reached && NOT_NOW.contains(&exchange.status) {
        let reason =
            format!("the target answered {}: it could not take the request now, so nothing is proven", exchange.status);
        return Judgement::without(Verdict::Inconclusive, reason);
    }
    if !reached && expect.outcome == Outcome::Accepted && exchange.status >= 500 {
        let reason =
            format!("the target answered {}: it failed before the function was seen to answer", exchange.status);
        return Judgement::without(Verdict::Inconclusive, reason);
    }
    let mut comparing = Comparing { redactor, compared: Vec::new() };
    comparing.promise(expect, exchange, reached);
    comparing.principal(expect, seen);
    comparing.body(expect, exchange);
    if comparing.all_hold() {
        comparing.form(expect, exchange, form, reached);
        comparing.details(expect, exchange, seen);
    }
    comparing.judgement()
}

impl Judgement {
    fn without(verdict: Verdict, reason: String) -> Self {
        Self { verdict, reason: Some(reason), compared: Vec::new() }
    }
}

/// Collects what was compared.
struct Comparing<'a> {
    redactor: &'a Redactor,
    compared: Vec<Comparison>,
}

impl Comparing<'_> {
    /// Was the function reached, as promised?
    fn promise(&mut self, expect: &Expect, exchange: &Exchange, reached: bool) {
        let observed = if reached { "it answered" } else { "it did not" };
        let observed = format!("{observed} ({})", exchange.status);
        let expected = if expect.outcome == Outcome::Accepted { "it answers" } else { "it is not reached" };
        let holds = reached == (expect.outcome == Outcome::Accepted);
        self.add("the function", expected, &observed, holds, Strength::Must);
    }

    /// Whom was the function told is calling?
    fn principal(&mut self, expect: &Expect, seen: &Seen<'_>) {
        let (Some(wanted), Some(told)) = (expect.principal, &seen.principal) else { return };
        let wanted = match wanted {
            Principal::Caller => seen.caller.as_deref(),
            Principal::Nobody => None,
        };
        let name = |id: Option<&str>| id.map_or_else(|| "nobody".to_owned(), str::to_owned);
        self.add("principal", &name(wanted), &name(told.as_deref()), told.as_deref() == wanted, Strength::Must);
    }

    /// What must the body not say?
    fn body(&mut self, expect: &Expect, exchange: &Exchange) {
        for text in &expect.body_lacks {
            let there = contains(&exchange.body, text.as_bytes());
            let observed = if there { "it is there" } else { "it is not there" };
            self.add("body", &format!("lacks `{text}`"), observed, !there, Strength::Must);
        }
    }

    /// Does the answer have the form that the settings, or the scenario itself, ask for?
    fn form(&mut self, expect: &Expect, exchange: &Exchange, form: &Form, reached: bool) {
        let named = !expect.status.is_empty();
        let usual = if reached { None } else { form.statuses(expect.outcome) };
        let wanted = if named { Some(expect.status.clone()) } else { usual };
        if let Some(wanted) = wanted {
            let words = wanted.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            self.add(
                "status",
                &words,
                &exchange.status.to_string(),
                wanted.contains(&exchange.status),
                Strength::Should,
            );
        }
        if exchange.status == 401 && form.challenges(expect.outcome) {
            let challenge = header(exchange, "www-authenticate");
            let observed = challenge.as_deref().unwrap_or("none");
            self.add(
                "challenge",
                "WWW-Authenticate: Bearer ...",
                observed,
                challenge.as_deref().is_some_and(is_bearer),
                Strength::Should,
            );
        }
    }

    /// The finer expectations that a scenario spells out.
    fn details(&mut self, expect: &Expect, exchange: &Exchange, seen: &Seen<'_>) {
        for (name, expectation) in &expect.headers {
            let value = header(exchange, name);
            let (expected, holds) = match expectation {
                HeaderExpectation::Present => ("present".to_owned(), value.is_some()),
                HeaderExpectation::Absent => ("absent".to_owned(), value.is_none()),
                HeaderExpectation::Is(text) => (text.clone(), value.as_ref() == Some(text)),
                HeaderExpectation::Contains(text) => {
                    (format!("contains `{text}`"), value.as_ref().is_some_and(|value| value.contains(text)))
                }
            };
            self.add(
                &format!("header {name}"),
                &expected,
                value.as_deref().unwrap_or("absent"),
                holds,
                Strength::Should,
            );
        }
        for text in &expect.body_contains {
            let there = contains(&exchange.body, text.as_bytes());
            let observed = if there { "it is there" } else { "it is not there" };
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
        let observed: Redacted = self.redactor.text(observed);
        self.compared.push(Comparison {
            what: what.to_owned(),
            expected: expected.to_owned(),
            observed,
            holds,
            strength,
        });
    }

    fn all_hold(&self) -> bool {
        self.compared.iter().all(|one| one.holds)
    }

    fn judgement(self) -> Judgement {
        let broken = |strength| self.compared.iter().find(|one| !one.holds && one.strength == strength);
        let (verdict, worst) = match (broken(Strength::Must), broken(Strength::Should)) {
            (Some(must), _) => (Verdict::Fail, Some(must)),
            (None, Some(should)) => (Verdict::Warn, Some(should)),
            (None, None) => (Verdict::Pass, None),
        };
        let reason =
            worst.map(|one| format!("{}: expected {}, observed {}", one.what, one.expected, one.observed.as_str()));
        Judgement { verdict, reason, compared: self.compared }
    }
}

/// The first value of a response header; bytes that are no text are replaced.
pub(crate) fn header(exchange: &Exchange, name: &str) -> Option<String> {
    let (_, value) = exchange.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn is_bearer(challenge: &str) -> bool {
    challenge.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}
