//! Bad input and trouble: one clear message that names the file or address and what to do, the right exit code, and a complete
//! report of what was played.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::matchers::{any, header_exists, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::program::{Served, greenlight, reports, root, said, settled, signal};

/// A run in a folder of its own, with both reports.
struct Played {
    folder: TempDir,
    output: Output,
}

impl Played {
    fn new(arguments: &[&str]) -> Self {
        Self::with(&[], arguments)
    }

    /// The same, with files beside it.
    fn with(files: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = folder(files);
        let output = greenlight()
            .arg("run")
            .args(arguments)
            .args(["--results", "results.json", "--junit", "junit.xml"])
            .current_dir(&folder)
            .output()
            .unwrap();
        Self { folder, output }
    }

    #[track_caller]
    fn ended(&self, exit: i32) -> &Self {
        assert_eq!(self.output.status.code(), Some(exit), "{}", said(&self.output));
        self
    }

    /// The result document, once both reports were found complete.
    #[track_caller]
    fn reports(&self) -> Value {
        reports(self.folder.path())
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A target that is not ours.
struct Target {
    server: MockServer,
    runtime: Runtime,
}

impl Target {
    fn answers(answer: ResponseTemplate) -> Self {
        let target = Self::new();
        target.mount(Mock::given(any()).respond_with(answer));
        target
    }

    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { server: runtime.block_on(MockServer::start()), runtime }
    }

    fn mount(&self, mock: Mock) {
        self.runtime.block_on(mock.mount(&self.server));
    }

    fn url(&self) -> String {
        format!("{}/api/orders", self.server.uri())
    }

    fn received(&self) -> usize {
        self.runtime.block_on(self.server.received_requests()).map_or(0, |requests| requests.len())
    }
}

/// A server below HTTP: does what it is told with every connection.
fn raw(serve: fn(std::net::TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || serve(stream)))));
    address
}

/// Few enough to be read in a snapshot: one without a token, one with a forged one, one that needs a trusted one.
const SOME: [&str; 3] = ["missing-token", "unknown-key", "wrong-audience"];

fn against<'a>(target: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--target", target][..], &SOME, more].concat()
}

#[rstest]
#[case::nobody_listens("nobody_listens", "http://127.0.0.1:1/api/orders")]
// No resolver is asked for a name with an empty part, so none can be slow.
#[case::no_such_host("no_such_host", "https://no-such-host..invalid/api/orders")]
fn a_target_that_cannot_be_reached(#[case] name: &str, #[case] target: &str) {
    let played = Played::new(&against(target, &[]));
    let results = played.ended(3).reports();
    assert_eq!((&results["summary"]["inconclusive"], &results["summary"]["skip"]), (&json!(2), &json!(2)));
    let _settled = settled();
    insta::assert_snapshot!(format!("target_{name}"), said(&played.output));
}

#[test]
fn a_certificate_that_does_not_verify() {
    let served = Served::start(&["--only", "function"]);
    let target = served.at("/function/url");
    let played = Played::new(&against(target, &[]));
    played.ended(3).reports();
    let _settled = settled();
    insta::assert_snapshot!(said(&played.output));

    let trusting = Played::new(&against(target, &["--ca", served.at("/entra/ca")]));
    assert_eq!(status_of("missing-token", &trusting.ended(3).reports()), 401, "{}", said(&trusting.output));
}

#[test]
fn a_port_that_speaks_no_tls() {
    let target = Target::answers(ResponseTemplate::new(401));
    let played = Played::new(&against(&target.url().replace("http:", "https:"), &[]));
    played.ended(3).reports();
    let _settled = settled();
    insta::assert_snapshot!(closing(&played));
}

