//! Flawed stages for the reference Function App, to prove that the scenarios catch them.
//!
//! Each [`Defect`] is the smallest change that a real team could make by mistake: a check left out, a header trusted, a door
//! left open. It puts a flawed stage in the place of a sound one; `plant` has the ways to write one. The shipped program does
//! not contain this crate, and scenarios know nothing of it. The program of this crate plays them against each defect.

mod claims;
mod controls;
mod encoding;
mod functions;
mod header;
mod issuer;
mod paths;
mod plant;
mod presence;
mod reader;
mod signature;
mod spoofing;
#[cfg(test)]
mod tests;

use function_app::Chain;

/// One flaw.
#[derive(Debug, Clone, Copy)]
pub struct Defect {
    /// Its name, unique.
    pub id: &'static str,
    /// What the app does wrong.
    pub title: &'static str,
    /// How it comes about and what it opens.
    pub why: &'static str,
    /// Plants it. What it remembers between requests belongs to the chain that it returns.
    pub apply: fn(Chain) -> Chain,
}

/// Every defect by its theme, in the order in which a request meets them.
pub const THEMES: &[(&str, &[Defect])] = &[
    ("controls", controls::DEFECTS),
    ("presence", presence::places::DEFECTS),
    ("presence", presence::header::DEFECTS),
    ("claims", claims::audience::DEFECTS),
    ("claims", claims::issuer::DEFECTS),
    ("claims", claims::times::DEFECTS),
    ("claims", claims::caller::DEFECTS),
    ("claims", claims::identity::DEFECTS),
    ("signature", signature::none::DEFECTS),
    ("signature", signature::algorithm::DEFECTS),
    ("signature", signature::hmac::DEFECTS),
    ("signature", signature::curves::DEFECTS),
    ("signature", signature::rsa::DEFECTS),
    ("signature", signature::memory::DEFECTS),
    ("signature", signature::payload::DEFECTS),
    ("header", header::embedded::DEFECTS),
    ("header", header::fetched::DEFECTS),
    ("header", header::key_id::DEFECTS),
    ("header", header::lookup::DEFECTS),
    ("header", header::members::DEFECTS),
    ("header", header::json::DEFECTS),
    ("encoding", encoding::spelling::DEFECTS),
    ("encoding", encoding::content::DEFECTS),
    ("issuer", issuer::fetching::DEFECTS),
    ("issuer", issuer::reading::DEFECTS),
    ("issuer", issuer::keeping::DEFECTS),
    ("issuer", issuer::caching::DEFECTS),
    ("issuer", issuer::trusting::DEFECTS),
    ("paths", paths::reading::DEFECTS),
    ("paths", paths::requests::DEFECTS),
    ("paths", paths::protocols::DEFECTS),
    ("spoofing", spoofing::identity::DEFECTS),
    ("spoofing", spoofing::proxies::DEFECTS),
    ("spoofing", spoofing::believed::DEFECTS),
    ("functions", functions::keys::DEFECTS),
    ("functions", functions::routes::DEFECTS),
    ("functions", functions::sign_in::DEFECTS),
    ("functions", functions::session::DEFECTS),
    ("functions", functions::answers::DEFECTS),
];

/// Every defect.
pub fn all() -> Vec<Defect> {
    THEMES.iter().flat_map(|(_, defects)| *defects).copied().collect()
}
