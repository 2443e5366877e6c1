//! Entra tokens to the byte: keys, certificates, claims, minting, forging.
//!
//! [`SigningKey`] is one RSA key pair with the certificate that names it; [`AppToken`] holds what Entra says in an app-only access
//! token and mints it, v1 or v2. A [`Recipe`] is plain data: whose token, for which audience, with which times and claims, and
//! what is forged. [`forge()`] applies a recipe to a base token, minted or real, in two steps, because the issuer's private key may
//! live in another process: first what must be signed, then [`Unfinished::signed`]. What stands in a recipe as `${name}` is filled
//! by the caller ([`Recipe::fill`]) or in forging ([`variables`]).
//!
//! Nothing here validates a token, and nothing here opens a socket, reads a clock, the environment or a file. Time is a parameter,
//! in seconds since 1970 ([`UnixTime`]). Randomness is drawn for keys and where a forged value must be one that nobody has.

mod algorithm;
mod assertion;
mod entra;
mod forge;
mod jwk;
mod jws;
mod key;
mod octets;
mod recipe;
mod stranger;
#[cfg(test)]
mod tests;
pub mod variables;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use assertion::{ClientCertificate, ClientCertificateError};
pub use entra::{AppToken, ClientAuth, ManagedIdentity, Names, Version};
pub use forge::{Forged, Materials, Unfinished, forge};
pub use jwk::{Jwk, KeyComponents};
pub use jws::{Draft, Token, TokenError};
pub use key::{KeyError, Pkcs8, SigningKey};
pub use octets::{Octets, OctetsError, Piece};
pub use recipe::{
    Charset, Edit, Encoding, Encodings, Forge, HmacSecret, Lifetime, Need, Recipe, Signature, TokenVersion,
};
pub use stranger::Stranger;

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixTime = i64;
