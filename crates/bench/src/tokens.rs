//! Tokens through the token endpoint, beside what the RSA operation alone would allow.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use wire::{Client, Trust};

use crate::figure::{Figure, median};
use crate::load::load;
use crate::program::Program;

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
const CLIENTS: usize = 8;

// The service principal of the directory that comes along; its secret means nothing outside the mock.
const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const FORM: [(&str, &str); 4] = [
    ("grant_type", "client_credentials"),
    ("client_id", "55da0bee-6f71-4082-8e93-0b1c2d3e4f50"),
    ("client_secret", "batch-secret-of-the-mock-directory"),
    ("scope", "api://orders/.default"),
];

/// Measures tokens per CPU-second of the server, each round beside a run of openssl. Several clients ask over kept connections, as
/// SDKs do, so that the server has always something to sign, as openssl has.
pub(crate) async fn measure(program: &Program) -> Result<Vec<Figure>> {
    let served = program.serve(&["--only", "entra"])?;
    let pem = fs::read_to_string(served.at("/entra/ca")?)?;
    let client = Client::new(&Trust::Only(vec![pem]), &[], TIME)?;
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", served.at("/entra/url")?);
    let ask = move || {
        let (client, url) = (client.clone(), url.clone());
        async move { Ok(client.post_form(&url, &FORM, &[]).await?.status) }
    };
    load(CLIENTS, TIME / 4, ask.clone()).await?;
    let (mut rates, mut signs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = served.cpu_seconds()?;
        let loaded = load(CLIENTS, TIME, ask.clone()).await?;
        rates.push(loaded.answers / (served.cpu_seconds()? - before));
        signs.push(openssl());
    }
    let value = median(rates);
    let limit = signs.into_iter().collect::<Option<Vec<f64>>>().map(median);
    let reference = match limit {
        Some(limit) => format!("openssl speed rsa2048: {limit:.0} signs/s on one core"),
        None => "openssl is not installed".to_owned(),
    };
    let ratio = limit.map(|limit| value / limit);
    Ok(vec![Figure {
        name: "tokens through the token endpoint",
        value,
        unit: "/CPU-second",
        reference,
        ratio,
        reach: ">= 0.85",
    }])
}

/// How many RSA-2048 signatures a second openssl makes on one core; none where it is not installed.
fn openssl() -> Option<f64> {
    let output = Command::new("openssl").args(["speed", "-seconds", "1", "rsa2048"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("rsa 2048") || line.starts_with("rsa  2048"))?;
    // `rsa 2048 bits 0.000242s 0.000016s   4130.1  61900.2`: signs a second, then verifications a second.
    line.split_whitespace().rev().nth(1)?.parse().ok()
}
