//! Measures greenlight beside its limits and its peers, in one run on one machine: a figure alone says little, a ratio much.
//!
//! Prints a table and writes `target/bench/results.json`. Peers that are not installed are named as absent. Build it with
//! `--release`, as `cargo xtask bench` does: the program under test is the release build too.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

mod configurations;
mod figure;
mod jwks;
mod load;
mod many;
mod memory;
mod program;
mod start;
mod suite;
mod tokens;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::json;

use figure::Figure;
use program::Program;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(4)
        }
    }
}

/// What is called to measure something.
type Measure<'a> = &'a dyn Fn() -> Result<Vec<Figure>>;

fn measure() -> Result<()> {
    let program = Program::find()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measures: [(&str, Measure<'_>); 7] = [
        ("start", &|| runtime.block_on(start::measure(&program))),
        ("memory", &|| memory::measure(&program)),
        ("tokens", &|| runtime.block_on(tokens::measure(&program))),
        ("JWKS", &|| runtime.block_on(jwks::measure(&program))),
        ("configurations", &|| configurations::measure(&program)),
        ("suite", &|| suite::measure(&program)),
        ("many cases", &|| many::measure(&program)),
    ];
    println!("{}", figure::header());
    let mut figures = Vec::new();
    for (about, measure) in measures {
        let measured = measure().with_context(|| format!("measuring {about}"))?;
        for figure in &measured {
            println!("{figure}");
        }
        figures.extend(measured);
    }
    let folder = program.target().join("bench");
    fs::create_dir_all(&folder)?;
    let file: PathBuf = folder.join("results.json");
    let document = json!({ "profile": "release", "figures": figures.iter().map(Figure::json).collect::<Vec<_>>() });
    fs::write(&file, serde_json::to_string_pretty(&document)? + "\n")?;
    println!("written: {}", file.display());
    Ok(())
}
