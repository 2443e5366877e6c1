//! The whole suite against the reference Function App, beside hurl with the same requests, its reports included.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::figure::{Figure, median};
use crate::program::{Program, Served};

const ROUNDS: usize = 7;
/// The methods that hurl plays as they are written.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"];

/// Measures a whole run of the program: start, the mocks and the target with their keys, minting, playing, judging, reports. All of it
/// is one process, where hurl has its target beside it.
pub(crate) fn measure(program: &Program) -> Result<Vec<Figure>> {
    let folder = TempDir::new()?;
    let results = folder.path().join("results.json");
    let profile =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/profiles/reference.yaml").canonicalize()?;
    let play = || {
        let begun = Instant::now();
        let status = program
            .command()
            .args(["run", "--profile"])
            .arg(&profile)
            .arg("--results")
            .arg(&results)
            .arg("--junit")
            .arg(folder.path().join("junit.xml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        ensure!(status.success(), "the suite does not pass against the reference app");
        Ok(begun.elapsed().as_secs_f64() * 1000.0)
    };
    play()?;
    let served = program.serve(&["--names", "entra"])?;
    let (hurl, requests) = hurl_file(&results, &served, program)?;
    fs::write(folder.path().join("suite.hurl"), hurl)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(play()?);
        theirs.push(play_hurl(&folder, &served)?);
    }
    let value = median(ours);
    let peer = theirs.into_iter().collect::<Option<Vec<f64>>>().map(median);
    let reference = peer.map_or_else(
        || "hurl is not installed".to_owned(),
        |peer| format!("hurl, the same {requests} requests, all its reports: {peer:.0} ms"),
    );
    let ratio = peer.map(|peer| value / peer);
    Ok(vec![Figure {
        name: "the suite, program start to reports",
        value,
        unit: "ms",
        reference,
        ratio,
        reach: "<= 1.50",
    }])
}

/// The requests of a run as a hurl file. Tokens are not in the results, so that every request bears a valid one instead: it costs
/// the client as much, and the target more.
fn hurl_file(results: &Path, served: &Served, program: &Program) -> Result<(String, usize)> {
    let output = program
        .command()
        .args(["token", "--issuer", served.at("/entra/url")?, "--ca", served.at("/entra/ca")?])
        .output()?;
    let token = String::from_utf8(output.stdout)?.trim().to_owned();
    ensure!(output.status.success(), "no token: {}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&fs::read(results)?)?;
    let cases = document["cases"].as_array().context("no cases")?;
    let exchanges = cases.iter().filter_map(|case| case["exchanges"].as_array()).flatten();
    let (mut hurl, mut requests) = (String::new(), 0);
    let origin = served.at("/function/url")?;
    for exchange in exchanges {
        let request = exchange["request"].as_str().context("no request")?;
        // Others hurl cannot say (`get`) or takes for something else (CONNECT).
        let said = |method: &&str| METHODS.contains(method);
        let method = request.split(' ').next().filter(said).unwrap_or("GET");
        let bearer =
            if request.contains("Bearer ") { format!("Authorization: Bearer {token}\n") } else { String::new() };
        let _ = write!(hurl, "{method} {origin}\n{bearer}HTTP *\n[Asserts]\nstatus < 500\n\n");
        requests += 1;
    }
    Ok((hurl, requests))
}

/// Plays them by hurl; none where it is not installed.
fn play_hurl(folder: &TempDir, served: &Served) -> Result<Option<f64>> {
    let reports = TempDir::new()?;
    let begun = Instant::now();
    let output = Command::new("hurl")
        .args(["--test", "--cacert", served.at("/entra/ca")?, "--report-junit"])
        .arg(reports.path().join("junit.xml"))
        .arg("--report-json")
        .arg(reports.path().join("json"))
        .arg("--report-html")
        .arg(reports.path().join("html"))
        .arg(folder.path().join("suite.hurl"))
        .stdout(Stdio::null())
        .output();
    let Ok(output) = output else { return Ok(None) };
    ensure!(output.status.success(), "hurl does not play the suite: {}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(begun.elapsed().as_secs_f64() * 1000.0))
}
