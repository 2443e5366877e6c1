//! Automation of the project. `cargo xtask` alone lists what it can do.

#![expect(clippy::print_stderr, reason = "a program for people at a terminal")]

mod bench;
mod build;
mod codegen;
mod defects;
mod e2e;
mod image;
mod migration;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask e2e [-- ARGUMENTS]   build, start the mocks and the reference Function App, play scenarios/;
                                 ARGUMENTS go to `greenlight run`, so `-- --target URL` plays against another target
cargo xtask e2e --configurations the same, then under each of fixtures/configurations/suite/, held against what is documented of it
cargo xtask e2e --migration [--mistake NAME|all]
                                 play the migration from keys to Easy Auth on this machine and ask the gate about it; with a planted
                                 mistake, or with each in turn, which the gate must stop
cargo xtask codegen [--check]    write docs/reference/ anew from the scenarios and rules; with --check, fail where it would change
cargo xtask defects [ARGUMENTS]  play scenarios/ against the reference Function App with each planted defect, and without any under
                                 varied settings; `--help` lists what can be left out for daily work
cargo xtask image [--rehearsal]  build a container image from nothing but a static greenlight (release build; needs musl-gcc and
                                 docker); with --rehearsal, also that of the migration, which the tests play
cargo xtask bench                measure greenlight beside its limits and peers (release build)
";

/// The exit code for arguments that make no sense; the same as the program's own.
const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.skip_while(|one| one == "--").collect();
    match task.as_str() {
        "e2e" => e2e::play(&rest),
        "defects" => defects::prove(&rest),
        "bench" => bench::measure(),
        "image" => image::make(&rest),
        "codegen" => codegen::pages(&rest),
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(USAGE_ERROR)
        }
    }
}