#[rstest]
#[case::to_everybody("hung", Mock::given(any()))]
#[case::to_tokens("hung_to_tokens", Mock::given(header_exists("authorization")))]
fn a_target_that_hangs(#[case] name: &str, #[case] when: wiremock::MockBuilder) {
    let target = Target::new();
    target.mount(when.respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(20))));
    target.mount(Mock::given(any()).respond_with(ResponseTemplate::new(401)));
    let profile = format!("target: {{ url: {} }}\nlimits: {{ answer-ms: 200 }}\n", target.url());
    let played = Played::with(&[("profile.yaml", &profile)], &[&["--profile", "profile.yaml"][..], &SOME].concat());
    played.ended(3).reports();
    let _settled = settled();
    insta::assert_snapshot!(name, said(&played.output));
}

#[test]
fn an_answer_without_an_end_is_read_up_to_a_bound() {
    let target = raw(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        while stream.write_all(&[b'a'; 1024]).is_ok() {}
    });
    let profile = format!("target: {{ url: \"http://{target}/\" }}\nlimits: {{ body-bytes: 5000 }}\n");
    let played = Played::with(&[("profile.yaml", &profile)], &["--profile", "profile.yaml", "missing-token"]);
    let results = played.ended(1).reports();
    let answer = results.pointer("/cases/1/exchanges/0/response").and_then(Value::as_str).unwrap();
    assert!(answer.len() < 5000 && answer.ends_with("cut]"), "{answer}");
}

