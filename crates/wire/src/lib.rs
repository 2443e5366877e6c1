//! All client connections: ordinary and raw, TLS, bounds, byte-exact evidence.
//!
//! Two ways out. A [`Sender`] writes a request byte for byte as it was composed, however malformed, and keeps the bytes of both
//! directions as an [`Exchange`]: that is how a target is played. A [`Client`] runs our own errands (discovery, keys, tokens,
//! control) as a well-behaved client. Both follow no redirect, trust what a [`Trust`] says, and end in bounded time with bounded
//! memory whatever the other side does. Only a sender that is given a [`Proxy`] goes through one. A [`WireError`] names the address
//! and says what to do.
//!
//! Nothing here judges an answer, knows a token, or retries what could have had an effect. It alone connects.

mod answer;
mod chunked;
mod connect;
mod error;
mod fetch;
mod hello;
mod origin;
mod pool;
mod proxy;
mod request;
mod sender;
#[cfg(test)]
mod tests;
mod trust;

pub use answer::{Answer, Head, read_answer};
pub use error::{Phase, WireError};
pub use fetch::{Client, Fetched};
pub use hello::{Hello, TlsVersion};
pub use origin::Origin;
pub use proxy::Proxy;
pub use request::RequestBytes;
pub use sender::{Exchange, Sender, SenderConfig};
pub use trust::Trust;
