//! HAProxy, which nobody here wrote, as the target: it verifies the mock's tokens by the mock's key. A correct configuration is
//! not accused; one with a check left out is, by exactly the cases that should notice.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rstest::rstest;
use tempfile::TempDir;

use crate::program::{Served, greenlight, said, verdicts};

const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const AUDIENCE: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
const APIM: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";

/// One check of HAProxy's, as the lines that make it.
const CHECKS: [(&str, &str); 6] = [
    ("algorithm", "http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }"),
    ("signature", "http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,\"KEY\") 1 }"),
    (
        "issuer",
        "http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.iss') -m str https://login.microsoftonline.com/TENANT/v2.0 }",
    ),
    (
        "audience",
        "http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.aud') -m str AUDIENCE }",
    ),
    ("caller", "http-request deny deny_status 403 unless { var(txn.token),jwt_payload_query('$.azp') -m str CALLER }"),
    // The window is left open where a time is missing only by denying: an empty variable compares as no number.
    ("expiry", "http-request deny deny_status 401 unless { var(txn.exp),sub(txn.now) -m int gt 0 }"),
];
const NOT_BEFORE: &str = "http-request deny deny_status 401 if { var(txn.nbf),sub(txn.now) -m int gt 300 }";

#[rstest]
#[case::correct("", &[])]
#[case::audience_left_out("audience", &["wrong-audience"])]
#[case::expiry_left_out("expiry", &["expired-token"])]
#[case::caller_left_out("caller", &["unlisted-caller"])]
#[ignore = "needs haproxy, install with `apt-get install haproxy`"]
fn only_the_check_that_is_left_out_is_missed(#[case] left_out: &str, #[case] should_fail: &[&str]) {
    let folder = TempDir::new().unwrap();
    let issuer = Served::start(&["--only", "imds", "--names", "entra"]);
    let key = write_key(&issuer, folder.path());
    let target = Haproxy::start(folder.path(), &key, left_out);
    let profile = write_profile(&issuer, folder.path(), target.address);
    let results = folder.path().join("results.json");

    let output = greenlight().arg("run").arg("--profile").arg(profile).arg("--results").arg(&results).output().unwrap();

    let all = verdicts(&results);
    let failed: Vec<&str> =
        all.iter().filter(|(_, verdict)| verdict == "fail").map(|(name, _)| name.split('[').next().unwrap()).collect();
    assert_eq!(failed, should_fail, "{}", said(&output));
    let undecided: Vec<_> =
        all.iter().filter(|(_, verdict)| ["inconclusive", "error"].contains(&verdict.as_str())).collect();
    assert!(undecided.is_empty(), "{undecided:?}\n{}", said(&output));
    assert_eq!(output.status.code(), Some(i32::from(!should_fail.is_empty())), "{}", said(&output));
}

/// Asks the issuer for the key it signs with, and writes it as HAProxy wants it.
fn write_key(issuer: &Served, folder: &Path) -> PathBuf {
    let certificate = folder.join("signing.pem");
    fs::write(&certificate, crate::program::signing_certificate(issuer)).unwrap();
    let public = Command::new("openssl").args(["x509", "-pubkey", "-noout", "-in"]).arg(&certificate).output().unwrap();
    assert!(public.status.success(), "{}", said(&public));
    let key = folder.join("signing.pub");
    fs::write(&key, public.stdout).unwrap();
    key
}

fn write_profile(issuer: &Served, folder: &Path, target: SocketAddr) -> PathBuf {
    let (control, ca) = (issuer.at("/entra/url"), issuer.at("/entra/ca"));
    let mut text = String::new();
    let _ = write!(
        text,
        "target:
  url: http://{target}/api/orders
  marker: {{ header: x-function, value: orders }}
  principal: {{ header: x-principal-id }}
  platform: other
tenant: {TENANT}
audience: {AUDIENCE}
token-version: 2
callers:
  listed: {{ identity: apim }}
  unlisted: {{ identity: reporting }}
  foreign: {{ identity: gateway, tenant: fabrikam }}
apis: {{ another-api: billing }}
issuer: {{ control: \"{control}\", ca: {ca} }}
"
    );
    let profile = folder.join("profile.yaml");
    fs::write(&profile, text).unwrap();
    profile
}

/// A running HAProxy; killed when dropped.
struct Haproxy {
    child: Child,
    address: SocketAddr,
}

impl Haproxy {
    /// Starts it with all checks but one, and waits until it accepts connections.
    fn start(folder: &Path, key: &Path, left_out: &str) -> Self {
        // The port is free now and taken by HAProxy a moment later: it cannot take one by itself and say which.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let configuration = folder.join("haproxy.cfg");
        fs::write(&configuration, configure(address, key, left_out)).unwrap();
        let child = Command::new("haproxy").arg("-db").arg("-f").arg(&configuration).stdout(Stdio::null()).spawn();
        let haproxy = Self { child: child.expect("haproxy is installed: apt-get install haproxy"), address };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "haproxy does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        haproxy
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configure(address: SocketAddr, key: &Path, left_out: &str) -> String {
    let mut checks: Vec<&str> = CHECKS.iter().filter(|(name, _)| *name != left_out).map(|(_, line)| *line).collect();
    checks.push(NOT_BEFORE);
    let checks = checks
        .join("\n  ")
        .replace("KEY", &key.display().to_string())
        .replace("TENANT", TENANT)
        .replace("AUDIENCE", AUDIENCE)
        .replace("CALLER", APIM);
    format!(
        "global
  log stdout format raw local0 err
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend function
  bind {address}
  http-request deny deny_status 401 unless {{ req.fhdr_cnt(authorization) eq 1 }}
  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 unless {{ var(txn.token) -m found }}
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.now) date()
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.nbf) var(txn.token),jwt_payload_query('$.nbf','int')
  {checks}
  http-request set-var(txn.oid) var(txn.token),jwt_payload_query('$.oid')
  http-request return status 200 content-type text/plain hdr x-function orders hdr x-principal-id %[var(txn.oid)] string orders
"
    )
}
