//! From the start of `greenlight serve` to its first good answer.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tempfile::TempDir;
use wire::{Origin, RequestBytes, Sender, SenderConfig, Trust};

use crate::figure::{Figure, median};
use crate::program::Program;

const RUNS: usize = 15;
const REACH: f64 = 30.0;
/// Longer than any start should take.
const PATIENCE: Duration = Duration::from_secs(5);
const DISCOVERY: &str = "/common/v2.0/.well-known/openid-configuration";
const JWKS: &str = "/common/discovery/v2.0/keys";

/// Measures discovery and JWKS with keys made afresh, and JWKS with a state folder.
pub(crate) async fn measure(program: &Program) -> Result<Vec<Figure>> {
    let state = TempDir::new()?;
    let mut times = [const { Vec::new() }; 3];
    // The first start makes the folder's keys and certificate authority; the others read them.
    first_answer(program, &state, true, JWKS).await?;
    for _ in 0..RUNS {
        times[0].push(first_answer(program, &state, false, DISCOVERY).await?);
        times[1].push(first_answer(program, &state, true, JWKS).await?);
        times[2].push(first_answer(program, &state, false, JWKS).await?);
    }
    let [discovery, kept, fresh] = times.map(median);
    let figure = |name, value, reference: &str, limit: Option<f64>| Figure {
        name,
        value,
        unit: "ms",
        reference: reference.to_owned(),
        ratio: limit.map(|limit| value / limit),
        reach: if limit.is_some() { "<= 1.00" } else { "" },
    };
    Ok(vec![
        figure("start to discovery", discovery, "limit 30 ms", Some(REACH)),
        figure("start to JWKS, keys kept in a folder", kept, "limit 30 ms", Some(REACH)),
        figure("start to JWKS, keys made afresh", fresh, "no limit: two RSA keys are made first", None),
    ])
}

/// Starts the program and asks until it answers 200; in milliseconds from the start of the process.
async fn first_answer(program: &Program, state: &TempDir, kept: bool, path: &str) -> Result<f64> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let folder = TempDir::new()?;
    let state = if kept { state.path() } else { folder.path() };
    let mut command = program.command();
    command
        .args(["serve", "--only", "entra", "--json", "--entra", &format!("127.0.0.1:{port}")])
        .arg("--state")
        .arg(state);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn()?;
    let answered = ask(&state.join("ca.pem"), port, path, begun).await;
    child.kill()?;
    child.wait()?;
    answered
}

async fn ask(ca: &std::path::Path, port: u16, path: &str, begun: Instant) -> Result<f64> {
    let origin = Origin::new(true, "localhost", port);
    let request = RequestBytes::ordinary("GET", &origin, path, Vec::<(Vec<u8>, Vec<u8>)>::new(), Vec::new());
    loop {
        ensure!(begun.elapsed() < PATIENCE, "no answer within {PATIENCE:?}");
        if let Ok(pem) = fs::read_to_string(ca)
            && let Ok(sender) = Sender::new(SenderConfig { trust: Trust::Only(vec![pem]), ..SenderConfig::default() })
            && let Ok(exchange) = sender.send(&origin, &request).await
        {
            let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
            ensure!(exchange.status == 200, "{path} answered {}", exchange.status);
            return Ok(milliseconds);
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}
