//! App Service Authentication settings (authsettingsV2): read, facts, decide.
//!
//! [`configurations`] finds the settings in whatever file they live in, as trees whose words know their places; [`read`] turns the one
//! configuration of a file into typed [`Settings`]. [`decide`] is the one place that knows how App Service Authentication answers: from the settings,
//! the [`Facts`] that are true of the credential a request bears, and the request. The reference Function App reaches the
//! facts from a token's bytes, a prediction reaches them from the recipe of the token; both ask the same function.
//!
//! Nothing here opens a socket or a file, reads a clock or the environment, or looks into a token. Where it is not known how
//! the platform behaves there is a knob in [`Knobs`] with a documented default.

mod answer;
mod app;
mod assumed;
mod authority;
mod configuration;
mod decide;
mod facts;
mod knobs;
mod members;
mod path;
mod providers;
mod read;
mod rules;
mod schema;
mod secrets;
mod settings;
mod suppressions;
mod surroundings;

pub use answer::{Answer, Identity, Kind, Reason};
pub use app::AppSettings;
pub use assumed::Assumed;
pub use authority::{Authority, Tenant, TokenVersion};
pub use configuration::{Configuration, Form, Host, Property};
pub use decide::{Decider, Request, decide, decide_beforehand};
pub use facts::{Claim, Credential, Fact, Facts};
pub use knobs::{
    BrowserDetection, ExcludedMatch, InvalidToken, IssuerAcceptance, Knobs, MapClaims, NoList, OsProfile,
    RequireFalseWithAction,
};
pub use path::canonical_path;
pub use read::{Reading, configurations, read, read_named};
pub use rules::{Expected, Findings, RULES, Rule, Subject, lint};
pub use settings::{Action, AuthorizationPolicy, ClaimChecks, Entra, GlobalValidation, HttpSettings, Settings};
pub use suppressions::{Suppression, Suppressions};
pub use surroundings::{Function, Passage, Surroundings};

/// The settings of the fixture with its list of applications and no other list, for tests to vary.
#[cfg(test)]
fn fixture() -> Settings {
    let text = include_str!("../../../fixtures/authsettings.json");
    let (settings, diagnostics) = read(&diagnostics::Source::new("fixtures/authsettings.json", text));
    assert_eq!(diagnostics, []);
    let mut settings = settings.unwrap();
    settings.validation.excluded_paths.clear();
    if let Some(policy) = settings.entra.as_mut().and_then(|entra| entra.policy.as_mut()) {
        (policy.identities, policy.groups) = (Vec::new(), Vec::new());
    }
    settings
}