#[test]
fn a_target_that_hangs_up() {
    let target = raw(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    let played = Played::new(&against(&format!("http://{target}/"), &[]));
    played.ended(3).reports();
    let _settled = settled();
    insta::assert_snapshot!(said(&played.output));
}

#[test]
fn a_target_that_is_starting_is_waited_for() {
    let target = Target::new();
    target.mount(Mock::given(any()).respond_with(ResponseTemplate::new(503)).up_to_n_times(3));
    target.mount(Mock::given(any()).respond_with(ResponseTemplate::new(401)));
    let played = Played::new(&against(&target.url(), &[]));
    let results = played.ended(3).reports();
    let statuses = ["missing-token", "unknown-key"].map(|id| status_of(id, &results));
    assert_eq!(statuses, [401, 401], "{}", said(&played.output));
}

/// The status that a case of this scenario was answered with.
fn status_of(id: &str, results: &Value) -> Value {
    let cases = results["cases"].as_array().unwrap();
    cases.iter().find(|case| case["id"] == id).unwrap()["observed"]["status"].clone()
}

#[test]
fn a_target_that_never_starts_is_given_up() {
    let target = Target::answers(ResponseTemplate::new(503));
    let played = Played::new(&against(&target.url(), &["--wait", "0"]));
    played.ended(3).reports();
    let _settled = settled();
    insta::assert_snapshot!(closing(&played));
}

#[test]
fn a_target_that_lets_everybody_in_fails_without_a_control() {
    let target = Target::answers(ResponseTemplate::new(200).set_body_string("welcome"));
    let played = Played::new(&against(&target.url(), &[]));
    assert_eq!(played.ended(1).reports()["summary"]["fail"], 2);
    let _settled = settled();
    insta::assert_snapshot!(said(&played.output));
}

#[test]
fn a_target_that_refuses_everybody_proves_nothing() {
    let target = Target::answers(ResponseTemplate::new(401).insert_header("www-authenticate", "Bearer"));
    let played = Played::new(&against(&target.url(), &[]));
    assert_eq!(played.ended(3).reports()["summary"]["pass"], 0);
    let _settled = settled();
    insta::assert_snapshot!(said(&played.output));
}

/// What the end of a bare run tells its reader to write is a profile that works.
#[test]
fn the_profile_that_a_bare_run_asks_for_works() {
    let served = Served::start(&["--only", "function"]);
    let bare = Played::new(&["--target", served.at("/function/url"), "--ca", served.at("/entra/ca"), "missing-token"]);
    let shown = String::from_utf8_lossy(&bare.output.stdout);
    let lines = shown.lines().skip_while(|line| !line.trim_start().starts_with("target:"));
    let profile = lines.take_while(|line| !line.contains("it adds")).collect::<Vec<_>>().join("\n");
    let directory = root().join("fixtures/directory.yaml");
    let mut filled = profile;
    // Each is filled in where it comes next, in the order of the text.
    for (asked, told) in [
        ("https://HOST", "http://127.0.0.1:1"),
        ("/PATH", "/api/orders"),
        ("NAME", "x-function"),
        ("TENANT-ID", "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10"),
        ("CLIENT-ID", "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41"),
        (" ID", " 33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"),
        (" ID", " 44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f"),
        (" ID", " 66eb1cff-7082-4193-9fa4-1c2d3e4f5061"),
        ("TENANT-ID", "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d"),
        ("CLIENT-ID", "22a7d8bb-3c4e-4d5f-9b60-7e8f9a0b1c2d"),
        ("8443", "0"),
        ("FILE", directory.to_str().unwrap()),
    ] {
        assert!(filled.contains(asked), "nothing asks for {asked}:\n{shown}");
        filled = filled.replacen(asked, told, 1);
    }
    let played = Played::with(&[("profile.yaml", &filled)], &["--profile", "profile.yaml"]);
    // Nothing listens there. What matters is that nothing is missing but what few targets have: where the function shows the
    // principal, lists of principals, other functions and their keys, a deployment site, TLS, consent to harm, time to wait.
    let rare = [
        "principal",
        "allowedPrincipals",
        "excluded",
        "keyed",
        "target.keys",
        "target.warm-up",
        "target.scm",
        "plain HTTP",
        "consent",
        "limits.wait-s",
    ];
    let results = played.ended(3).reports();
    let skipped = results["cases"].as_array().unwrap().iter().filter(|case| case["verdict"] == "skip");
    let reasons: BTreeSet<_> = skipped.map(|case| case["reason"].as_str().unwrap()).collect();
    let missing: Vec<_> = reasons.into_iter().filter(|reason| !rare.iter().any(|rare| reason.contains(rare))).collect();
    assert_eq!(missing, [""; 0], "{filled}\n{}", said(&played.output));
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let _settled = settled();

    let served = greenlight().args(["serve", "--entra", &address]).output().unwrap();
    assert_eq!(served.status.code(), Some(2), "{}", said(&served));
    insta::assert_snapshot!("port_of_serve", String::from_utf8(served.stderr).unwrap());

    let profile = format!("target: {{ url: reference }}\nissuer: {{ listen: \"{address}\" }}\n");
    let played = Played::with(&[("profile.yaml", &profile)], &["--profile", "profile.yaml"]);
    insta::assert_snapshot!("port_of_a_profile", String::from_utf8_lossy(&played.ended(2).output.stderr));
    assert!(!played.folder.path().join("results.json").exists());
}

#[test]
fn a_scenario_with_a_typo_does_not_keep_the_others_from_being_played() {
    let scenario = |name: &str| fs::read_to_string(root().join("scenarios").join(name)).unwrap();
    let typo = scenario("claims/wrong-audience.yaml").replace("\nexpect:", "\nexepct:");
    let files = [
        ("mine/valid-caller.yaml", &*scenario("controls/valid-caller.yaml")),
        ("mine/missing-token.yaml", &scenario("presence/missing-token.yaml")),
        ("mine/wrong-audience.yaml", &typo),
    ];
    let played = Played::with(&files, &["--target", "reference", "--scenarios", "mine"]);
    assert_eq!(played.ended(2).reports()["summary"]["pass"], 2);
    let _settled = settled();
    insta::assert_snapshot!(said(&played.output));
}

#[test]
fn scenarios_that_are_all_wrong_or_missing() {
    let files = [("mine/a.yaml", "id: a\n"), ("empty/readme.txt", "")];
    for (name, scenarios) in [("all_wrong", "mine"), ("none", "empty"), ("no_folder", "nowhere")] {
        let played = Played::with(&files, &["--target", "reference", "--scenarios", scenarios]);
        insta::assert_snapshot!(format!("scenarios_{name}"), String::from_utf8_lossy(&played.ended(2).output.stderr));
    }
}

#[test]
fn a_directory_with_a_dangling_reference() {
    let text = fs::read_to_string(root().join("fixtures/directory.yaml")).unwrap();
    let text = text.replacen("identity: apim, application: orders", "identity: apimm, application: oders", 1);
    let folder = folder(&[("directory.yaml", &text)]);
    let output = greenlight().args(["serve", "--directory", "directory.yaml"]).current_dir(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

#[test]
fn settings_with_a_wrong_type() {
    let settings =
        r#"{ "properties": { "platform": { "enabled": "yes" }, "globalValidation": { "excludedPaths": "/" } } }"#;
    let files = [("settings.json", settings)];
    let played = Played::with(&files, &["--target", "reference", "--settings", "settings.json"]);
    insta::assert_snapshot!(String::from_utf8_lossy(&played.ended(2).output.stderr));
}

#[rstest]
#[case::mistakes(
    "mistakes",
    "target: { url: https://func.example.net, marker: { heder: x-function } }\ncallers:\n  listed: { identity: apim, client-id: x }\nlimits: { requests: none }\n"
)]
#[case::no_yaml("no_yaml", "target: { url: https://func.example.net\n")]
#[case::written_secret(
    "written_secret",
    "target: { url: https://func.example.net }\ncallers: { listed: { identity: apim, credential: { client-secret: hunter2-hunter2 }, colour: red } }\n"
)]
#[case::missing_files(
    "missing_files",
    "target: { url: https://func.example.net, ca: nowhere/ca.pem }\nissuer: { directory: nowhere/directory.yaml }\n"
)]
#[case::written_url("written_url", "target: { url: \"https://func.example.net/api?code=hunter2\", marker: x }\n")]
#[case::reference_without_issuer("reference_without_issuer", "target: { url: reference }\n")]
fn a_profile_with_mistakes(#[case] name: &str, #[case] profile: &str) {
    let played = Played::with(&[("profile.yaml", profile)], &["--profile", "profile.yaml"]);
    let stderr = String::from_utf8_lossy(&played.ended(2).output.stderr);
    assert!(!stderr.contains("hunter2"), "{stderr}");
    insta::assert_snapshot!(format!("profile_{name}"), stderr);
}

