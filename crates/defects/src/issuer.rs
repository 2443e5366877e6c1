//! Flaws in how the issuer's documents are fetched, kept and believed.

pub(crate) mod caching;
pub(crate) mod fetching;
pub(crate) mod keeping;
pub(crate) mod reading;
mod source;
pub(crate) mod trusting;
