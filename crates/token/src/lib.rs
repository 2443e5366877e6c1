//! Entra tokens to the byte: keys, certificates, claims, minting, forging.
