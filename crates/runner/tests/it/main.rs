//! Whole runs against stand-ins for targets, through the crate's public face.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod busy;
mod deployed;
mod ends;
mod own;
mod reach;
mod real;
mod stand_in;
mod told;
