//! Who fills the roles of scenarios.

use std::path::PathBuf;

use diagnostics::{Key, Node, Problems};

use super::credential::{self, Credential};
use super::file;
use crate::variants::is_name;

/// Who fills a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The role, as scenarios name it.
    pub role: String,
    /// Who it is.
    pub identity: Identity,
    /// The tenant it lives in, by id or by its name in the directory; none: the target's.
    pub tenant: Option<String>,
    /// Where a real token comes from; none: only the mock issuer speaks for it.
    pub credential: Option<Credential>,
    /// The file with a real token that was kept until it expired.
    pub kept: Option<PathBuf>,
}

/// How a caller is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// By its client id.
    ClientId(String),
    /// By its name in the directory.
    Name(String),
}

pub(super) fn read(role: &Key, node: &Node, problems: &Problems) -> Option<Caller> {
    if !is_name(&role.text) {
        let help = "lower-case words joined by dashes, as scenarios name it";
        problems.error(role.span, format!("{:?} is not a role", role.text), help);
    }
    let fields = problems.fields(node)?;
    let client_id = fields.optional_text("client-id");
    let name = fields.optional_text("identity");
    let tenant = fields.optional_text("tenant");
    let credential = fields.optional("credential").and_then(|node| credential::read(node, problems));
    let kept = file(&fields, "kept", problems);
    let span = fields.span();
    fields.finish();
    let identity = match (client_id, name) {
        (Some(client_id), None) => Identity::ClientId(client_id),
        (None, Some(name)) => Identity::Name(name),
        (both, _) => {
            let wrong = if both.is_some() { "named twice" } else { "not named" };
            let help = "write either `client-id: ...`, or `identity: ...` with its name in the directory";
            problems.error(span, format!("the caller `{}` is {wrong}", role.text), help);
            return None;
        }
    };
    Some(Caller { role: role.text.clone(), identity, tenant, credential, kept })
}
