//! Where the real tokens of callers come from.

use std::path::PathBuf;

use diagnostics::{Node, Problems, Value};

use super::beside;
use super::secret::{self, Secret};

/// Where a real token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A managed identity of the machine that runs this; none named: its system-assigned one.
    ManagedIdentity(Option<UserAssigned>),
    /// The federated token that Kubernetes mounts.
    WorkloadIdentity,
    /// The identity token of a job of GitHub Actions.
    GitHubActions,
    /// The identity token of a job of Azure Pipelines.
    AzurePipelines {
        /// The id of the service connection; none: the one that the `AzureCLI` task names in its environment.
        service_connection: Option<String>,
    },
    /// Who is signed in with the Azure command line.
    AzureCli,
    /// The client secret of its registration.
    ClientSecret(Secret),
    /// The certificate of its registration.
    Certificate {
        /// The certificate, PEM.
        file: PathBuf,
        /// Its private key, PEM; none: it is in the same file.
        key: Option<Secret>,
    },
    /// A token that somebody else got.
    Token(Secret),
}

/// Which of the user-assigned identities of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAssigned {
    /// By its client id.
    ClientId(String),
    /// By its object id.
    ObjectId(String),
    /// By its resource id. App Service takes none.
    ResourceId(String),
}

const WORDS: [(&str, &Credential); 5] = [
    ("managed-identity", &Credential::ManagedIdentity(None)),
    ("workload-identity", &Credential::WorkloadIdentity),
    ("github-actions", &Credential::GitHubActions),
    ("azure-pipelines", &Credential::AzurePipelines { service_connection: None }),
    ("azure-cli", &Credential::AzureCli),
];

pub(super) fn read(node: &Node, problems: &Problems) -> Option<Credential> {
    let Value::Map(_) = &node.value else { return problems.word(node, &WORDS).cloned() };
    let fields = problems.fields(node)?;
    let secret = |key| fields.optional(key).map(|node| secret::read(node, problems));
    let given = [
        fields.optional("managed-identity").map(|node| user_assigned(node, problems)),
        fields.optional("azure-pipelines").map(|node| pipelines(node, problems)),
        secret("client-secret").map(|secret| secret.map(Credential::ClientSecret)),
        fields.optional("certificate").map(|node| certificate(node, problems)),
        secret("token").map(|secret| secret.map(Credential::Token)),
    ];
    fields.finish();
    let mut given = given.into_iter().flatten();
    if let (Some(one), None) = (given.next(), given.next()) {
        return one;
    }
    let help = "write one word, such as `managed-identity`, or `{ client-secret: { env: NAME } }`, \
                `{ certificate: { file: PATH } }` or `{ token: { env: NAME } }`";
    problems.error(node.span, "one credential is needed", help);
    None
}

fn user_assigned(node: &Node, problems: &Problems) -> Option<Credential> {
    let fields = problems.fields(node)?;
    let given = [
        fields.optional_text("client-id").map(UserAssigned::ClientId),
        fields.optional_text("object-id").map(UserAssigned::ObjectId),
        fields.optional_text("resource-id").map(UserAssigned::ResourceId),
    ];
    let span = fields.span();
    fields.finish();
    let mut given = given.into_iter().flatten();
    if let (Some(one), None) = (given.next(), given.next()) {
        return Some(Credential::ManagedIdentity(Some(one)));
    }
    let help = "write `{ client-id: ID }`, `{ object-id: ID }` or `{ resource-id: ID }`; the system-assigned identity is \
                `credential: managed-identity`";
    problems.error(span, "one user-assigned identity is needed", help);
    None
}

fn pipelines(node: &Node, problems: &Problems) -> Option<Credential> {
    let fields = problems.fields(node)?;
    let service_connection = fields.optional_text("service-connection");
    fields.finish();
    Some(Credential::AzurePipelines { service_connection })
}

fn certificate(node: &Node, problems: &Problems) -> Option<Credential> {
    let fields = problems.fields(node)?;
    let file = fields.required_text("file");
    let key = fields.optional("key").map(|node| secret::read(node, problems));
    fields.finish();
    let key = match key {
        None => None,
        Some(key) => Some(key?),
    };
    Some(Credential::Certificate { file: beside(&file?, problems), key })
}
