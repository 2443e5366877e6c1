//! The mock managed-identity endpoints: IMDS, App Service, Azure Arc.
//!
//! One listener answers as three of Azure's do, to the status and the words: the Instance Metadata Service of a virtual machine at
//! `/metadata/identity/oauth2/token`, the endpoint of App Service, Functions and Container Apps at `/msi/token`, and the Azure Arc
//! agent at `/arc/metadata/identity/oauth2/token`. Whoever may speak there gets a token without a secret of its own; tokens are made by the
//! [`mock_entra::Issuer`] of the same process.
//!
//! Plain HTTP, as the real ones are. Nothing here decides what a token says, and no claim is read. What the real endpoints do in
//! cases that nobody has described is marked "undocumented" where it is chosen.

mod app_service;
mod arc;
mod endpoint;
mod identities;
mod imds;
mod mock;
mod query;
#[cfg(test)]
mod tests;
mod tokens;

pub use mock::{Config, DEFAULT_IDENTITY_HEADER, MockImds, StartError};
