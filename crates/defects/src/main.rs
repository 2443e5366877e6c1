//! Plays the scenarios against the reference Function App with each defect planted, and without any under varied settings.
//!
//! Every defect must be caught by a case that fails, every case must catch a defect, and an app without a flaw must not be
//! accused whatever its settings are. Prints who caught what first, and writes it all to `matrix.json`.

mod proof;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use proof::{Choice, Ground, Suite, Varied};

/// Proves the scenarios: each defect is caught, each case catches one, and a correct app is never accused.
#[derive(Parser)]
#[command(name = "cargo xtask defects", bin_name = "cargo xtask defects")]
struct Arguments {
    /// Plant only this defect, or those of this theme, and tell every case that catches it and why; may be repeated
    #[arg(long, value_name = "ID")]
    defect: Vec<String>,
    /// Play only this scenario, theme or file, and the positive controls; may be repeated
    #[arg(long, value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Vary the settings of the app without a flaw one at a time only, not so that every two meet
    #[arg(long)]
    skip_pairs: bool,
    /// Leave the settings of the app without a flaw as they are
    #[arg(long)]
    skip_variations: bool,
    /// Where the matrix is written; that of a part of the proof is called partial.json
    #[arg(long, value_name = "FOLDER", default_value = "target/defects")]
    output: PathBuf,
}

/// Something is wrong with the scenarios or the defects.
const DISPROVEN: u8 = 1;
/// The arguments or files are wrong.
const USAGE: u8 = 2;
/// The proof itself failed.
const FAULT: u8 = 4;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            FAULT.into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<u8> {
    let choice = Choice {
        defects: arguments.defect.clone(),
        scenarios: arguments.scenarios.clone(),
        varied: match (arguments.skip_variations, arguments.skip_pairs) {
            (true, _) => Varied::Not,
            (false, true) => Varied::Alone,
            (false, false) => Varied::InPairs,
        },
    };
    let suite = match Suite::read(&choice) {
        Ok(suite) => suite,
        Err(mistakes) => {
            writeln!(io::stderr(), "{mistakes}")?;
            return Ok(USAGE);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ground = runtime.block_on(Ground::start(&suite))?;
    let matrix = proof::play(&runtime, &ground, &suite)?;
    let file = matrix.write(&arguments.output)?;
    writeln!(io::stdout(), "{matrix}\nwritten: {}", file.display())?;
    if let Some(mistakes) = &suite.mistakes {
        writeln!(io::stderr(), "\n{mistakes}\nerror: scenarios with mistakes were left out")?;
        return Ok(USAGE);
    }
    Ok(if matrix.holds() { 0 } else { DISPROVEN })
}
