//! The mock Entra issuer: directory, discovery, JWKS, token endpoint, control API.
