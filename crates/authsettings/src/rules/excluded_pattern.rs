use diagnostics::Level;

use super::excluded::{Kind, tell};
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-EXCL-PATTERN",
    level: Level::Warning,
    title: "an excluded path is written as a pattern that does not work",
    why: "An entry is a path from the root, at most with /* at its end. Regular expressions, asterisks elsewhere and queries are not \
          supported: what was meant to be excluded is not, or something else is.",
    example: r#"{ "globalValidation": { "excludedPaths": ["/api/*/health"] } }"#,
    fix: "Write each path out, beginning with a slash, such as /api/health or /public/*.",
    sources: &[sources::PATTERNS, "https://github.com/MicrosoftDocs/azure-docs/issues/106668"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let help = "write each path out, such as `/api/health`, or what is below one, such as `/public/*`";
    tell(subject, findings, help, |entry, kind| match kind {
        Kind::NoPattern(reason) => Some(format!("`{entry}` {reason}: that is not supported")),
        _ => None,
    });
}
