//! Renders the result document: console, JSON, JUnit.
