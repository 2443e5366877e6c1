//! What the tests share that play against servers which nobody here wrote: the issuer those trust, how they are started, and
//! what the verdicts on them must be.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{Served, greenlight, said, signal, verdicts};

pub(crate) const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
pub(crate) const AUDIENCE: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
/// The client id of the one who may call.
pub(crate) const APIM: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";

/// An issuer, and a folder for what a server needs.
pub(crate) struct Ground {
    pub(crate) issuer: Served,
    folder: TempDir,
}

impl Ground {
    pub(crate) fn lay() -> Self {
        Self { issuer: Served::start(&["--only", "imds", "--names", "entra"]), folder: TempDir::new().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder().join(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// The name that stands in the tokens for who made them.
    pub(crate) fn issuer_name() -> String {
        format!("https://login.microsoftonline.com/{TENANT}/v2.0")
    }

    /// Where the keys of the tenant are published.
    pub(crate) fn keys(&self) -> String {
        format!("{}/{TENANT}/discovery/v2.0/keys", self.issuer.at("/entra/url"))
    }

    /// Judges a server. One that is configured well is played every scenario, and nothing but its known flaws may be accused or
    /// stay undecided; one from whose configuration a check was left out is played those that should notice.
    #[track_caller]
    pub(crate) fn judge(&self, server: SocketAddr, flaws: &[&str], should_fail: &[&str]) {
        let profile = self.write("profile.yaml", self.profile(server));
        let results = self.folder().join("results.json");
        let output = greenlight()
            .arg("run")
            .arg("--profile")
            .arg(profile)
            .arg("--results")
            .arg(&results)
            .args(should_fail)
            .output()
            .unwrap();

        let all = verdicts(&results);
        let with = |wanted: &[&str]| -> BTreeSet<&str> {
            let found = all.iter().filter(|(_, verdict)| wanted.contains(&verdict.as_str()));
            found.map(|(name, _)| name.split('[').next().unwrap()).collect()
        };
        let (failed, undecided) = (with(&["fail"]), with(&["inconclusive", "error"]));
        if should_fail.is_empty() {
            let accused: Vec<_> = failed.union(&undecided).copied().collect();
            assert_eq!(accused, flaws, "{}", said(&output));
        } else {
            assert_eq!(failed, should_fail.iter().copied().collect(), "{}", said(&output));
            assert!(undecided.is_empty(), "{undecided:?}\n{}", said(&output));
        }
        assert_eq!(output.status.code(), Some(i32::from(!failed.is_empty())), "{}", said(&output));
    }

    fn profile(&self, server: SocketAddr) -> String {
        let (control, ca) = (self.issuer.at("/entra/url"), self.issuer.at("/entra/ca"));
        format!(
            "target:
  url: http://{server}/api/orders
  marker: {{ header: x-function, value: orders }}
  principal: {{ header: x-principal-id }}
  platform: other
  excluded: {{ path: /api/health, marker: {{ header: x-function, value: health }} }}
tenant: {TENANT}
audience: {AUDIENCE}
token-version: 2
callers:
  listed: {{ identity: apim }}
  unlisted: {{ identity: reporting }}
  foreign: {{ identity: gateway, tenant: fabrikam }}
apis: {{ another-api: billing }}
issuer: {{ control: \"{control}\", ca: {ca} }}
consent: [smuggling, flood, unsafe-methods]
"
        )
    }
}

/// A running server; asked to stop when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        // Apache ends all of its group.
        command.process_group(0);
        Self(command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", program.display())))
    }

    /// Starts it, and waits until it accepts connections.
    pub(crate) fn listening(command: &mut Command, address: SocketAddr) -> Self {
        let process = Self::start(command);
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{command:?} does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        process
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Those that have children end them only when they are asked.
        signal(self.0.id(), "TERM");
        let _ = self.0.wait();
    }
}

/// An address that is free now and taken by a server a moment later, which cannot take one by itself and say which.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The interpreter of the virtual environment beside the build's output.
pub(crate) fn python() -> PathBuf {
    let above = Path::new(env!("CARGO_BIN_EXE_greenlight")).ancestors().skip(1);
    let found = above.map(|folder| folder.join("python/bin/python")).find(|python| python.is_file());
    found.expect("a virtual environment with what the tests import lies at target/python")
}
