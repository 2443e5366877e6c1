//! Flaws in the Functions host, in the sign-in routes, and in what answers say of the app.

pub(crate) mod answers;
pub(crate) mod keys;
pub(crate) mod routes;
pub(crate) mod session;
pub(crate) mod sign_in;