#[rstest]
#[case::no_url("no_url", "nonsense")]
#[case::other_scheme("other_scheme", "ftp://func.example.net/")]
#[case::no_host("no_host", "https:///api")]
#[case::password("password", "https://me:hunter2@func.example.net/")]
#[case::function_key("function_key", "https://func.example.net/api?code=hunter2")]
fn a_target_that_is_no_address(#[case] name: &str, #[case] target: &str) {
    let played = Played::new(&["--target", target]);
    let stderr = String::from_utf8_lossy(&played.ended(2).output.stderr);
    assert!(!stderr.contains("hunter2"), "{stderr}");
    insta::assert_snapshot!(format!("address_{name}"), stderr);
}

#[rstest]
#[case::results("--results", "profile.yaml/results.json")]
#[case::junit("--junit", "profile.yaml/junit.xml")]
fn a_report_that_cannot_be_written_is_told_before_anything_is_played(#[case] option: &str, #[case] file: &str) {
    let target = Target::answers(ResponseTemplate::new(401));
    let folder = folder(&[("profile.yaml", "")]);
    let output =
        greenlight().args(["run", "--target", &target.url(), option, file]).current_dir(&folder).output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{}", said(&output));
    insta::assert_snapshot!(format!("unwritable{option}"), String::from_utf8(output.stderr).unwrap());
    assert_eq!(target.received(), 0);
}

