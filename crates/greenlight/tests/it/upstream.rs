//! `greenlight serve --upstream`: the platform of the Function App that comes along, before a host that runs elsewhere.

mod echo;

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;
use wire::{Exchange, Origin, RequestBytes, Sender, SenderConfig, Trust};

use self::echo::Echo;
use crate::foreign::{AUDIENCE, TENANT, free_address};
use crate::program::{Served, greenlight, root, run, said, settled, signal, verdicts};

/// Object id of the caller that the settings list.
const LISTED: &str = "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32";

/// What an app may answer otherwise that does not start anew with each case.
const DISTURBING: [&str; 6] = [
    "issuer-down-from-the-start",
    "key-for-something-else",
    "key-of-another-issuer",
    "key-set-at-a-foreign-place",
    "keys-of-others-only",
    "metadata-of-another-issuer",
];

/// Sends what is written, to the byte, to the platform of a `greenlight serve`.
fn send(served: &Served, method: &str, target: &str, lines: &[(&str, &str)], body: &str) -> Exchange {
    let ca = fs::read_to_string(served.at("/entra/ca")).unwrap();
    let config = SenderConfig { trust: Trust::Only(vec![ca]), max_body: 8 << 20, ..SenderConfig::default() };
    let (origin, _) = Origin::parse(served.at("/function/url")).unwrap();
    let request = RequestBytes::ordinary(method, &origin, target, lines.iter().copied(), body.into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Sender::new(config).unwrap().send(&origin, &request).await.unwrap() })
}

