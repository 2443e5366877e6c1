//! Runs of ever more cases: what they cost in memory and time must not depend on how many there are.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::figure::Figure;
use crate::program::{Program, cpu_seconds, peak};

const FEW: usize = 10_000;
const MANY: usize = 100_000;
/// How often a run that is under way is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Without a control no refusal counts.
const CONTROL: &str = "\
id: control
title: The listed caller gets in
why: Without it no refusal counts.
severity: high
cite: [the bench]
fix: Let it in.
control: true
send: { token: { caller: listed } }
expect: accepted
";

/// What a run came to.
struct Ran {
    /// In MiB.
    peak: f64,
    cpu_seconds: f64,
}

/// Plays generated cases against the reference app, all in one process, and writes both reports.
pub(crate) fn measure(program: &Program) -> Result<Vec<Figure>> {
    let (few, many) = (play(program, FEW)?, play(program, MANY)?);
    Ok(vec![
        Figure {
            name: "peak memory of 100,000 cases",
            value: many.peak,
            unit: "MiB",
            reference: format!("peak memory of {FEW} cases: {:.1} MiB", few.peak),
            ratio: Some(many.peak / few.peak),
            reach: "<= 1.10",
        },
        Figure {
            name: "CPU time of 100,000 cases",
            value: many.cpu_seconds,
            unit: "s",
            reference: format!("ten times that of {FEW}: {:.1} s", few.cpu_seconds * 10.0),
            ratio: Some(many.cpu_seconds / (few.cpu_seconds * 10.0)),
            reach: "<= 1.10",
        },
    ])
}

fn play(program: &Program, cases: usize) -> Result<Ran> {
    let folder = TempDir::new()?;
    let scenarios = folder.path().join("scenarios");
    fs::create_dir(&scenarios)?;
    fs::write(scenarios.join("control.yaml"), CONTROL)?;
    fs::write(scenarios.join("many.yaml"), generated(cases))?;
    let mut child = program
        .command()
        .args(["run", "--target", "reference", "--scenarios"])
        .arg(&scenarios)
        .arg("--results")
        .arg(folder.path().join("results.json"))
        .arg("--junit")
        .arg(folder.path().join("junit.xml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Both only grow, so the last look is the one that counts.
    let mut seen = None;
    let status = loop {
        if let (Ok(peak), Ok(cpu_seconds)) = (peak(child.id()), cpu_seconds(child.id())) {
            seen = Some(Ran { peak, cpu_seconds });
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(LOOK);
    };
    ensure!(status.success(), "{cases} generated cases do not pass against the reference app: {status}");
    seen.context("the run was over before it could be looked at")
}

/// A scenario of so many cases: each sends a forged token of its own.
fn generated(cases: usize) -> String {
    let digits = cases.ilog10();
    let axis = |at: u32| format!("  d{at}: [\"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]\n");
    let axes = (0..digits).map(axis).collect::<Vec<_>>().concat();
    let number = (0..digits).map(|at| format!("${{d{at}}}")).collect::<Vec<_>>().concat();
    format!(
        "\
id: many
title: A forged token is refused, whatever it says
why: There are many of them.
severity: low
cite: [the bench]
fix: Check the signature.
variants:
{axes}send:
  token: {{ caller: listed, claims: {{ number: \"{number}\" }}, forge: {{ signature: garbage }} }}
expect: unauthenticated
"
    )
}