#[test]
fn a_disk_that_is_full_is_told() {
    let output = greenlight()
        .args(["run", "--target", "reference", "missing-token", "--results", "/dev/full"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

/// Half of the cases are played, the others hang when Ctrl-C comes.
#[test]
fn ctrl_c_leaves_valid_reports() {
    let target = Target::new();
    let slow = ResponseTemplate::new(401).set_delay(Duration::from_secs(20));
    target.mount(Mock::given(header_exists("authorization")).respond_with(slow));
    target.mount(Mock::given(any()).respond_with(ResponseTemplate::new(401)));
    let folder = folder(&[]);
    let child = greenlight()
        .args(["run", "--target", &target.url(), "missing-token", "function-key-instead-of-token", "bad-signature"])
        .args(["--concurrency", "1", "--results", "results.json", "--junit", "junit.xml"])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    // One request to see whether it is there, two with a function's key, one without anything, and the one that hangs.
    while target.received() < 5 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the cases are not played");
        thread::sleep(Duration::from_millis(5));
    }
    signal(child.id(), "INT");
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "it does not wait for what hangs");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let results = reports(folder.path());
    assert_eq!((&results["interrupted"], &results["verdict"]), (&json!(true), &json!("inconclusive")));
    assert_eq!(results["cases"].as_array().unwrap().len(), 3);
    let _settled = settled();
    insta::assert_snapshot!(said(&output));
}

#[test]
fn an_issuer_that_does_not_run() {
    let profile = "target: { url: http://127.0.0.1:1/ }\nissuer: { control: \"https://localhost:1\" }\n";
    let played = Played::with(&[("profile.yaml", profile)], &["--profile", "profile.yaml"]);
    insta::assert_snapshot!(String::from_utf8_lossy(&played.ended(3).output.stderr));
}

#[test]
fn an_issuer_of_an_unknown_authority() {
    let served = Served::start(&["--only", "entra"]);
    let profile =
        format!("target: {{ url: http://127.0.0.1:1/ }}\nissuer: {{ control: \"{}\" }}\n", served.at("/entra/url"));
    let played = Played::with(&[("profile.yaml", &profile)], &["--profile", "profile.yaml"]);
    let _settled = settled();
    insta::assert_snapshot!(String::from_utf8_lossy(&played.ended(3).output.stderr));
}

/// The issuer says who exists, and then makes no tokens.
#[test]
fn an_issuer_that_fails_is_an_error_of_this_side() {
    let issuer = Target::new();
    let directory = json!({ "tenants": [{
        "name": "contoso", "id": "t", "applications": [
            { "name": "orders", "client-id": "o", "uris": [], "token-version": 2 }
        ], "identities": [{ "name": "apim", "kind": "system-assigned", "client-id": "a" }],
    }]});
    let answer =
        |at: &str, answer: &Value| Mock::given(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(answer));
    issuer.mount(answer("/_greenlight/status", &json!({})));
    issuer.mount(answer("/_greenlight/directory", &directory));
    issuer.mount(Mock::given(any()).respond_with(ResponseTemplate::new(500).set_body_string("out of keys")));
    let target = Target::answers(ResponseTemplate::new(401));
    let profile = format!(
        "target: {{ url: {} }}\naudience: orders\ncallers: {{ listed: {{ identity: apim }} }}\nissuer: {{ control: {} }}\n",
        target.url(),
        issuer.server.uri()
    );
    let files = [("profile.yaml", &*profile)];
    let played = Played::with(&files, &["--profile", "profile.yaml", "valid-caller", "missing-token"]);
    played.ended(4).reports();
    let _settled = settled();
    insta::assert_snapshot!(said(&played.output));
}

/// What is said after the last case.
fn closing(played: &Played) -> String {
    let shown = String::from_utf8_lossy(&played.output.stdout).into_owned();
    shown.rsplit_once("\n\n").map(|(_, closing)| closing.to_owned()).unwrap_or(shown)
}
