//! Builds container images from nothing but a static program.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

use std::env::consts::ARCH;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::build::{FAULT, build, root, target};

/// The programs that images are made of, and what each image is called.
const GREENLIGHT: (&str, &str) = ("greenlight", "greenlight");
const REHEARSAL: (&str, &str) = ("rehearsal", "greenlight-rehearsal");
/// Asks for the image of the rehearsal too, which the tests need.
const TOO: &str = "--rehearsal";

/// Builds the image of greenlight and, where the arguments ask for it, that of the rehearsal; tells how large they are.
pub(crate) fn make(arguments: &[String]) -> ExitCode {
    let mut wanted = vec![GREENLIGHT];
    wanted.extend(arguments.iter().any(|one| one == TOO).then_some(REHEARSAL));
    match images(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            FAULT.into()
        }
    }
}

fn images(wanted: &[(&str, &str)]) -> Result<(), String> {
    let triple = format!("{ARCH}-unknown-linux-musl");
    install(&triple)?;
    let packages = wanted.iter().flat_map(|(program, _)| ["--package", program]);
    if !build(&["--release", "--target", &triple].into_iter().chain(packages).collect::<Vec<_>>()) {
        return Err("hint: aws-lc is C, which musl-gcc compiles; on Debian it is in the package musl-tools".to_owned());
    }
    // Nothing else is sent to the engine.
    let context = target().join("image");
    fs::create_dir_all(&context).map_err(|error| format!("{}: {error}", context.display()))?;
    for (program, image) in wanted {
        let built = target().join(&triple).join("release").join(program);
        let staged = context.join(program);
        let bytes = fs::copy(&built, &staged).map_err(|error| format!("{}: {error}", built.display()))?;
        let mut command = Command::new("docker");
        command.args(["build", "--quiet", "--target", program, "--tag", image, "--file"]);
        told(command.arg(root().join("Containerfile")).arg(&context))?;
        println!("{image}: {:.1} MiB, {}", mebibytes(bytes), staged.display());
    }
    Ok(())
}

/// Fetches the standard library for static programs where it is not there.
fn install(triple: &str) -> Result<(), String> {
    let libraries = told(Command::new("rustc").args(["--print", "target-libdir", "--target", triple]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    told(Command::new("rustup").args(["target", "add", triple])).map(drop)
}

/// What a program says; an error with what it complains of where it fails.
fn told(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

#[expect(clippy::cast_precision_loss, reason = "a size for people, to one decimal")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
