//! Plan, play, judge: cases in, events out.
//!
//! [`play`] takes scenarios and what is known about a target, decides what can be played there, makes the tokens, sends the
//! requests, judges the answers, and tells it all to a [`results::Reporter`]. Tokens come from an [`Issuer`], known by its address
//! whether it runs in this process ([`Mocks`]) or elsewhere. Cases that disturb the issuer or the time get a tenant of their own
//! and, where there is a [`Laboratory`], a target of their own.
//!
//! It never validates a token, never bends a promise to the target's settings, and reads neither arguments nor environment.

mod attribute;
mod certificates;
mod clocks;
mod compose;
mod control;
mod credentials;
mod evidence;
mod form;
mod gate;
mod instances;
mod issuer;
mod judge;
mod known;
mod laboratory;
mod mocks;
mod outline;
mod plan;
mod player;
pub mod predict;
mod ready;
mod roles;
mod run;
mod scene;
mod session;
mod sink;
mod stock;
mod suspects;
mod tokens;
mod trace;
mod variables;

pub use credentials::{Credentials, real_token};
pub use gate::{Demands, Gate};
pub use issuer::{Directory, Issuer, IssuerError};
pub use laboratory::{Laboratory, Specimen};
pub use mocks::{Mocks, MocksConfig, MocksError};
pub use outline::{Intended, Intent, outline};
pub use run::{Run, RunError, play};
