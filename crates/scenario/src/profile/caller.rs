//! Who fills the roles of scenarios.

use diagnostics::{Key, Node, Problems, Value};

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
}

/// How a caller is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// By its client id.
    ClientId(String),
    /// By its name in the directory.
    Name(String),
}

/// Where a real token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The managed identity of the machine that runs this.
    ManagedIdentity,
    /// The federated token that Kubernetes mounts.
    WorkloadIdentity,
    /// Who is signed in with the Azure command line.
    AzureCli,
    /// The client secret of its registration.
    ClientSecret(Secret),
    /// A token that somebody else got.
    Token(Secret),
}

/// A secret, by the name of the environment variable that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The variable's name.
    pub env: String,
}

const WORDS: [(&str, &Credential); 3] = [
    ("managed-identity", &Credential::ManagedIdentity),
    ("workload-identity", &Credential::WorkloadIdentity),
    ("azure-cli", &Credential::AzureCli),
];

pub(super) fn read(role: &Key, node: &Node, problems: &Problems) -> Option<Caller> {
    if !is_name(&role.text) {
        let help = "lower-case words joined by dashes, as scenarios name it";
        problems.error(role.span, format!("{:?} is not a role", role.text), help);
    }
    let fields = problems.fields(node)?;
    let client_id = fields.optional_text("client-id");
    let name = fields.optional_text("identity");
    let tenant = fields.optional_text("tenant");
    let credential = fields.optional("credential").and_then(|node| credential(node, problems));
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
    Some(Caller { role: role.text.clone(), identity, tenant, credential })
}

fn credential(node: &Node, problems: &Problems) -> Option<Credential> {
    let Value::Map(_) = &node.value else { return problems.word(node, &WORDS).cloned() };
    let fields = problems.fields(node)?;
    let secret = fields.optional("client-secret").map(|node| secret(node, problems));
    let token = fields.optional("token").map(|node| self::secret(node, problems));
    fields.finish();
    match (secret, token) {
        (Some(secret), None) => secret.map(Credential::ClientSecret),
        (None, Some(token)) => token.map(Credential::Token),
        _ => {
            let help = "write `{ client-secret: { env: NAME } }` or `{ token: { env: NAME } }`";
            problems.error(node.span, "one credential is needed", help);
            None
        }
    }
}

pub(super) fn secret(node: &Node, problems: &Problems) -> Option<Secret> {
    if let Value::Map(_) = &node.value {
        let fields = problems.fields(node)?;
        let name = fields.required("env").and_then(|node| variable(node, problems));
        fields.finish();
        return name.map(|env| Secret { env });
    }
    let help =
        "put it into an environment variable and write `{ env: NAME }`; if this file was shared, replace the secret";
    problems.secret(node.span);
    problems.error(node.span, "a secret is written out", help);
    None
}

fn variable(node: &Node, problems: &Problems) -> Option<String> {
    let name = problems.text(node)?;
    let is_variable = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_variable {
        problems.error(node.span, format!("{name:?} is not the name of a variable"), "letters, digits and underscores");
    }
    is_variable.then(|| name.to_owned())
}
