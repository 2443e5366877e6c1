//! Text that has passed the redactor.

use serde::{Deserialize, Serialize};

/// Text without secrets. Only a redactor makes it, and reading back a document that was redacted when it was written.
///
/// It may still hold anything else that came from outside, control characters included: whoever shows it escapes it for the
/// place where it is shown. That is why it has no `Display`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Redacted(pub(crate) String);

impl Redacted {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
