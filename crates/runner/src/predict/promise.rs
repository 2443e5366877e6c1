//! Whether a predicted answer keeps what a step promises.

use authsettings::{Answer, Identity};
use scenario::{Expect, Outcome, Principal};

use super::request::Seen;

/// Whether a predicted answer keeps a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeping {
    /// It does, as far as safety goes: whether the function is reached, and as whom.
    Keeps,
    /// It depends, or it is the business of the Functions host or of the app.
    CannotTell,
    /// It does not.
    Loses,
}

/// Compares a prediction with a promise; none stands for a step that is not asked.
pub(super) fn keeping(answer: Option<&Answer>, seen: &Seen, expect: &Expect) -> Keeping {
    let (Some(answer), false) = (answer, expect.outcome == Outcome::Recorded) else { return Keeping::CannotTell };
    // Behind the platform, somebody else than the function may have the last word.
    let function = matches!(seen, Seen::Plainly { function: true, .. });
    match (answer, expect.outcome) {
        (Answer::Reaches { as_ }, _) if function && !may_be_told(*as_, expect.principal) => Keeping::Loses,
        (Answer::Reaches { .. }, outcome) if function => {
            if outcome.is_denial() {
                Keeping::Loses
            } else {
                Keeping::Keeps
            }
        }
        (Answer::Endpoint, Outcome::Unauthenticated | Outcome::Forbidden | Outcome::Refused)
        | (Answer::Depends(_) | Answer::Reaches { .. }, _) => Keeping::CannotTell,
        (Answer::Refused { .. } | Answer::Redirect { .. } | Answer::Endpoint, Outcome::Accepted) => Keeping::Loses,
        (Answer::Refused { .. } | Answer::Redirect { .. } | Answer::Endpoint, _) => Keeping::Keeps,
    }
}

/// Whether the function may be told of this identity.
fn may_be_told(identity: Identity, expected: Option<Principal>) -> bool {
    match expected {
        None => true,
        Some(Principal::Caller | Principal::Somebody) => identity == Identity::Caller,
        Some(Principal::Nobody) => identity == Identity::Anonymous,
    }
}
