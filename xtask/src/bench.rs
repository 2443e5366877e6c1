//! Measures the release build.

use std::process::{Command, ExitCode};

use crate::build::{FAULT, build, finish, target};

/// Builds greenlight and what measures it together, so that both share their dependencies, and measures.
pub(crate) fn measure() -> ExitCode {
    if build(&["--release", "--package", "greenlight", "--package", "bench"]) {
        finish(&mut Command::new(target().join("release/bench")))
    } else {
        FAULT.into()
    }
}
