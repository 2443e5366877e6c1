//! The rehearsal as its users meet it: a process, and containers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod container;
mod gate;
mod program;
