//! The scenario format and the profile: what is played, and what is known about the target.
//!
//! [`read`] turns files into [`Scenario`]s, each of which becomes [`Case`]s, one for each variant; [`Profile::read`] reads what is
//! known about a target. Whatever is wrong in a file is told at once, as diagnostics that point at the words.
//!
//! Nothing here opens a file, reads the environment or a clock, or sends anything. Texts are handed in; a profile names files and
//! environment variables, and others read them.

mod act;
mod check;
mod expect;
mod forge;
mod form;
mod json;
mod octets;
mod places;
mod profile;
mod read;
mod recipe;
mod scenario;
mod send;
mod steps;
mod substitute;
mod template;
mod used;
mod variables;
mod variants;

pub use act::{Act, Document, KeyChange, Trouble};
pub use expect::{Expect, HeaderExpectation, Outcome, Principal};
pub use profile::{
    Address, AddressError, Api, BaseUrl, Caller, Credential, Draft, Identity, Issuer, IssuerNames, Limits, Marker,
    Mocks, Opening, Platform, PrincipalPlace, Profile, Proxy, Secret, SettingsFile, Sink, Site, Target, UserAssigned,
    Waived, is_case,
};
pub use read::read;
pub use scenario::{Case, Consent, Exchange, OldTls, Scenario, Step};
pub use send::{Door, Send};
pub use template::Template;
