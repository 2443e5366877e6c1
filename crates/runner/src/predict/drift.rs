//! What was observed beside what was predicted. Neither excuses a breached promise.

use authsettings::Answer;
use results::{AnsweredBy, Observed};

use super::request::Seen;
use super::words::phrase;

/// How an answer differs from the predicted one, as a sentence; none where it does not, or where nothing can be said.
pub(crate) fn drift(answer: &Answer, seen: &Seen, observed: &Observed) -> Option<String> {
    let status = observed.status.filter(|status| *status != 429 && *status < 500)?;
    let who = observed.answered_by;
    let differs = match answer {
        Answer::Depends(_) => false,
        Answer::Endpoint => who == AnsweredBy::App,
        Answer::Redirect { .. } => who == AnsweredBy::App || !(300..400).contains(&status),
        Answer::Refused { status: wanted, challenge, .. } => {
            // Without a challenge the platform's 401 may look like that of the Functions host.
            let host = who == AnsweredBy::Host && (challenge.is_some() || *wanted != 401);
            who == AnsweredBy::App || host || status != *wanted
        }
        Answer::Reaches { .. } => {
            let refuses = matches!(status, 401 | 403) && who == AnsweredBy::Unknown;
            who == AnsweredBy::Platform || (refuses && matches!(seen, Seen::Plainly { function: true, .. }))
        }
    };
    let who = match who {
        AnsweredBy::Platform => "the platform",
        AnsweredBy::Host => "the Functions host",
        AnsweredBy::App => "the function",
        AnsweredBy::Gateway => "the gateway",
        AnsweredBy::Network | AnsweredBy::Unknown => "somebody",
    };
    differs.then(|| format!("the settings say: {}; {who} answered {status}", phrase(Some(answer), seen)))
}
