//! What must come back.

use diagnostics::{Key, Node, Problems, Value};
use results::AnsweredBy;

use crate::send::header_name;

/// What a step expects of the answer.
///
/// Two strengths: [`Expect::outcome`], [`Expect::principal`] and [`Expect::body_lacks`] must hold for safety; the rest should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The promise.
    pub outcome: Outcome,
    /// Any of these is right; empty where the outcome alone decides.
    pub status: Vec<u16>,
    /// As good as what the outcome usually has.
    pub also: Vec<u16>,
    /// Whether the target may close the connection without an answer.
    pub may_close: bool,
    /// Whether a server error (5xx) fails the case: bad input must not bring the target down. Otherwise nothing is proven by one.
    pub never_5xx: bool,
    /// Whether the promise itself merely should hold: it fails only where contract does.
    pub contract: bool,
    /// How often at most the target may have come to the issuer for its keys during this step, with all its repetitions.
    pub key_fetches: Option<u32>,
    /// Response headers and what is expected of each, in written order.
    pub headers: Vec<(String, HeaderExpectation)>,
    /// Texts that the body has.
    pub body_contains: Vec<String>,
    /// Texts that the body must not have.
    pub body_lacks: Vec<String>,
    /// Who answers.
    pub answered_by: Option<AnsweredBy>,
    /// Whom the function is told is calling.
    pub principal: Option<Principal>,
    /// The answer is whole after this many milliseconds.
    pub within_ms: Option<u64>,
}

/// The words of promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Accepted,
    /// The function was not reached, and the caller is told to identify itself.
    Unauthenticated,
    /// The function was not reached: the caller is known, and not allowed.
    Forbidden,
    /// The function was not reached, whichever of the two is said.
    Refused,
    /// The function did not answer; whoever else did is right, also with success (a preflight, an excluded path).
    Unreached,
    /// Either the function answered, and then everything else that is expected holds, or it was not reached.
    Tolerated,
    /// Nobody knows what must come back: it is kept and compared between runs, and fails nobody.
    Recorded,
}

impl Outcome {
    const WORDS: [(&'static str, Self); 7] = [
        ("accepted", Self::Accepted),
        ("unauthenticated", Self::Unauthenticated),
        ("forbidden", Self::Forbidden),
        ("refused", Self::Refused),
        ("unreached", Self::Unreached),
        ("tolerated", Self::Tolerated),
        ("recorded", Self::Recorded),
    ];

    /// The word, as in a scenario.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Refused => "refused",
            Self::Unreached => "unreached",
            Self::Tolerated => "tolerated",
            Self::Recorded => "recorded",
        }
    }

    /// Whether the function must not have been reached.
    pub fn is_denial(self) -> bool {
        matches!(self, Self::Unauthenticated | Self::Forbidden | Self::Refused | Self::Unreached)
    }
}

/// What is expected of a response header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderExpectation {
    /// It is there, with whatever value.
    Present,
    /// It is not there.
    Absent,
    /// It has exactly this value.
    Is(String),
    /// Its value has this text somewhere.
    Contains(String),
    /// No value of it has this text anywhere. This one must hold for safety.
    Never(String),
}

/// Whom the function is told is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// The caller of the step's token, by its object id (`oid`).
    Caller,
    /// Nobody.
    Nobody,
}

impl Expect {
    /// A promise without any detail.
    pub fn promise(outcome: Outcome) -> Self {
        Self {
            outcome,
            status: Vec::new(),
            also: Vec::new(),
            may_close: false,
            never_5xx: false,
            contract: false,
            key_fetches: None,
            headers: Vec::new(),
            body_contains: Vec::new(),
            body_lacks: Vec::new(),
            answered_by: None,
            principal: None,
            within_ms: None,
        }
    }
}

/// Reads `expect:`: a word of promise, or the full form.
pub(crate) fn read(node: &Node, problems: &Problems) -> Option<Expect> {
    match &node.value {
        Value::Text(_) => problems.word(node, &Outcome::WORDS).map(Expect::promise),
        Value::Map(_) => full(node, problems),
        _ => {
            problems.mismatch(node, "a promise", "write accepted, unauthenticated, forbidden, refused or recorded");
            None
        }
    }
}

