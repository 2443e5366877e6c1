//! Predictions in words.

use std::borrow::Cow;

use authsettings::{Answer, Identity};

use super::request::Seen;

/// What is said where the world lacks what a step is about.
pub(super) const NOT_ASKED: &str = "is not asked: the settings have nothing that it is about";

/// A predicted answer, as a phrase whose subject is the request.
pub(super) fn phrase(answer: Option<&Answer>, seen: &Seen) -> Cow<'static, str> {
    let function = matches!(seen, Seen::Plainly { function: true, .. });
    Cow::Borrowed(match answer {
        None => NOT_ASKED,
        Some(Answer::Reaches { as_: Identity::Caller }) if function => "reaches the function as the caller",
        Some(Answer::Reaches { as_: Identity::Caller }) => "reaches the host as the caller",
        Some(Answer::Reaches { as_: Identity::Anonymous }) if function => "reaches the function without an identity",
        Some(Answer::Reaches { as_: Identity::Anonymous }) => "reaches the host without an identity",
        Some(Answer::Refused { status, location: Some(_), .. }) => return format!("{status} to the login page").into(),
        Some(Answer::Refused { status: 401, .. }) => "401",
        Some(Answer::Refused { status: 403, .. }) => "403",
        Some(Answer::Refused { status, .. }) => return status.to_string().into(),
        Some(Answer::Redirect { status, .. }) => return format!("{status} to HTTPS").into(),
        Some(Answer::Endpoint) => "an endpoint of the platform answers",
        Some(Answer::Depends(what)) => return format!("depends on {what}").into(),
    })
}
