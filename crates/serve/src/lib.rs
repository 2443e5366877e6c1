//! All listeners: TLS, journal, faults.
