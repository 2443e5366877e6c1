//! Flaws in how a token is taken apart.

pub(crate) mod content;
pub(crate) mod spelling;
