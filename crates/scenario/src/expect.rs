//! What must come back.

use diagnostics::{Key, Node, Problems, Value};
use results::AnsweredBy;

use crate::form::one_of;
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
    /// Anybody: whose token it was is not known here.
    Somebody,
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
            let words = Outcome::WORDS.map(|(word, _)| word);
            let [first @ .., last] = &words;
            problems.mismatch(node, "a promise", &format!("write {} or {last}", first.join(", ")));
            None
        }
    }
}

fn full(node: &Node, problems: &Problems) -> Option<Expect> {
    let fields = problems.fields(node)?;
    let outcome = fields.required("outcome").and_then(|node| problems.word(node, &Outcome::WORDS));
    let listed = |key| fields.optional(key).map(|node| statuses(node, problems)).unwrap_or_default();
    let (status, also) = (listed("status"), listed("also"));
    let headers = fields.optional("headers").map(|node| headers(node, problems)).unwrap_or_default();
    let (body_contains, body_lacks) = fields.optional("body").map(|node| body(node, problems)).unwrap_or_default();
    let expect = Expect {
        status,
        also,
        may_close: fields.boolean_or("may-close", false),
        never_5xx: fields.boolean_or("never-5xx", false),
        contract: fields.boolean_or("contract", false),
        key_fetches: fields.optional("key-fetches").and_then(|node| count(node, problems)),
        headers,
        body_contains,
        body_lacks,
        answered_by: fields.optional("answered-by").and_then(|node| answered_by(node, problems)),
        principal: fields.optional("principal").and_then(|node| principal(node, problems)),
        within_ms: fields.optional("within-ms").and_then(|node| positive(node, problems)),
        ..Expect::promise(outcome.unwrap_or(Outcome::Recorded))
    };
    if outcome.is_some() {
        consistent(&expect, fields.entries(), problems);
    }
    fields.finish();
    outcome.map(|_| expect)
}

/// Whether what is expected can come together.
fn consistent(expect: &Expect, entries: &[(Key, Node)], problems: &Problems) {
    let word = expect.outcome.word();
    for (key, node) in entries {
        let refuse = |message: &str, help: &str| problems.error(node.span, message, help);
        match key.text.as_str() {
            "outcome" if expect.outcome == Outcome::Recorded && entries.len() > 1 => {
                refuse("what is recorded expects nothing else", "remove the rest, or promise an outcome");
            }
            _ if expect.outcome == Outcome::Recorded => {}
            "status" if succeeds(expect, &expect.status) => {
                refuse(&format!("`{word}` never answers 2xx"), "name a status that refuses, such as 401 or 403");
            }
            "also" if succeeds(expect, &expect.also) => {
                let help = "name a status that refuses, such as 400; `unreached` lets others than the function succeed";
                refuse(&format!("`{word}` never answers 2xx"), help);
            }
            "also" if !expect.status.is_empty() => {
                refuse("`also` stands beside `status`", "`status` says all that is right: name it there");
            }
            "principal" if expect.outcome.is_denial() => {
                let help = "remove it: a function that is not reached is told nothing";
                refuse(&format!("`{word}` shows no principal"), help);
            }
            "may-close" if expect.may_close && expect.outcome == Outcome::Accepted => {
                refuse("`accepted` is an answer", "remove it: a closed connection shows that nobody accepted");
            }
            "never-5xx"
                if expect.never_5xx && expect.status.iter().chain(&expect.also).any(|status| *status >= 500) =>
            {
                refuse("a 5xx is right and wrong here", "keep the status or `never-5xx`");
            }
            _ => {}
        }
    }
}

/// Whether a refusal would be a success: only what merely must not reach the function may be one.
fn succeeds(expect: &Expect, statuses: &[u16]) -> bool {
    let refuses = expect.outcome.is_denial() && expect.outcome != Outcome::Unreached;
    refuses && statuses.iter().any(|status| (200..300).contains(status))
}

fn statuses(node: &Node, problems: &Problems) -> Vec<u16> {
    match &node.value {
        Value::List(items) => items.iter().filter_map(|item| status(item, problems)).collect(),
        _ => status(node, problems).into_iter().collect(),
    }
}

/// An HTTP status.
pub(crate) fn status(node: &Node, problems: &Problems) -> Option<u16> {
    let number = problems.integer(node)?;
    let status = u16::try_from(number).ok().filter(|status| (100..600).contains(status));
    if status.is_none() {
        problems.error(node.span, format!("{number} is not an HTTP status"), "a status is between 100 and 599");
    }
    status
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
            let text = |key| fields.optional(key).map(|node| problems.text(node).map(str::to_owned));
            let forms = [
                text("contains").map(|text| text.map(HeaderExpectation::Contains)),
                text("never").map(|text| text.map(HeaderExpectation::Never)),
            ];
            let form = one_of(&fields, forms, "write `{ contains: ... }` or `{ never: ... }`", problems);
            fields.finish();
            form
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
    problems
        .word(node, &[("caller", Principal::Caller), ("none", Principal::Nobody), ("somebody", Principal::Somebody)])
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

/// A whole number, zero included.
fn count(node: &Node, problems: &Problems) -> Option<u32> {
    let number = problems.integer(node)?;
    let count = u32::try_from(number).ok();
    if count.is_none() {
        problems.error(node.span, format!("{number} is no count"), "write a whole number, 0 or more");
    }
    count
}
