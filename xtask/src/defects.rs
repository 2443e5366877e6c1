//! Proves the scenarios by planted defects.

use std::process::{Command, ExitCode};

use crate::build::{FAULT, build, finish, target};

/// Plays the scenarios against each defect, and against varied settings without one.
pub(crate) fn prove(arguments: &[String]) -> ExitCode {
    if !build(&["--release", "--package", "defects"]) {
        return FAULT.into();
    }
    let mut command = Command::new(target().join("release/defects"));
    finish(command.arg("--output").arg(target().join("defects")).args(arguments))
}
