//! Flaws in how a credential is looked for, and in what happens where there is none.

pub(crate) mod header;
pub(crate) mod places;
