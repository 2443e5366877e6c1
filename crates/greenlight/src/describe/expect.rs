//! What must come back.

use results::AnsweredBy;
use scenario::{Expect, HeaderExpectation, Outcome, Principal};

use super::Told;
use super::phrase::{code, list, milliseconds};

/// An expectation in sentences, by their strength.
pub(super) fn expect(expect: &Expect, told: &mut Told) {
    promise(expect, told);
    match expect.principal {
        Some(Principal::Caller) => {
            told.must.push("The function is told that the token's caller is calling.".to_owned());
        }
        Some(Principal::Nobody) => told.must.push("The function is told of no caller.".to_owned()),
        Some(Principal::Somebody) => told.must.push("The function is told of somebody who is calling.".to_owned()),
        None => {}
    }
    for text in &expect.body_lacks {
        told.must.push(format!("The body has {} nowhere.", code(text)));
    }
    if expect.never_5xx {
        told.must.push("The target does not fail (no 5xx).".to_owned());
    }
    if let Some(times) = expect.key_fetches {
        told.must.push(format!("The target comes to the issuer for its keys {}.", at_most(times)));
    }
    for (name, wanted) in &expect.headers {
        header(name, wanted, told);
    }
    for text in &expect.body_contains {
        told.should.push(format!("The body has {}.", code(text)));
    }
    if let Some(who) = expect.answered_by {
        told.should.push(format!("{} answers.", answering(who)));
    }
    if let Some(limit) = expect.within_ms {
        told.should.push(format!("The answer is whole within {}.", milliseconds(limit)));
    }
    if !expect.also.is_empty() {
        told.may.push(format!("The status {}.", statuses(&expect.also)));
    }
    if expect.may_close {
        told.may.push("No answer at all: the connection is closed.".to_owned());
    }
}

fn promise(expect: &Expect, told: &mut Told) {
    let (promise, form) = match expect.outcome {
        Outcome::Accepted => ("The function answers.", None),
        Outcome::Unauthenticated => (
            "The function is not reached.",
            Some(
                "The refusal asks the caller to identify itself: 401 with a `WWW-Authenticate` challenge, unless the settings \
                  give another form.",
            ),
        ),
        Outcome::Forbidden => {
            ("The function is not reached.", Some("The refusal says that the caller is not allowed: 403."))
        }
        Outcome::Refused => ("The function is not reached.", Some("The refusal is a 401 or a 403.")),
        Outcome::Unreached => ("The function does not answer. Whatever else does is right, also with success.", None),
        Outcome::Tolerated => ("The function is not reached, or it is and all that is said here holds.", None),
        Outcome::Recorded => (
            "Nobody knows what must come back. The answer is recorded and compared between runs, and fails nobody.",
            None,
        ),
    };
    if expect.contract { &mut told.should } else { &mut told.must }.push(promise.to_owned());
    if !expect.status.is_empty() {
        told.should.push(format!("The status is {}.", statuses(&expect.status)));
    } else if let Some(form) = form {
        told.should.push(form.to_owned());
    }
}

fn header(name: &str, wanted: &HeaderExpectation, told: &mut Told) {
    let name = code(name);
    match wanted {
        HeaderExpectation::Present => told.should.push(format!("The answer has a header {name}.")),
        HeaderExpectation::Absent => told.should.push(format!("The answer has no header {name}.")),
        HeaderExpectation::Is(value) => told.should.push(format!("The header {name} is {}.", code(value))),
        HeaderExpectation::Contains(text) => told.should.push(format!("The header {name} has {} in it.", code(text))),
        HeaderExpectation::Never(text) => told.must.push(format!("The header {name} has {} nowhere.", code(text))),
    }
}

fn statuses(statuses: &[u16]) -> String {
    list(&statuses.iter().map(u16::to_string).collect::<Vec<_>>(), "or")
}

fn at_most(times: u32) -> String {
    match times {
        0 => "not at all".to_owned(),
        1 => "once at most".to_owned(),
        _ => format!("{times} times at most"),
    }
}

fn answering(who: AnsweredBy) -> &'static str {
    match who {
        AnsweredBy::Platform => "The platform",
        AnsweredBy::Host => "The Functions host",
        AnsweredBy::App => "The function",
        AnsweredBy::Gateway => "The gateway",
        AnsweredBy::Network => "The network",
        AnsweredBy::Unknown => "Somebody",
    }
}
