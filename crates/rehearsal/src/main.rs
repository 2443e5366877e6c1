//! Plays the migration from a key-based Function App to one behind Easy Auth until it is asked to stop.
//!
//! When everything is ready it prints what a profile needs to know, as `NAME=VALUE` lines and an empty one behind them, or as one
//! line of JSON.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use rehearsal::{Hosts, MISTAKES, Plan, Rehearsal, mistake};
use serde_json::{Map, Value};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Plays the migration: old instance, new instance, gateway and issuer, on free ports of this machine.
#[derive(Parser)]
#[command(name = "rehearsal")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Arguments {
    /// Plant this mistake; `--list` lists them
    #[arg(long, value_name = "NAME")]
    mistake: Option<String>,
    /// List the mistakes: name, the setting to be changed and what was done, separated by tabs
    #[arg(long)]
    list: bool,
    /// Print one line of JSON when ready
    #[arg(long)]
    json: bool,
    /// Where the authority's certificate is written
    #[arg(long, value_name = "FILE", default_value = "target/rehearsal/ca.pem")]
    ca: PathBuf,
    /// Name the hosts as in a virtual network (func-orders-01.rehearsal, func-orders-02.rehearsal, apim.rehearsal), where those
    /// names lead to this machine
    #[arg(long)]
    named: bool,
    /// Stop when the standard input ends, too: with whoever started it
    #[arg(long)]
    attached: bool,
}

/// The arguments make no sense.
const USAGE: u8 = 2;
/// It cannot be played here.
const FAULT: u8 = 4;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            let _ = writeln!(io::stderr(), "error: {message}");
            code.into()
        }
    }
}

struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn fault(error: impl std::fmt::Display) -> Self {
        Self { code: FAULT, message: error.to_string() }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.list {
        return print(&MISTAKES.map(|one| format!("{}\t{}\t{}\n", one.id, one.setting, one.what)).concat());
    }
    let mut plan = Plan::sound().map_err(|_| Failure::fault("the directory that comes along cannot be read"))?;
    if let Some(id) = &arguments.mistake {
        let message = format!("there is no mistake `{id}`; `rehearsal --list` lists them");
        plan = plan.with(mistake(id).ok_or(Failure { code: USAGE, message })?);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::fault)?;
    runtime.block_on(play(&plan, arguments))
}

async fn play(plan: &Plan, arguments: &Arguments) -> Result<(), Failure> {
    let stop = asked_to_stop(arguments.attached)?;
    let hosts = if arguments.named { Hosts::named() } else { Hosts::default() };
    let rehearsal = Rehearsal::start(plan, hosts).await.map_err(Failure::fault)?;
    // Whoever reads it may run in another folder.
    let ca = std::path::absolute(&arguments.ca).map_err(Failure::fault)?;
    let told = |error: io::Error| Failure { code: USAGE, message: format!("{}: {error}", ca.display()) };
    fs::create_dir_all(ca.parent().unwrap_or(&ca)).map_err(told)?;
    fs::write(&ca, rehearsal.authority_pem()).map_err(told)?;
    let environment = rehearsal.environment(&ca);
    print(&if arguments.json { as_json(&environment) } else { as_lines(&environment) })?;
    stop.await;
    rehearsal.stop().await;
    Ok(())
}

fn as_json(environment: &[(&str, String)]) -> String {
    let object: Map<String, Value> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    format!("{}\n", Value::Object(object))
}

fn as_lines(environment: &[(&str, String)]) -> String {
    environment.iter().fold(String::new(), |lines, (name, value)| lines + name + "=" + value + "\n") + "\n"
}

/// Completes when the user, the system or whoever started this asks it to stop.
fn asked_to_stop(attached: bool) -> Result<impl Future<Output = ()>, Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::fault)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::fault)?;
    let (ended, end) = oneshot::channel();
    if attached {
        // A thread of its own: nothing else can give up waiting for the standard input.
        std::thread::spawn(move || {
            let _ = io::stdin().read_to_end(&mut Vec::new());
            let _ = ended.send(());
        });
    }
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            Ok(()) = end => {}
        }
    })
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::fault)
}
