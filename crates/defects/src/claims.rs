//! Flaws in what tells whether a token is meant for this app, now, and who may bear it.

pub(crate) mod audience;
pub(crate) mod caller;
pub(crate) mod identity;
pub(crate) mod issuer;
pub(crate) mod times;
