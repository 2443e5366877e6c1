//! `greenlight gate` where something is in its way: it says GO for nothing that it has not seen.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io, thread};

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::foreign::{AUDIENCE, TENANT};
use crate::program::{Served, greenlight, reports, root, said, settled};

/// What a gate requires by itself, and nothing else: few enough to be played in a moment.
const SUITE: [&str; 5] = [
    "controls/valid-caller",
    "presence/missing-token",
    "signature/key-of-a-stranger",
    "claims/unlisted-caller",
    "claims/wrong-audience",
];
/// A caller whom nobody listed, as a profile names it.
const UNLISTED: &str = "  unlisted: { identity: reporting }\n";
/// Settings without a list of callers: everybody of the tenant enters.
const WITHOUT_LIST: &str = "without-list.json";

/// A gate that was asked, in a folder of its own.
struct Asked {
    folder: TempDir,
    output: Output,
}

impl Asked {
    fn new(profile: &str, more: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        for name in SUITE {
            let file = folder.path().join("suite").join(name).with_extension("yaml");
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::copy(root().join("scenarios").join(name).with_extension("yaml"), file).unwrap();
        }
        let settings = fs::read_to_string(root().join("fixtures/migration-settings.json")).unwrap();
        fs::write(folder.path().join("settings.json"), &settings).unwrap();
        let mut settings: Value = serde_json::from_str(&settings).unwrap();
        let validation = settings.pointer_mut("/properties/identityProviders/azureActiveDirectory/validation").unwrap();
        validation.as_object_mut().unwrap().remove("defaultAuthorizationPolicy").unwrap();
        fs::write(folder.path().join(WITHOUT_LIST), settings.to_string()).unwrap();
        fs::write(folder.path().join("profile.yaml"), profile).unwrap();
        let output = greenlight()
            .args(["gate", "--profile", "profile.yaml", "--scenarios", "suite", "--wait", "1"])
            .args(["--results", "results.json", "--junit", "junit.xml"])
            .args(more)
            .current_dir(&folder)
            .output()
            .unwrap();
        Self { folder, output }
    }

    /// The result document, once it ended so and both reports were found complete.
    #[track_caller]
    fn decided(&self, exit: i32, word: &str) -> Value {
        assert_eq!(self.output.status.code(), Some(exit), "{}", said(&self.output));
        let results = reports(self.folder.path());
        assert_eq!(results["decision"]["word"], word, "{}", said(&self.output));
        results
    }
}

/// What it rests on.
fn why(results: &Value) -> &str {
    results["decision"]["why"].as_str().unwrap()
}

/// A profile of a target, with the issuer that it trusts or is said to trust.
fn profile(target: &str, issuer: &str) -> String {
    format!(
        "target: {{ {target}, path: /api/orders, marker: {{ header: x-function, value: orders }} }}\ntenant: {TENANT}\n\
         audience: {AUDIENCE}\ntoken-version: 2\nissuer: {{ {issuer} }}\napis: {{ another-api: billing }}\n\
         callers:\n  listed: {{ identity: apim }}\n{UNLISTED}"
    )
}

/// That of the reference app, which is started with the run, under these settings.
fn of_reference(settings: &str, more: &str) -> String {
    format!("{}settings: {settings}\n{more}", profile("url: reference", "names: entra"))
}

/// A target that nobody here wrote; it trusts no issuer.
struct Target {
    server: MockServer,
    runtime: Runtime,
}

impl Target {
    fn answers(answer: impl wiremock::Respond + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(MockServer::start());
        runtime.block_on(Mock::given(any()).respond_with(answer).mount(&server));
        Self { server, runtime }
    }

    fn profile(&self) -> String {
        profile(&format!("url: \"{}\"", self.server.uri()), "")
    }

    fn received(&self) -> usize {
        self.runtime.block_on(self.server.received_requests()).map_or(0, |requests| requests.len())
    }
}

/// Leads connections on to a server, and is gone after so many bytes of what is asked. How many connections a run keeps open is its own
/// affair, and chance.
struct Line {
    address: SocketAddr,
    carried: Arc<AtomicUsize>,
}

impl Line {
    fn to(port: u16, most: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let carried = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&carried);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if count.load(Ordering::SeqCst) > most {
                    return;
                }
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (asked, count) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), Arc::clone(&count));
                thread::spawn(move || ask(asked, &count, most));
                thread::spawn(move || answer(server, client));
            }
        });
        Self { address, carried }
    }
}

/// Carries what is asked, until it was too much: then nothing comes back either.
fn ask((mut client, mut server): (TcpStream, TcpStream), carried: &AtomicUsize, most: usize) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = client.read(&mut piece) {
        if carried.fetch_add(length, Ordering::SeqCst) + length > most {
            let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
            return;
        }
        if server.write_all(&piece[..length]).is_err() {
            return;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
}

fn answer(mut server: TcpStream, mut client: TcpStream) {
    let _ = io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Write);
}

#[test]
fn a_target_that_nobody_reaches_is_not_decided_about() {
    let asked = Asked::new(&profile("url: \"http://127.0.0.1:1\"", ""), &[]);
    let results = asked.decided(3, "inconclusive");
    assert_eq!(results["summary"]["pass"], 0);
    assert!(why(&results).contains("127.0.0.1:1"), "{}", why(&results));
}

