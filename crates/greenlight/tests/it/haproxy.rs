//! HAProxy, which nobody here wrote, as the target: it verifies the mock's tokens by the mock's key. A correct configuration is
//! not accused; one with a check left out is, by exactly the cases that should notice.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rstest::rstest;

use crate::foreign::{APIM, AUDIENCE, Ground, Process, free_address};
use crate::program::{said, signing_certificate};

/// One check of HAProxy's, as the lines that make it.
const CHECKS: [(&str, &str); 6] = [
    ("algorithm", "http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }"),
    ("signature", "http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,\"KEY\") 1 }"),
    ("issuer", "http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.iss') -m str ISSUER }"),
    (
        "audience",
        "http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.aud') -m str AUDIENCE }",
    ),
    ("caller", "http-request deny deny_status 403 unless { var(txn.token),jwt_payload_query('$.azp') -m str CALLER }"),
    // The window is left open where a time is missing only by denying: an empty variable compares as no number.
    // From a negative number `sub` makes the largest there is.
    (
        "expiry",
        "http-request deny deny_status 401 unless { var(txn.exp) -m int gt 0 } { var(txn.exp),sub(txn.now) -m int gt 0 }",
    ),
];
/// A text ends for HAProxy where it has a NUL.
const NO_NUL: &str = "http-request deny deny_status 401 if { var(txn.token),field(2,.),ub64dec -m sub \\\\u0000 }";
const NOT_BEFORE: &str = "http-request deny deny_status 401 if { var(txn.nbf),sub(txn.now) -m int gt 300 }";

#[rstest]
#[case::correct("", &[])]
#[case::audience_left_out("audience", &["wrong-audience"])]
#[case::expiry_left_out("expiry", &["expired-token"])]
#[case::caller_left_out("caller", &["unlisted-caller"])]
#[ignore = "needs haproxy, install with `apt-get install haproxy`"]
fn only_what_is_left_out_is_missed(#[case] left_out: &str, #[case] should_fail: &[&str]) {
    let ground = Ground::lay();
    let key = write_key(&ground);
    let address = free_address();
    let configuration = ground.write("haproxy.cfg", configure(address, &key, left_out));
    let mut haproxy = Command::new("haproxy");
    haproxy.arg("-db").arg("-f").arg(&configuration).stdout(Stdio::null());
    let _haproxy = Process::listening(&mut haproxy, address);

    ground.judge(address, &[], should_fail);
}

/// Asks the issuer for the key it signs with, and writes it as HAProxy wants it.
fn write_key(ground: &Ground) -> PathBuf {
    let certificate = ground.write("signing.pem", signing_certificate(&ground.issuer));
    let public = Command::new("openssl").args(["x509", "-pubkey", "-noout", "-in"]).arg(&certificate).output().unwrap();
    assert!(public.status.success(), "{}", said(&public));
    ground.write("signing.pub", public.stdout)
}

fn configure(address: SocketAddr, key: &Path, left_out: &str) -> String {
    let mut checks: Vec<&str> = CHECKS.iter().filter(|(name, _)| *name != left_out).map(|(_, line)| *line).collect();
    checks.extend([NO_NUL, NOT_BEFORE]);
    let checks = checks
        .join("\n  ")
        .replace("KEY", &key.display().to_string())
        .replace("ISSUER", &Ground::issuer_name())
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
  http-request return status 200 content-type text/plain hdr x-function health string health if {{ path /api/health }} {{ method GET HEAD }}
  http-request deny deny_status 401 unless {{ req.fhdr_cnt(authorization) eq 1 }}
  http-request deny deny_status 401 unless {{ req.fhdr(authorization) -m reg -i '^bearer +[a-z0-9_-]+\\.[a-z0-9_-]+\\.[a-z0-9_-]+$' }}
  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 unless {{ var(txn.token) -m found }}
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.now) date()
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.nbf) var(txn.token),jwt_payload_query('$.nbf','int')
  {checks}
  http-request set-var(txn.oid) var(txn.token),jwt_payload_query('$.oid')
  http-request return status 200 content-type text/plain hdr x-function orders hdr x-principal-id %[var(txn.oid)] string orders if {{ path /api/orders }} {{ method GET POST }}
  http-request return status 404
"
    )
}
