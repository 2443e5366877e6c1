//! Builds programs of the project and runs them.

#![expect(clippy::print_stderr, reason = "a program for people at a terminal")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The exit code for a fault of our own; the same as the program's own.
pub(crate) const FAULT: u8 = 4;

/// Set where everything was built for its tests: a package by itself needs less of its dependencies, and would be built again.
const BUILT_ALL: &str = "GREENLIGHT_BUILT_ALL";

/// Runs `cargo build` for packages of the development build; false where it fails, which cargo has explained then.
pub(crate) fn build_packages(packages: &[&str]) -> bool {
    if env::var_os(BUILT_ALL).is_some() {
        return build(&["--workspace", "--all-targets"]);
    }
    build(&packages.iter().flat_map(|package| ["--package", package]).collect::<Vec<_>>())
}

/// Runs `cargo build` for the whole project's root; false where it fails, which cargo has explained then.
pub(crate) fn build(arguments: &[&str]) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.arg("build").args(arguments).arg("--manifest-path").arg(root().join("Cargo.toml"));
    let built = command.status().is_ok_and(|status| status.success());
    if !built {
        eprintln!("error: it does not build; see above");
    }
    built
}

/// Runs a program and passes its exit code on.
pub(crate) fn finish(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAULT).into(),
        Err(error) => {
            eprintln!("error: {} cannot be started: {error}", command.get_program().display());
            FAULT.into()
        }
    }
}

/// The project's root; empty where it is the current folder, so that paths read as a person would write them.
pub(crate) fn root() -> PathBuf {
    // Cargo's word of this call goes first: a checkout may have been moved since this was compiled.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&package).parent().map(Path::to_path_buf).unwrap_or_default();
    if env::current_dir().is_ok_and(|current| current == root) { PathBuf::new() } else { root }
}

/// Where builds and reports go.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
