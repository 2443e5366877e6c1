//! Flaws in what is believed of a request's headers.

pub(crate) mod believed;
pub(crate) mod identity;
pub(crate) mod proxies;
