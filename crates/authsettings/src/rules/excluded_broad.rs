use diagnostics::Level;

use super::excluded::{Kind, tell};
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-EXCL-BROAD",
    level: Level::Error,
    title: "an excluded path opens the whole API or its administration",
    why: "On an excluded path a request without a token reaches the Functions host. /* and /api/* are all functions; below /admin the host \
          lets whoever has the master key run and change anything; below /.auth the platform itself answers.",
    example: r#"{ "globalValidation": { "excludedPaths": ["/api/*"] } }"#,
    fix: "Exclude single paths only, such as /api/health, each served by a function that may be called by anybody.",
    sources: &[
        sources::SCHEMA,
        sources::PATTERNS,
        "https://learn.microsoft.com/azure/azure-functions/function-keys-how-to",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    tell(subject, findings, "exclude single paths only, such as `/api/health`", |entry, kind| {
        (kind == Kind::Broad).then(|| format!("`{entry}` opens {} to requests without a token", what(entry)))
    });
}

fn what(entry: &str) -> &'static str {
    match entry.to_ascii_lowercase().trim_end_matches(['*', '/']) {
        "" => "the whole app",
        "/api" => "the whole API",
        admin if admin.starts_with("/admin") => "the host's administration",
        _ => "the endpoints of authentication",
    }
}
