//! Keeps the generated pages of docs/reference/ as the scenarios are.

#![expect(clippy::print_stderr, reason = "a program for people at a terminal")]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::build::{FAULT, build_packages, root, target};

/// The exit code where a page is not what it should be.
const STALE: u8 = 1;

/// Writes the pages anew; with `--check`, only tells which differ.
pub(crate) fn pages(arguments: &[String]) -> ExitCode {
    if !build_packages(&["greenlight"]) {
        return FAULT.into();
    }
    let fresh = target().join("codegen/reference");
    let _ = fs::remove_dir_all(&fresh);
    let mut command = Command::new(target().join("debug/greenlight"));
    if !command.arg("reference").arg(&fresh).status().is_ok_and(|status| status.success()) {
        return FAULT.into();
    }
    let kept = root().join("docs/reference");
    let ended = if arguments.iter().any(|one| one == "--check") { check(&fresh, &kept) } else { renew(&fresh, &kept) };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {}: {error}", kept.display());
        FAULT.into()
    })
}

fn check(fresh: &Path, kept: &Path) -> io::Result<ExitCode> {
    let stale = stale(fresh, kept)?;
    for name in &stale {
        eprintln!("error: {} is not as the scenarios are", kept.join(name).display());
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("hint: run `cargo xtask codegen` and commit what it writes");
    Ok(STALE.into())
}

fn renew(fresh: &Path, kept: &Path) -> io::Result<ExitCode> {
    fs::create_dir_all(kept)?;
    for name in stale(fresh, kept)? {
        let (from, to) = (fresh.join(&name), kept.join(&name));
        if from.exists() { fs::copy(from, to).map(|_| ())? } else { fs::remove_file(to)? }
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of the pages that differ, are missing, or are of a theme that is no more.
fn stale(fresh: &Path, kept: &Path) -> io::Result<Vec<String>> {
    let mut names = names(fresh)?;
    if kept.exists() {
        names.extend(self::names(kept)?);
    }
    let text = |folder: &Path, name: &str| fs::read(folder.join(name)).ok();
    Ok(names.into_iter().filter(|name| text(fresh, name) != text(kept, name)).collect())
}

fn names(folder: &Path) -> io::Result<BTreeSet<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
