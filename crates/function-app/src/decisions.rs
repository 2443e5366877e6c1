//! A bounded memory of what was decided and why.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use authsettings::Reason;
use serve::UnixTime;

use crate::StageId;

/// How one request was answered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When the request had arrived.
    pub at: UnixTime,
    /// Its method.
    pub method: String,
    /// Its path as received, without the query.
    pub path: String,
    /// The stage that answered.
    pub stage: StageId,
    /// The status.
    pub status: u16,
    /// Why the platform refused it.
    pub reason: Option<Reason>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {:?} answered {}", self.method, self.path, self.stage, self.status)?;
        if let Some(reason) = self.reason {
            write!(f, ".{}: {reason}", reason.sub_status())?;
        }
        self.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

/// The last decisions, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Decisions(Mutex<VecDeque<Decision>>);

impl Decisions {
    const KEPT: usize = 256;

    pub(crate) fn keep(&self, decision: Decision) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == Self::KEPT {
            kept.pop_front();
        }
        kept.push_back(decision);
    }

    pub(crate) fn list(&self) -> Vec<Decision> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
