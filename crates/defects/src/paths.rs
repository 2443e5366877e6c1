//! Flaws in how a request is read: its path, and what beside the path decides where it goes and whether it is checked.

pub(crate) mod protocols;
pub(crate) mod reading;
pub(crate) mod requests;
