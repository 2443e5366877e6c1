//! The scenario format and the profile: reading, variants, diagnostics that point into the text.
