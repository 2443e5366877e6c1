//! The directory: who exists in the mock tenants, and who may call what.

mod certificate;
mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use diagnostics::{Diagnostic, Source};
use token::{KeyComponents, UnixTime, Version};

pub use certificate::{Certificate, CertificateError};

use crate::Secret;

/// The audience of federated assertions unless a credential says otherwise.
const TOKEN_EXCHANGE: &str = "api://AzureADTokenExchange";

/// The tenants that a mock begins with.
#[derive(Debug, Clone)]
pub struct Directory {
    tenants: Vec<Tenant>,
    /// Ids, domains and names, lower case, to positions.
    index: HashMap<String, usize>,
}

/// One tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its short name, for files and messages.
    pub name: String,
    /// Its id, a GUID.
    pub id: String,
    /// Its verified domain.
    pub domain: Option<String>,
    /// The APIs that are registered here.
    pub applications: Vec<Application>,
    /// Who can ask for tokens here.
    pub identities: Vec<Identity>,
}

/// The registration of an API.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its client id: what v2 tokens say in `aud`.
    pub client_id: String,
    /// Its service principal in this tenant.
    pub object_id: String,
    /// Its App ID URIs, apart from `api://{client id}`, which always counts.
    pub uris: Vec<String>,
    /// The version of the tokens made for it (`requestedAccessTokenVersion`).
    pub version: Version,
    /// Whether only those get a token to whom something of it is assigned.
    pub assignment_required: bool,
    /// The values of its app roles.
    pub roles: Vec<String>,
}

/// Somebody who can ask for tokens.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// The id of its tenant.
    pub tenant: String,
    /// Its client id.
    pub client_id: String,
    /// Its service principal.
    pub object_id: String,
    /// What it is.
    pub kind: IdentityKind,
    /// What is assigned to it.
    pub assignments: Vec<Assignment>,
}

/// What an identity is, and how it proves it.
#[derive(Debug, Clone)]
pub enum IdentityKind {
    /// An application with credentials of its own.
    ServicePrincipal(Credentials),
    /// The managed identity of one resource.
    SystemAssigned {
        /// The ARM id of the resource that bears it.
        resource: String,
    },
    /// A managed identity that is a resource itself.
    UserAssigned {
        /// Its ARM id.
        id: String,
        /// The ARM id of a resource that it is attached to.
        host: Option<String>,
    },
}

/// How a service principal can prove who it is.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Client secrets.
    pub secrets: Vec<ClientSecret>,
    /// Certificates, by whose keys assertions are signed.
    pub certificates: Vec<Certificate>,
    /// Assertions of other issuers.
    pub federated: Vec<FederatedCredential>,
}

/// A client secret.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// The secret.
    pub value: Secret,
    /// From when on it is refused.
    pub expires: Option<UnixTime>,
}

/// Whose assertions stand for a service principal. All must match exactly.
#[derive(Debug, Clone)]
pub struct FederatedCredential {
    /// Who signs them.
    pub issuer: FederatedIssuer,
    /// Their `sub`.
    pub subject: String,
    /// Their `aud`.
    pub audience: String,
}

/// Who signs federated assertions.
#[derive(Debug, Clone)]
pub enum FederatedIssuer {
    /// A tenant of this mock, by id; its v1 and its v2 issuer name both count.
    Tenant(String),
    /// Somebody else.
    External {
        /// Their `iss`.
        issuer: String,
        /// Their public keys.
        keys: Vec<ExternalKey>,
    },
}

/// A public key of an external issuer.
#[derive(Debug, Clone)]
pub struct ExternalKey {
    /// The `kid` that assertions name it by; without one it is tried for every assertion.
    pub kid: Option<String>,
    /// The key.
    pub components: KeyComponents,
}

/// Something of an application that is assigned to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The application's client id.
    pub application: String,
    /// The app role; without one it is the default access, which satisfies "assignment required" but shows in no token.
    pub role: Option<String>,
}

impl Directory {
    /// Reads a directory file. There is none if any of the diagnostics is an error.
    pub fn read(source: &Arc<Source>) -> (Option<Self>, Vec<Diagnostic>) {
        read::read(source)
    }

    /// A directory of these tenants. Names, ids and domains must differ; the first of equal ones is found.
    pub fn new(tenants: Vec<Tenant>) -> Self {
        let mut index = HashMap::new();
        for (position, tenant) in tenants.iter().enumerate() {
            for name in [Some(&tenant.id), tenant.domain.as_ref(), Some(&tenant.name)].into_iter().flatten() {
                index.entry(name.to_lowercase()).or_insert(position);
            }
        }
        Self { tenants, index }
    }

    /// All tenants, in the file's order.
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// A tenant by id, domain or name, in any case.
    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.position(name).map(|position| &self.tenants[position])
    }

    /// An identity by name, client id or object id, in whichever tenants have it.
    pub fn identities<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Tenant, &'a Identity)> {
        self.tenants.iter().filter_map(move |tenant| Some((tenant, tenant.identity(name)?)))
    }

    /// Every client secret: whatever shows or writes text has to hide them.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let identities = self.tenants.iter().flat_map(|tenant| &tenant.identities);
        identities.filter_map(Identity::credentials).flat_map(|all| &all.secrets).map(|secret| &secret.value)
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        if let Some(position) = self.index.get(name) {
            return Some(*position);
        }
        self.index.get(&name.to_lowercase()).copied()
    }
}

impl Tenant {
    /// Whether a URL may call it so: by id or domain.
    pub(crate) fn is_in_path(&self, segment: &str) -> bool {
        let is = |known: &str| known.eq_ignore_ascii_case(segment);
        is(&self.id) || self.domain.as_deref().is_some_and(is)
    }

    /// An identity by name, client id or object id.
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        let ids = |one: &Identity| [&one.client_id, &one.object_id].iter().any(|id| id.eq_ignore_ascii_case(name));
        self.identities.iter().find(|one| one.name == name || ids(one))
    }

    /// The application that an audience means: its client id or one of its URIs, with or without a slash at the end.
    pub fn resource(&self, audience: &str) -> Option<&Application> {
        let audience = audience.strip_suffix('/').unwrap_or(audience);
        self.applications.iter().find(|one| {
            let default = audience.strip_prefix("api://").unwrap_or(audience);
            let mut uris = one.uris.iter().map(|uri| uri.strip_suffix('/').unwrap_or(uri));
            one.client_id.eq_ignore_ascii_case(default) || uris.any(|uri| uri.eq_ignore_ascii_case(audience))
        })
    }
}

impl Identity {
    /// Whether it is a managed identity.
    pub fn is_managed(&self) -> bool {
        !matches!(self.kind, IdentityKind::ServicePrincipal(_))
    }

    /// How it proves who it is; none for managed identities.
    pub fn credentials(&self) -> Option<&Credentials> {
        match &self.kind {
            IdentityKind::ServicePrincipal(credentials) => Some(credentials),
            _ => None,
        }
    }

    /// Its roles on an application.
    pub(crate) fn roles_on(&self, application: &Application) -> Vec<String> {
        self.assigned(application).filter_map(|one| one.role.clone()).collect()
    }

    /// What is assigned to it of an application.
    pub(crate) fn assigned<'a>(&'a self, application: &'a Application) -> impl Iterator<Item = &'a Assignment> {
        self.assignments.iter().filter(|one| one.application == application.client_id)
    }
}
