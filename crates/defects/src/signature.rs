//! Flaws in what proves that the issuer made the token.

pub(crate) mod algorithm;
pub(crate) mod curves;
pub(crate) mod hmac;
pub(crate) mod memory;
pub(crate) mod none;
pub(crate) mod payload;
pub(crate) mod rsa;