/// A token of the listed caller, as an `Authorization` header has it.
fn bearer(served: &Served) -> String {
    let output =
        greenlight().args(["token", "--issuer", served.at("/entra/url"), "--ca", served.at("/entra/ca")]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", said(&output));
    format!("Bearer {}", String::from_utf8(output.stdout).unwrap().trim_end())
}

fn body(exchange: &Exchange) -> String {
    String::from_utf8_lossy(&exchange.body).into_owned()
}

#[test]
fn only_who_is_let_in_reaches_the_upstream() {
    let host = Echo::start();
    let served = Served::start(&["--only", "function", "--upstream", &host.url()]);
    assert_eq!(served.at("/function/upstream"), host.url());
    let spoofed = ("X-MS-CLIENT-PRINCIPAL-ID", "somebody-else");
    let connection = ("Connection", "X-MS-CLIENT-PRINCIPAL-ID, X-MS-CLIENT-PRINCIPAL");

    let stranger = send(&served, "GET", "/api/orders", &[spoofed], "");
    assert_eq!((stranger.status, stranger.body.len(), host.asked()), (401, 0, 0));

    let bearer = bearer(&served);
    let token = ("Authorization", bearer.as_str());
    let lines = [token, spoofed, connection, ("Cookie", "a=1"), ("Cookie", "b=2")];
    let listed = send(&served, "GET", "/api/orders", &lines, "");
    let seen = body(&listed);
    assert_eq!((listed.status, host.asked()), (200, 1));
    assert!(seen.contains(&format!("x-ms-client-principal-id: {LISTED}\r\n")), "{seen}");
    assert!(seen.contains("x-ms-client-principal: ") && !seen.contains("somebody-else"), "{seen}");
    assert!(seen.contains(&format!("authorization: {bearer}\r\n")), "{seen}");
    assert!(seen.contains("cookie: a=1\r\n") && seen.contains("cookie: b=2\r\n"), "{seen}");
    let headers = |wanted: &str| {
        let values = listed.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        values.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!((headers("set-cookie"), headers("server")), (vec!["a=1".into(), "b=2".into()], vec!["echo".into()]));

    let open = send(&served, "GET", "/api/health", &[spoofed], "");
    assert!(open.status == 200 && !body(&open).contains("x-ms-client-principal"), "{}", body(&open));
}

#[test]
fn what_is_asked_for_arrives_to_the_byte() {
    let host = Echo::start();
    let served = Served::start(&["--only", "function", "--upstream", &host.url()]);
    let bearer = bearer(&served);
    let token = [("Authorization", bearer.as_str())];
    for target in ["/api/%2e%2e/x", "//api//orders", "/api/orders;v=1?a=%2f&b=+", "/api/./../orders?"] {
        let exchange = send(&served, "GET", target, &token, "");
        assert!(body(&exchange).starts_with(&format!("GET {target} HTTP/1.1\r\n")), "{}", body(&exchange));
    }
    let long = "0123456789".repeat(300_000);
    let exchange = send(&served, "POST", "/api/orders", &token, &long);
    assert!(exchange.status == 200 && body(&exchange).ends_with(&format!("\r\n\r\n{long}")));
}

#[test]
fn an_upstream_that_is_down_is_told_to_both_sides() {
    let folder = TempDir::new().unwrap();
    let told = folder.path().join("stderr");
    let down = free_address();
    let mut command = greenlight();
    command.args(["serve", "--json", "--only", "function", "--upstream", &format!("http://{down}")]);
    let served = Served::spawn(command.stderr(File::create(&told).unwrap()));
    let bearer = bearer(&served);
    let exchange = send(&served, "GET", "/api/orders?code=secret", &[("Authorization", &bearer)], "");
    assert_eq!((exchange.status, served.end("TERM").0.code()), (502, Some(0)));
    let _settled = settled();
    insta::assert_snapshot!(format!("{}\n{}", body(&exchange), fs::read_to_string(told).unwrap()), @r"
    no answer of the upstream could be forwarded: http://127.0.0.1:PORT: connection refused; nothing listens there: start it, or check host and port

    warning: GET /api/orders: 502: no answer of the upstream could be forwarded: http://127.0.0.1:PORT: connection refused; nothing listens there: start it, or check host and port
    ");
}

#[test]
fn serve_tells_people_what_answers_behind_it() {
    let mut command = greenlight();
    command.args(["serve", "--only", "function", "--upstream", "http://localhost:7071"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("Function App")).unwrap();
    signal(child.id(), "TERM");
    child.wait().unwrap();
    let _settled = settled();
    insta::assert_snapshot!(line, @"Function App     https://localhost:PORT  (Easy Auth in front of http://localhost:PORT)");
}

/// The host and function of the Function App that comes along, without a platform: there is no authentication in its settings.
/// Before it, every scenario must hold as it does before the app as a whole.
#[test]
fn every_scenario_holds_before_an_upstream() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let off = write("off.json", r#"{ "properties": { "platform": { "enabled": false } } }"#);
    let host = Served::start(&["--only", "function", "--settings", &off]);
    let upstream = host.at("/function/url").strip_suffix("/api/orders").unwrap();
    let mut command = greenlight();
    command.args(["serve", "--json", "--only", "function", "--names", "entra", "--upstream", upstream]);
    let served = Served::spawn(command.env("SSL_CERT_FILE", host.at("/entra/ca")));

    let results = folder.path().join("results.json");
    let profile = write("profile.yaml", &profile(&served));
    let output = run(&["run", "--profile", &profile, "--results", results.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let verdicts = verdicts(&results);
    let count = |wanted: &str| verdicts.iter().filter(|(_, verdict)| verdict == wanted).count();
    assert!(count("pass") > 1000, "{}", said(&output));
    // This app keeps what the issuer said before a case made it say otherwise. That is told, and no failure.
    let warned =
        |(name, verdict): &(String, String)| verdict != "warn" || DISTURBING.iter().any(|id| name.starts_with(id));
    assert!(verdicts.iter().all(warned), "{}", said(&output));
}

fn profile(served: &Served) -> String {
    let (control, ca, url) = (served.at("/entra/url"), served.at("/entra/ca"), served.at("/function/url"));
    let settings = root().join("fixtures/authsettings.json");
    let settings = Path::display(&settings);
    format!(
        "target:
  url: {url}/api/orders
  ca: {ca}
  marker: {{ header: x-function, value: orders }}
  principal: {{ json: /principal/id }}
  excluded: {{ path: /api/health, marker: {{ header: x-function, value: health }} }}
  keyed: {{ path: /api/reports, marker: {{ header: x-function, value: reports }} }}
  platform: easy-auth
settings: {settings}
tenant: {TENANT}
audience: {AUDIENCE}
token-version: 2
callers:
  listed: {{ identity: apim }}
  unlisted: {{ identity: reporting }}
  foreign: {{ identity: gateway, tenant: fabrikam }}
  batch: {{ identity: batch }}
apis: {{ another-api: billing }}
issuer: {{ control: \"{control}\", ca: {ca} }}
consent: [smuggling, flood, unsafe-methods]
"
    )
}
