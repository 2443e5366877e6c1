//! The reference Function App: platform, Functions host and function, as a chain of small stages.
