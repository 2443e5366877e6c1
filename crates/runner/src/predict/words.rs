//! Predictions in words.

use authsettings::{Answer, Identity};

use super::request::Seen;

/// What is said where the world lacks what a step is about.
pub(super) const NOT_ASKED: &str = "is not asked: the settings have nothing that it is about";

/// A predicted answer, as a phrase whose subject is the request.
pub(super) fn phrase(answer: Option<&Answer>, seen: &Seen) -> String {
    let reached =
        if matches!(seen, Seen::Plainly { function: true, .. }) { "reaches the function" } else { "reaches the host" };
    match answer {
        None => NOT_ASKED.to_owned(),
        Some(Answer::Reaches { as_: Identity::Caller }) => format!("{reached} as the caller"),
        Some(Answer::Reaches { as_: Identity::Anonymous }) => format!("{reached} without an identity"),
        Some(Answer::Refused { status, location: Some(_), .. }) => format!("{status} to the login page"),
        Some(Answer::Refused { status, .. }) => status.to_string(),
        Some(Answer::Redirect { status, .. }) => format!("{status} to HTTPS"),
        Some(Answer::Endpoint) => "an endpoint of the platform answers".to_owned(),
        Some(Answer::Depends(what)) => format!("depends on {what}"),
    }
}
