//! Flawed stages for the reference Function App, to prove that the scenarios catch them.
//!
//! Each [`Defect`] is the smallest change that a real team could make by mistake: a check left out, a header trusted, a door
//! left open. It puts a flawed stage in the place of a sound one, most often by letting the sound one run and then lying about
//! what it found. The shipped program does not contain this crate, and scenarios know nothing of it.

mod caller;
mod claims;
mod gate;
mod signature;
#[cfg(test)]
mod tests;

use function_app::{Call, Chain, Flow, Stage};

/// One flaw.
#[derive(Debug, Clone, Copy)]
pub struct Defect {
    /// Its name, unique.
    pub id: &'static str,
    /// What the app does wrong.
    pub title: &'static str,
    /// How it comes about and what it opens.
    pub why: &'static str,
    /// Plants it.
    pub apply: fn(Chain) -> Chain,
}

/// Every defect.
pub fn all() -> Vec<Defect> {
    [signature::DEFECTS, claims::DEFECTS, caller::DEFECTS, gate::DEFECTS].concat()
}

/// A stage that does this, and never answers.
fn lie(lie: impl Fn(&mut Call) + Send + Sync + 'static) -> Box<dyn Stage> {
    Box::new(move |call: &mut Call| -> Flow {
        lie(call);
        Flow::Continue(())
    })
}
