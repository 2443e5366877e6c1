//! The form that a refusal takes on one target. The promise itself never bends to it.

use authsettings::{Answer, Facts, Request, Settings, decide};
use scenario::Outcome;

/// How a target says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// The target is behind App Service Authentication, with these ways.
    EasyAuth {
        /// What a caller without a usable credential gets.
        unauthenticated: u16,
        /// Whether a 401 carries `WWW-Authenticate`.
        challenge: bool,
    },
    /// Some other server: any refusal is as good as another.
    Any,
}

impl Form {
    /// The usual form of App Service Authentication.
    pub(crate) const USUAL: Self = Self::EasyAuth { unauthenticated: 401, challenge: true };

    /// The form that settings give: how they answer a request without a credential. Settings that would let it in have no say.
    pub(crate) fn of(settings: &Settings, request: &Request<'_>) -> Self {
        match decide(settings, &Facts::default(), request) {
            Answer::Refused { status, challenge, .. } => {
                Self::EasyAuth { unauthenticated: status, challenge: challenge.is_some() }
            }
            _ => Self::USUAL,
        }
    }

    /// The statuses that an outcome usually has; none where any will do.
    pub(crate) fn statuses(&self, outcome: Outcome) -> Option<Vec<u16>> {
        let Self::EasyAuth { unauthenticated, .. } = self else { return None };
        match outcome {
            Outcome::Unauthenticated => Some(vec![*unauthenticated]),
            Outcome::Forbidden => Some(vec![403]),
            Outcome::Refused if *unauthenticated == 403 => Some(vec![403]),
            Outcome::Refused => Some(vec![*unauthenticated, 403]),
            Outcome::Accepted | Outcome::Unreached | Outcome::Tolerated | Outcome::Recorded => None,
        }
    }

    /// Whether a 401 for this outcome should carry a Bearer challenge.
    pub(crate) fn challenges(&self, outcome: Outcome) -> bool {
        matches!(self, Self::EasyAuth { challenge: true, .. }) && outcome == Outcome::Unauthenticated
    }
}

#[cfg(test)]
mod tests;
