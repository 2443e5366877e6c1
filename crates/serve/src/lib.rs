//! All listeners: TLS, journal, faults.
//!
//! A [`Server`] hands each HTTP/1.1 request, whole and bounded, to one [`Service`] and writes its answer. Around that it keeps what
//! every mock needs: a certificate made for one run ([`Authority`], [`Tls`]), a bounded memory of what was asked ([`Journal`]),
//! trouble on demand ([`Faults`]), and an injected [`Clock`] that stamps each request, so that no service reads the time itself.
//!
//! It knows nothing of what is served, routes nothing, prints nothing, and never stores bodies or header values. It alone binds.

mod answer;
mod certificate;
mod connection;
mod error;
mod faults;
mod journal;
mod message;
mod patient;
mod rule;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod unread;

pub use certificate::{Authority, Tls};
pub use error::ServeError;
pub use faults::{CONTROL, Faults};
pub use journal::{Entry, Journal};
pub use message::{Clock, Request, Response, Service, UnixTime, respond, system_clock};
pub use rule::{Base64, Fault, Rule};
pub use server::{Limits, Server, ServerConfig, is_exposed};
pub use state::StateFolder;
pub use unread::Unread;
