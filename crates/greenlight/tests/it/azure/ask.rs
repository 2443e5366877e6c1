//! Who asks for a token, for what, and how it proves who it is.

use jsonwebtoken::Algorithm;
use mock_imds::DEFAULT_IDENTITY_HEADER;

use super::{CONTOSO, Signer};

/// The service principal of the default directory, and its user-assigned identity by two of its ids.
pub(crate) const BATCH: &str = "55da0bee-6f71-4082-8e93-0b1c2d3e4f50";
pub(crate) const REPORTING: &str = "44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f";
pub(crate) const REPORTING_OBJECT: &str = "4e3b0f88-c3d4-4fa1-84c7-308d6c5b9f43";
const REPORTING_RESOURCE: &str = "/subscriptions/5e1f0c3a-7d42-4b19-8f60-a9c3d2e1b047/resourceGroups/rg-reporting/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reporting";
/// Somebody whom no directory knows.
pub(crate) const NOBODY: &str = "00000000-6f71-4082-8e93-0b1c2d3e4f50";

/// An API that gives v2 tokens to everybody.
const ORDERS: &str = "api://orders/.default";
/// An API that gives v1 tokens, and only to those to whom something of it is assigned.
pub(crate) const BILLING: &str = "api://billing/.default";
/// The same, by a name that ends in a slash.
pub(crate) const BILLING_WITH_SLASH: &str = "https://billing.contoso.example//.default";

pub(crate) const SECRET: Proof = Proof::Secret("batch-secret-of-the-mock-directory");
pub(crate) const SUBJECT: &str = "system:serviceaccount:jobs:batch";
pub(crate) const EXCHANGE: &str = "api://AzureADTokenExchange";

/// One ask.
#[derive(Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) proof: Proof,
    /// Unless it is a managed identity that asks.
    pub(crate) tenant: &'static str,
    pub(crate) client: &'static str,
    pub(crate) scope: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Proof {
    Secret(&'static str),
    /// A file with key and certificate: the SDK makes the assertion.
    Certificate(Signer),
    /// An assertion that was made for the SDK and expires in so many seconds.
    Assertion(Signer, Algorithm, i64),
    /// A file with a token of another issuer, for this subject and audience.
    Federated(OtherIssuer, &'static str, &'static str),
    /// Being the machine that the endpoint is for.
    Imds(Identity),
    /// The header that the endpoint wants.
    AppService(&'static str, Identity),
}

/// Which identity of a machine: the name of the id, and the id. None for the system-assigned one.
pub(crate) type Identity = Option<(&'static str, &'static str)>;
pub(crate) const SYSTEM: Identity = None;
pub(crate) const BY_CLIENT: Identity = Some(("client_id", REPORTING));
pub(crate) const BY_OBJECT: Identity = Some(("object_id", REPORTING_OBJECT));
pub(crate) const BY_RESOURCE: Identity = Some(("resource_id", REPORTING_RESOURCE));
pub(crate) const UNKNOWN: Identity = Some(("client_id", NOBODY));

#[derive(Clone, Copy)]
pub(crate) enum OtherIssuer {
    /// Another tenant of the mock.
    Fabrikam,
    /// A cluster whose key is in the directory.
    Cluster,
    /// Somebody who only says so.
    Impostor,
    /// A cluster that the directory does not know.
    Elsewhere,
}

/// The service principal asks for orders.
pub(crate) fn batch(proof: Proof) -> Ask {
    Ask { proof, tenant: CONTOSO, client: BATCH, scope: ORDERS }
}

/// It does so by what another issuer says of it.
pub(crate) fn workload(issuer: OtherIssuer) -> Ask {
    batch(Proof::Federated(issuer, SUBJECT, EXCHANGE))
}

/// An identity of a virtual machine asks for orders.
pub(crate) fn imds(identity: Identity) -> Ask {
    Ask { proof: Proof::Imds(identity), tenant: "", client: "", scope: ORDERS }
}

/// An identity of a Function App does.
pub(crate) fn app_service(identity: Identity) -> Ask {
    Ask { proof: Proof::AppService(DEFAULT_IDENTITY_HEADER, identity), ..imds(identity) }
}
