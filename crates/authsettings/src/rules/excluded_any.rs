use diagnostics::Level;

use super::excluded::{Kind, tell};
use super::{Findings, Rule, Subject, sources};

pub(super) const RULE: Rule = Rule {
    id: "L-EXCL-ANY",
    level: Level::Note,
    title: "a path is open to everybody",
    why: "A health path for a front door or for API Management is a good reason to exclude one. But nothing watches what is served there \
          later, and how the platform treats what is below the path, its case and tokens that are sent to it is not documented.",
    example: r#"{ "globalValidation": { "excludedPaths": ["/api/health"] } }"#,
    fix: "Keep the list as short as it can be, and probe what is served there: greenlight run plays excluded paths and their neighbours.",
    sources: &[sources::SCHEMA, sources::PATTERNS],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let help = "see that what is served there may be called by anybody; leave it out where nobody needs it";
    tell(subject, findings, help, |entry, kind| {
        (kind == Kind::Path).then(|| format!("`{entry}` is open to requests without a token"))
    });
}
