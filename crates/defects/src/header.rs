//! Flaws in what is believed of a token's header.

pub(crate) mod embedded;
pub(crate) mod fetched;
pub(crate) mod json;
pub(crate) mod key_id;
pub(crate) mod lookup;
pub(crate) mod members;