#[test]
fn a_target_that_answers_by_turns_is_not_decided_about() {
    let turns = AtomicUsize::new(0);
    let target =
        Target::answers(move |_: &Request| ResponseTemplate::new([401, 403][turns.fetch_add(1, Ordering::SeqCst) % 2]));
    let results = Asked::new(&target.profile(), &[]).decided(3, "inconclusive");
    assert!(why(&results).contains("by turns"), "{}", why(&results));
}

#[test]
fn a_target_that_dies_in_the_middle_is_not_decided_about() {
    let served = Served::start(&["--only", "function"]);
    let url = served.at("/function/url");
    let port = url.split([':', '/']).find_map(|part| part.parse().ok()).unwrap();
    let ask = |line: &Line| {
        let target = format!("url: \"https://localhost:{}\", ca: {}", line.address.port(), served.at("/entra/ca"));
        let issuer = format!("control: \"{}\", ca: {}", served.at("/entra/url"), served.at("/entra/ca"));
        Asked::new(&profile(&target, &issuer), &[])
    };
    let whole = Line::to(port, usize::MAX);
    ask(&whole).decided(0, "go");
    let all = whole.carried.load(Ordering::SeqCst);
    let results = ask(&Line::to(port, all / 2)).decided(3, "inconclusive");
    assert_ne!(results["summary"]["pass"], 0, "it has a middle");
    assert_ne!(results["summary"]["inconclusive"], 0);
}

#[test]
fn a_required_case_that_is_skipped_is_named() {
    let known = of_reference("settings.json", "");
    Asked::new(&known, &[]).decided(0, "go");
    let results = Asked::new(&known.replace(UNLISTED, ""), &[]).decided(3, "inconclusive");
    assert!(why(&results).contains("`unlisted-caller` in skip"), "{}", why(&results));
}

#[rstest]
#[case::scenarios("required: [valid-caller, missing-token]")]
#[case::a_case("required: [\"key-of-a-stranger[header=ps256]\"]")]
fn a_profile_says_itself_what_is_required(#[case] required: &str) {
    let asked = Asked::new(&of_reference("settings.json", required).replace(UNLISTED, ""), &[]);
    asked.decided(0, "go");
}

#[rstest]
#[case::required("required", "required: [valid-caller, missing-tokn]")]
#[case::required_case("required_case", "required: [\"key-of-a-stranger[header=ps257]\"]")]
#[case::waived(
    "waived",
    "waivers: [{ case: unlistd-caller, owner: team-a, until: 2999-12-31, reason: A name with a typo. }]"
)]
fn a_name_that_nothing_has_is_told_before_anything_is_sent(#[case] name: &str, #[case] more: &str) {
    let target = Target::answers(ResponseTemplate::new(401));
    let asked = Asked::new(&format!("{}{more}\n", target.profile()), &[]);
    assert_eq!((asked.output.status.code(), target.received()), (Some(2), 0), "{}", said(&asked.output));
    insta::assert_snapshot!(format!("gate_unknown_{name}"), String::from_utf8_lossy(&asked.output.stderr));
}

#[test]
fn a_failure_that_somebody_answers_for_keeps_no_gate_closed_until_its_day() {
    let waived = |until: &str| {
        let waivers = format!(
            "waivers: [{{ case: unlisted-caller, owner: team-a, until: {until}, reason: The list comes with the next release. }}]\n"
        );
        Asked::new(&of_reference(WITHOUT_LIST, &waivers), &[])
    };
    let failed = Asked::new(&of_reference(WITHOUT_LIST, ""), &[]).decided(1, "no-go");
    assert!(why(&failed).starts_with("`unlisted-caller`: "), "{}", why(&failed));

    let results = waived("2999-12-31").decided(0, "go");
    let cases = results["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["id"] == "unlisted-caller").unwrap();
    assert_eq!((&case["verdict"], &case["waiver"]["owner"]), (&Value::from("warn"), &Value::from("team-a")));

    let ended = waived("2020-01-31").decided(1, "no-go");
    let note = "the waiver of `unlisted-caller` ended on 2020-01-31: ask team-a, or take it out";
    assert!(ended["notes"].as_array().unwrap().contains(&Value::from(note)), "{}", ended["notes"]);
}

#[test]
fn a_waiver_that_nothing_needs_is_told() {
    let waivers = "waivers: [{ case: unlisted-caller, owner: team-a, until: 2999-12-31, reason: It was so once. }]\n";
    let results = Asked::new(&of_reference("settings.json", waivers), &[]).decided(0, "go");
    let note = "the waiver of `unlisted-caller` waived nothing: take it out (team-a)";
    assert!(results["notes"].as_array().unwrap().contains(&Value::from(note)), "{}", results["notes"]);
}

#[test]
fn a_dry_run_tells_every_request_and_sends_none() {
    let target = Target::answers(ResponseTemplate::new(401));
    let asked = Asked::new(&target.profile(), &["--dry-run"]);
    assert_eq!((asked.output.status.code(), target.received()), (Some(0), 0), "{}", said(&asked.output));
    let _settled = settled();
    insta::assert_snapshot!("gate_dry_run", String::from_utf8_lossy(&asked.output.stdout));

    let lost = Asked::new(&target.profile().replace(UNLISTED, ""), &["--dry-run"]);
    assert_eq!((lost.output.status.code(), target.received()), (Some(3), 0), "{}", said(&lost.output));
    insta::assert_snapshot!("gate_dry_run_lacking", String::from_utf8_lossy(&lost.output.stdout));
}
