//! What `greenlight serve` holds in memory when nobody asks.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::figure::{Figure, median};
use crate::program::Program;

const RUNS: usize = 5;
const LIMIT: f64 = 12.0;
/// Key generation and the memory it took are over by then.
const SETTLED: Duration = Duration::from_millis(700);

/// Measures the resident memory of all mocks together, idle.
pub(crate) fn measure(program: &Program) -> Result<Vec<Figure>> {
    let resident = |_| {
        let served = program.serve(&[])?;
        thread::sleep(SETTLED);
        served.resident()
    };
    let value = median((0..RUNS).map(resident).collect::<Result<_>>()?);
    let reference = format!("limit {LIMIT} MiB (best peer 11.5)");
    Ok(vec![Figure {
        name: "idle memory of all mocks",
        value,
        unit: "MiB",
        reference,
        ratio: Some(value / LIMIT),
        reach: "<= 1.00",
    }])
}
