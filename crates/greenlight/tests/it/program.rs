//! Starts the program and waits for what it promises to say.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use insta::Settings;
use insta::internals::SettingsBindDropGuard;
use reqwest::Method;
use serde_json::Value;

/// The program under test, with nothing in its environment that could change what it says.
pub(crate) fn greenlight() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenlight"));
    command.env_remove("NO_COLOR").env_remove("COLUMNS").stdin(Stdio::null());
    // What CI servers set where these tests run on one.
    for name in ["GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    for name in ["TF_BUILD", "BUILD_SOURCESDIRECTORY", "AGENT_TEMPDIRECTORY"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    greenlight().args(arguments).output().expect("the program starts")
}

/// Sends a signal: `INT` as Ctrl-C does, `TERM` as a system does.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "{name} cannot be sent to {pid}");
}

/// A `greenlight serve` that is ready; asked to stop when dropped.
pub(crate) struct Served {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What it said in its one line of JSON.
    pub(crate) addresses: Value,
}

impl Served {
    /// Starts it and waits for its line.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(greenlight().args(["serve", "--json"]).args(arguments))
    }

    /// The same, of a command that was prepared.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let addresses =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("not one line of JSON ({error}): {line:?}"));
        Self { child, stdout, addresses }
    }

    /// A text at a place of the line, by JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &str {
        let found = self.addresses.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("nothing at {pointer} in {}", self.addresses))
    }

    /// Ends it by a signal. How it ended, and what it said after its line.
    pub(crate) fn end(mut self, name: &str) -> (ExitStatus, String) {
        signal(self.child.id(), name);
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            signal(self.child.id(), "TERM");
        }
        let _ = self.child.wait();
    }
}

/// A result document: every case as `id[variant]` with its verdict.
pub(crate) fn verdicts(results: &Path) -> Vec<(String, String)> {
    let document = read(results);
    let text = |case: &Value, name: &str| case[name].as_str().unwrap().to_owned();
    let name = |case: &Value| match text(case, "variant").as_str() {
        "" => text(case, "id"),
        variant => format!("{}[{variant}]", text(case, "id")),
    };
    document["cases"].as_array().unwrap().iter().map(|case| (name(case), text(case, "verdict"))).collect()
}

pub(crate) fn read(results: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(results).unwrap()).unwrap()
}

/// The result document of a run in a folder, once it and `junit.xml` were found complete.
#[track_caller]
pub(crate) fn reports(folder: &Path) -> Value {
    let results = read(&folder.join("results.json"));
    let schema = read(&root().join("crates/results/schema/results.schema.json"));
    let schema = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<_> = schema.iter_errors(&results).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");

    let cases = results["cases"].as_array().unwrap().len();
    let counts = results["summary"].as_object().unwrap().values().filter_map(Value::as_u64);
    assert_eq!(counts.sum::<u64>(), cases as u64, "{}", results["summary"]);
    // A control that is refused when it is played again at the end is told besides.
    let again = |case: &&Value| case["variant"].as_str().unwrap().ends_with("played=again");
    let planned = cases - results["cases"].as_array().unwrap().iter().filter(again).count();
    assert!(results["interrupted"] == true || results["planned"] == planned, "{planned} of {}", results["planned"]);
    let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert_eq!(junit.matches("<testcase ").count(), cases, "{junit}");
    assert!(junit.ends_with("</testsuites>\n"), "{junit}");
    results
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a finished program said, for messages of failing tests.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Hides from snapshots, for as long as it lives, what differs from run to run: ports, durations, temporary files.
pub(crate) fn settled() -> SettingsBindDropGuard {
    let mut settings = Settings::clone_current();
    settings.add_filter(r"(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d+", "$1:PORT");
    settings.add_filter(r"\bport \d+", "port PORT");
    settings.add_filter(r"(  | in ) *(?:<1 ms|\d+ ms|\d+\.\d s)", "${1}TIME");
    settings.add_filter(r"\(failed to lookup [^)]*\)", "(REASON)");
    settings.add_filter(r"[^\s\x22=]*/greenlight-\w+/", "TEMP/");
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}

/// The certificate of the key that an issuer signs with in its first tenant, as PEM.
pub(crate) fn signing_certificate(issuer: &Served) -> String {
    // Asking for the keys waits until they are made.
    let keys = get(issuer, "/common/discovery/v2.0/keys");
    let status = get(issuer, "/_greenlight/status");
    let signing = status.pointer("/tenants/0/signing").and_then(Value::as_str).expect("the keys are made").to_owned();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == *signing).unwrap();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", key["x5c"][0].as_str().unwrap())
}

/// Asks an issuer for JSON.
pub(crate) fn get(issuer: &Served, path: &str) -> Value {
    ask(issuer, Method::GET, path, None)
}

/// Sends an issuer JSON, or nothing, and takes its JSON.
pub(crate) fn ask(issuer: &Served, method: Method, path: &str, body: Option<&Value>) -> Value {
    let ca = std::fs::read(issuer.at("/entra/ca")).unwrap();
    let url = format!("{}{path}", issuer.at("/entra/url"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let trust = reqwest::Certificate::from_pem(&ca).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([trust]).no_proxy().build().unwrap();
        let request = client.request(method, url);
        let request = if let Some(body) = body { request.json(body) } else { request };
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    })
}
