//! All client connections: ordinary and raw, TLS, bounds, byte-exact evidence.
