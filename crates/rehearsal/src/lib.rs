//! The migration from a key-based Function App to one behind Easy Auth, played on one machine.
//!
//! A [`Rehearsal`] is everything that such a migration has before traffic is switched: the *old* instance, whose function asks for
//! a key; the *new* instance, which the platform protects; a stand-in for API Management ([`gateway`]) whose current revision
//! leads to the old instance with its key and whose test revision leads to the new one with a token of its managed identity; and
//! the issuer and identity endpoint that make tokens. A [`Mistake`] is what a team did wrong on the way: it is planted into the
//! [`Plan`] before anything starts, and whoever judges the new instance is not told.

pub mod gateway;
mod mistakes;
mod plan;
mod stage;
#[cfg(test)]
mod tests;

pub use mistakes::{MISTAKES, Mistake, mistake};
pub use plan::{GatewayPolicy, Plan};
pub use stage::{Hosts, Rehearsal, StartError};
