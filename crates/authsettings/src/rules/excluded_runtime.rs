use diagnostics::Level;

use super::excluded::{Kind, tell};
use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-EXCL-RUNTIME",
    level: Level::Warning,
    title: "only a system key protects the webhooks",
    why: "Below /runtime extensions listen: Event Grid, blobs, Durable Functions, MCP. Where those paths are excluded, a system key in the \
          address is all that protects them, and an address ends up in logs.",
    example: r#"{ "globalValidation": { "excludedPaths": ["/runtime/webhooks/*"] } }"#,
    fix: "Exclude no more than the one extension that needs it, such as /runtime/webhooks/eventgrid, or let its caller bring a token.",
    sources: &["https://learn.microsoft.com/azure/azure-functions/function-keys-how-to", "CWE-598"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let help = "exclude no more than the one extension that needs it, or let its caller bring a token";
    tell(subject, findings, help, |entry, kind| {
        (kind == Kind::Runtime).then(|| format!("only a system key protects what `{entry}` excludes"))
    });
}
