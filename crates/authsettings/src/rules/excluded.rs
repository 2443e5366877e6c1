//! What an entry of `excludedPaths` does. Each is of one kind, and each kind is one rule's.

use super::{Findings, Subject};

/// Where the list stands.
pub(super) const PATHS: &str = "globalValidation.excludedPaths";

/// Of what kind an entry is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It takes in everything, the whole API, the host's administration or the endpoints of authentication.
    Broad,
    /// It takes in the webhooks of extensions.
    Runtime,
    /// It is written in a way that is not supported, for this reason.
    NoPattern(&'static str),
    /// It is one path, or what is below one.
    Path,
}

impl Kind {
    /// The kind of one entry.
    ///
    /// Documented is a path from the root, and `/*` at its end. Whether an entry without that takes in what is below it as well, and
    /// whether case counts, is not known: what would be broad in the wider reading is broad.
    pub(super) fn of(entry: &str) -> Self {
        let lower = entry.to_ascii_lowercase();
        let root = lower.trim_end_matches(['*', '/']);
        let is_below =
            |folder: &str| root.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if (root.is_empty() && !entry.is_empty()) || root == "/api" || is_below("/admin") || is_below("/.auth") {
            return Self::Broad;
        }
        if is_below("/runtime") {
            return Self::Runtime;
        }
        match unsupported(entry) {
            Some(reason) => Self::NoPattern(reason),
            None => Self::Path,
        }
    }
}

fn unsupported(entry: &str) -> Option<&'static str> {
    let folder = entry.strip_suffix("/*").unwrap_or(entry);
    match folder {
        _ if !entry.starts_with('/') => Some("does not begin with a slash"),
        _ if folder.contains('*') => Some("has an asterisk that does not stand alone behind the last slash"),
        _ if folder.contains(['?', '#']) => Some("has more than a path"),
        _ if folder.contains(['^', '$', '(', ')', '[', ']', '{', '}', '|', '\\', '+']) => {
            Some("has signs of a regular expression")
        }
        _ => None,
    }
}

/// Tells of every entry of the kinds that are meant, with what is wrong with it. Help is the same for all.
pub(super) fn tell(
    subject: &Subject<'_>,
    findings: &mut Findings<'_>,
    help: &str,
    message: impl Fn(&str, Kind) -> Option<String>,
) {
    for (entry, span) in subject.configuration.at(PATHS).texts() {
        if let Some(message) = message(entry, Kind::of(entry)) {
            findings.at(span, message, help);
        }
    }
}
