use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::error::ServeError;

/// Paths under which a control API lives. A rule with a wildcard leaves them alone, so that nobody locks himself out.
pub const CONTROL: &str = "/_greenlight/";

/// Trouble on demand: rules that a [`crate::Server`] applies before or instead of its service. Without a rule a request pays one
/// atomic load.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many rules there are; kept beside the lock so that the ordinary way need not take it.
    count: AtomicUsize,
    rules: Mutex<Vec<Rule>>,
}

/// One kind of trouble for some requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The raw path it is for: exact, or a prefix where it ends in `*`.
    pub path: String,
    /// For how many more requests; none means until cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

/// What happens to a request. In JSON an object with `kind`: `{"kind": "status", "status": 503}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// This answer instead of the service's.
    Status {
        /// 200 to 999.
        status: u16,
        /// Name and value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        headers: Vec<(String, String)>,
        /// As text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
    },
    /// The service's answer, so much later.
    Delay {
        /// How much later.
        milliseconds: u64,
    },
    /// No answer ever; the connection stays open until the client leaves or the server stops.
    Hang,
    /// No answer: the connection is reset.
    Reset,
    /// The service's answer, its body cut off after so many bytes and the connection closed.
    Truncate {
        /// How many bytes of the body are sent. The head announces all of them.
        bytes: usize,
    },
}

impl Faults {
    /// Replaces all rules. The first rule that matches a path is the one that is played.
    ///
    /// # Errors
    /// [`ServeError::Fault`] where a rule could never be played; then nothing is changed.
    pub fn set(&self, rules: Vec<Rule>) -> Result<(), ServeError> {
        for (index, rule) in rules.iter().enumerate() {
            rule.check().map_err(|reason| ServeError::Fault { number: index + 1, reason })?;
        }
        let mut kept = self.rules();
        *kept = rules;
        self.count.store(kept.len(), Ordering::Release);
        Ok(())
    }

    /// Removes all rules.
    pub fn clear(&self) {
        let mut rules = self.rules();
        rules.clear();
        self.count.store(0, Ordering::Release);
    }

    /// The rules that are left, with the number of times that are left to each.
    pub fn list(&self) -> Vec<Rule> {
        self.rules().clone()
    }

    /// What happens to a request for this path; counts it.
    pub(crate) fn hit(&self, path: &str) -> Option<Fault> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut rules = self.rules();
        let at = rules.iter().position(|rule| rule.matches(path))?;
        let fault = rules[at].fault.clone();
        if let Some(times) = &mut rules[at].times {
            *times -= 1;
            if *times == 0 {
                rules.remove(at);
                self.count.store(rules.len(), Ordering::Release);
            }
        }
        Some(fault)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        // A rule list is replaced or shortened in one step; a panic cannot leave it half changed.
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix) && (prefix.starts_with(CONTROL) || !path.starts_with(CONTROL)),
            None => path == self.path,
        }
    }

    fn check(&self) -> Result<(), String> {
        if !self.path.starts_with(['/', '*']) {
            return Err(format!("path {:?} matches nothing; it starts with `/`, or is `*` for all", self.path));
        }
        if self.times == Some(0) {
            return Err("times is 0; leave it out to play the fault until it is cleared".into());
        }
        let Fault::Status { status, headers, .. } = &self.fault else { return Ok(()) };
        if StatusCode::from_u16(*status).is_err() || *status < 200 {
            return Err(format!("status {status} is not a final HTTP status; give 200 to 999"));
        }
        for (name, value) in headers {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(format!("{name:?} is not a header name"));
            }
            if HeaderValue::from_str(value).is_err() {
                return Err(format!("the value of header {name} has bytes that no header may have"));
            }
        }
        Ok(())
    }
}
