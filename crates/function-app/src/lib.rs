//! The reference Function App: what a protected Azure Function App answers, in three layers.
//!
//! The *platform* is App Service Authentication, driven by authsettingsV2; the *host* is the Functions host with its routes and
//! keys; the *function* shows a marker and the principal it was given. Each answers as its original does, and all are one
//! [`Chain`] of small stages over one [`Call`]. A stage extracts facts, [`authsettings::decide`] compares them with the settings.
//! Stages can be replaced by others, which is how flaws are planted to prove that scenarios catch them; none is planted here.
//! With an [`Upstream`] the platform alone is this crate's, and a Functions host that runs elsewhere answers behind it.
//!
//! What stages are made of is public, so that another stage can be made of most of the same: segments and headers of a token in
//! [`jws`], objects in [`json`], keys in [`published`] and [`KeyCache`], the settings' answer in [`Call::ask`] and
//! [`stages::carry_out`], identity headers in [`principal`], the platform's own answers in [`platform`]. The last stage,
//! [`StageId::Answer`], sees every answer on its way out.
//!
//! The validator is this crate's own code over aws-lc-rs and shares nothing with the code that forges tokens. Where Microsoft's
//! library and a standard differ, the stage says which it follows and why. It binds and connects only through `serve` and
//! `wire`, takes the time from the request, and keeps no session: whatever needs one is answered as if there were none.

mod app;
mod call;
mod chain;
mod decisions;
mod documents;
mod functions;
pub mod json;
pub mod jws;
mod key_cache;
pub mod platform;
pub mod principal;
pub mod published;
pub mod stages;
#[cfg(test)]
mod tests;
mod upstream;

pub use app::{App, AppConfig, FunctionApp, Site};
pub use call::{Call, Flow, Route};
pub use chain::{Chain, Stage, StageFuture, StageId};
pub use decisions::Decision;
pub use documents::{Document, Documents, Fetched};
pub use functions::{AuthLevel, FunctionSpec, Keys, MARKER};
pub use jws::Jws;
pub use key_cache::{FetchedKeys, KeyCache, KeySource};
pub use published::PublicKey;
pub use upstream::Upstream;
