//! The mock Entra issuer: directory, discovery, JWKS, token endpoint, control API.
//!
//! A [`Directory`] file says who exists. The [`Issuer`] answers as Entra does, to the claim and to the error code: discovery and
//! keys of both versions, the token endpoints with client secrets, certificates and federated assertions. [`MockEntra`] puts it
//! behind listeners and beside it a control API, by which tests in any language rotate keys, break endpoints and mint tokens.
//!
//! It issues app-only tokens and nothing else: no users, no consent, no refresh. No private key ever leaves it, except into a state
//! folder that only its owner can read. It validates no access token; that is its clients' part.

mod answer;
mod assertion;
mod authenticate;
mod control;
mod directory;
mod error;
mod form;
mod issue;
mod issuer;
mod kept;
mod keys;
mod metadata;
mod mock;
mod ring;
mod routes;
mod secret;
mod tenants;
mod token_endpoint;

pub use directory::{
    Application, Assignment, Certificate, CertificateError, ClientSecret, Credentials, Directory, ExternalKey,
    FederatedCredential, FederatedIssuer, Identity, IdentityKind, Tenant,
};
pub use error::OAuthError;
pub use issue::Issued;
pub use issuer::Issuer;
pub use keys::KeysError;
pub use mock::{Config, MockEntra, StartError};
pub use secret::Secret;
