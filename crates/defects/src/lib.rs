//! Flawed stages for the reference Function App, to prove that the scenarios catch them.
