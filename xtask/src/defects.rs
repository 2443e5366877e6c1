//! Proves the scenarios by planted defects.

use std::process::{Command, ExitCode};

use crate::build::{FAULT, build, finish, target};

/// Plays the scenarios against each defect, and against varied settings without one.
pub(crate) fn prove(arguments: &[String]) -> ExitCode {
    let (profile, folder) = if is_small(arguments) { ("dev", "debug") } else { ("proof", "proof") };
    if !build(&["--package", "defects", "--profile", profile]) {
        return FAULT.into();
    }
    let mut command = Command::new(target().join(folder).join("defects"));
    finish(command.arg("--output").arg(target().join("defects")).args(arguments))
}

/// Whether so little is played that building with optimizations would take longer than it saves.
fn is_small(arguments: &[String]) -> bool {
    ["--defect", "--scenarios", "--help"].iter().any(|part| arguments.iter().any(|one| one.starts_with(part)))
}
