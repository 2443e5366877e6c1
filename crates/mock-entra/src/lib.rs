//! The mock Entra issuer: directory, discovery, JWKS, token endpoint, control API.

mod directory;
mod secret;

pub use directory::{
    Application, Assignment, Certificate, CertificateError, ClientSecret, Credentials, Directory, ExternalKey,
    FederatedCredential, FederatedIssuer, Identity, IdentityKind, Tenant,
};
pub use secret::Secret;