fn full(node: &Node, problems: &Problems) -> Option<Expect> {
    let fields = problems.fields(node)?;
    let outcome_node = fields.required("outcome");
    let outcome = outcome_node.and_then(|node| problems.word(node, &Outcome::WORDS));
    let status = fields.optional("status").map(|node| (node, statuses(node, problems)));
    let headers = fields.optional("headers").map(|node| headers(node, problems)).unwrap_or_default();
    let (body_contains, body_lacks) = fields.optional("body").map(|node| body(node, problems)).unwrap_or_default();
    let answered_by = fields.optional("answered-by").and_then(|node| answered_by(node, problems));
    let principal = fields.optional("principal").and_then(|node| Some((node, principal(node, problems)?)));
    let within_ms = fields.optional("within-ms").and_then(|node| positive(node, problems));
    let detailed = fields.entries().len() > 1;
    fields.finish();

    let outcome = outcome?;
    if let (Outcome::Recorded, Some(word), true) = (outcome, outcome_node, detailed) {
        problems.error(word.span, "what is recorded expects nothing else", "remove the rest, or promise an outcome");
    }
    if let Some((node, statuses)) = &status
        && outcome.is_denial()
        && statuses.iter().any(|status| (200..300).contains(status))
    {
        let message = format!("`{}` never answers 2xx", outcome.word());
        problems.error(node.span, message, "name a status that refuses, such as 401 or 403");
    }
    if let Some((node, _)) = &principal
        && outcome.is_denial()
    {
        let help = "remove it: a function that is not reached is told nothing";
        problems.error(node.span, format!("`{}` shows no principal", outcome.word()), help);
    }
    let principal = principal.map(|(_, principal)| principal);
    let status = status.map(|(_, statuses)| statuses).unwrap_or_default();
    Some(Expect {
        status,
        headers,
        body_contains,
        body_lacks,
        answered_by,
        principal,
        within_ms,
        ..Expect::promise(outcome)
    })
}

fn statuses(node: &Node, problems: &Problems) -> Vec<u16> {
    let one = |node: &Node| {
        let number = problems.integer(node)?;
        let status = u16::try_from(number).ok().filter(|status| (100..600).contains(status));
        if status.is_none() {
            problems.error(node.span, format!("{number} is not an HTTP status"), "a status is between 100 and 599");
        }
        status
    };
    match &node.value {
        Value::List(items) => items.iter().filter_map(one).collect(),
        _ => one(node).into_iter().collect(),
    }
}

fn headers(node: &Node, problems: &Problems) -> Vec<(String, HeaderExpectation)> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let one = |(key, node): &(Key, Node)| Some((header_name(&key.text, key.span, problems)?, header(node, problems)?));
    fields.entries().iter().filter_map(one).collect()
}

fn header(node: &Node, problems: &Problems) -> Option<HeaderExpectation> {
    match &node.value {
        Value::Text(word) if word == "present" => Some(HeaderExpectation::Present),
        Value::Text(word) if word == "absent" => Some(HeaderExpectation::Absent),
        Value::Map(_) => {
            let fields = problems.fields(node)?;
            let text = fields.required_text("contains");
            fields.finish();
            text.map(HeaderExpectation::Contains)
        }
        _ => problems.text(node).map(|text| HeaderExpectation::Is(text.to_owned())),
    }
}

fn body(node: &Node, problems: &Problems) -> (Vec<String>, Vec<String>) {
    let Some(fields) = problems.fields(node) else { return Default::default() };
    let texts = |key| fields.optional(key).map(|node| one_or_more(node, problems)).unwrap_or_default();
    let read = (texts("contains"), texts("lacks"));
    fields.finish();
    read
}

/// A text, or a list of texts.
pub(crate) fn one_or_more(node: &Node, problems: &Problems) -> Vec<String> {
    match &node.value {
        Value::List(_) => problems.texts(node),
        _ => problems.text(node).map(str::to_owned).into_iter().collect(),
    }
}

fn answered_by(node: &Node, problems: &Problems) -> Option<AnsweredBy> {
    let words = [
        ("platform", AnsweredBy::Platform),
        ("host", AnsweredBy::Host),
        ("app", AnsweredBy::App),
        ("gateway", AnsweredBy::Gateway),
    ];
    problems.word(node, &words)
}

fn principal(node: &Node, problems: &Problems) -> Option<Principal> {
    problems.word(node, &[("caller", Principal::Caller), ("none", Principal::Nobody)])
}

/// A whole number above zero.
pub(crate) fn positive(node: &Node, problems: &Problems) -> Option<u64> {
    let number = problems.integer(node)?;
    let positive = u64::try_from(number).ok().filter(|number| *number > 0);
    if positive.is_none() {
        problems.error(node.span, format!("{number} is too small"), "write a whole number above zero");
    }
    positive
}
