//! What the commands say, and how they end.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rcgen::{CertificateParams, KeyPair};
use rstest::rstest;
use tempfile::TempDir;

use crate::program::{Served, get, greenlight, run, said, settled, signal, signing_certificate};

#[rstest]
#[case::greenlight(&[])]
#[case::run(&["run"])]
#[case::init(&["init"])]
#[case::serve(&["serve"])]
#[case::token(&["token"])]
#[case::gate(&["gate"])]
#[case::check(&["check"])]
#[case::list(&["list"])]
#[case::explain(&["explain"])]
#[case::report(&["report"])]
#[case::diff(&["diff"])]
fn help_tells_every_option(#[case] command: &[&str]) {
    let output = run(&[command, &["--help"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let name = command.first().unwrap_or(&"greenlight");
    insta::assert_snapshot!(format!("help_{name}"), String::from_utf8(output.stdout).unwrap());
}

#[rstest]
#[case::list_some(&["list", "claims/wrong-audience"])]
#[case::explain(&["explain", "valid-caller"])]
#[case::explain_a_rule(&["explain", "l-anon"])]
fn scenarios_are_told(#[case] arguments: &[&str]) {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    insta::assert_snapshot!(arguments.join("_").replace('/', "_"), said(&output));
}

/// Of a folder of their own, so that the snapshots stay as they are when scenarios are added and mended.
#[rstest]
#[case::every_case("forged", "forged")]
#[case::one_case("forged_case", "tokens/forged[member=jku]")]
#[case::steps("outage", "outage")]
#[case::to_the_byte("two_hosts", "two-hosts")]
fn a_scenario_is_explained_in_words(#[case] name: &str, #[case] case: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/explained");
    let output = run(&["explain", case, "--scenarios", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap().replace(folder.to_str().unwrap(), "explained");
    insta::assert_snapshot!(format!("explained_{name}"), text);
}

#[test]
fn a_list_tells_what_each_needs_and_how_many_cases_count() {
    let scenario = |id: &str, rest: &str| {
        format!(
            "id: {id}\ntitle: About {id}\nwhy: For this test.\nseverity: low\ncite: [RFC 6750]\nfix: Nothing.\n{rest}\n"
        )
    };
    let numbers = (1..=30).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let many = format!(
        "consent: flood\nvariants: {{ n: [{numbers}] }}\nsend: {{ query: \"n=${{n}}\" }}\nexpect: unauthenticated"
    );
    let folder = TempDir::new().unwrap();
    for (theme, id, rest) in [
        ("paths", "many", many.as_str()),
        ("tokens", "open", "control: true\nsend: { token: { caller: listed } }\nexpect: accepted"),
        ("tokens", "late", "send: { token: { caller: listed, expires-in: -1h } }\nexpect: unauthenticated"),
    ] {
        let theme = folder.path().join(theme);
        fs::create_dir_all(&theme).unwrap();
        fs::write(theme.join(format!("{id}.yaml")), scenario(id, rest)).unwrap();
    }
    // The table beside them is no scenario.
    fs::write(folder.path().join("catalogue.yaml"), "P: {}\n").unwrap();
    let output = run(&["list", "--scenarios", folder.path().to_str().unwrap()]);
    insta::assert_snapshot!(said(&output));
}

#[rstest]
#[case::no_command("no_command", &[])]
#[case::no_target("no_target", &["run"])]
#[case::two_targets("two_targets", &["run", "--target", "reference", "--profile", "profile.yaml"])]
#[case::unknown_option("unknown_option", &["run", "--taget", "reference"])]
#[case::unknown_scenario("unknown_scenario", &["run", "--target", "reference", "wrong-audiense"])]
#[case::unknown_in_folder("unknown_in_folder", &["list", "claims/expired-tokn"])]
#[case::unknown_folder("unknown_folder", &["list", "claim/"])]
#[case::unlike_any("unlike_any", &["explain", "teapot"])]
#[case::unknown_rule("unknown_rule", &["explain", "L-ANNON"])]
#[case::rules_or_scenarios("rules_or_scenarios", &["list", "--rules", "claims"])]
#[case::nothing_to_check("nothing_to_check", &["check"])]
#[case::no_suppressions("no_suppressions", &["check", "-", "--suppressions", "nowhere.yaml"])]
#[case::unknown_case("unknown_case", &["explain", "alg-none[spelling=none,signature=kept]"])]
#[case::no_number("no_number", &["run", "--target", "reference", "--wait", "soon"])]
#[case::no_address("no_address", &["serve", "--entra", "8443"])]
#[case::no_control_token("no_control_token", &["serve", "--control-token-env", "GREENLIGHT_NOT_SET"])]
#[case::upstream_with_path("upstream_with_path", &["serve", "--upstream", "http://localhost:7071/api?code=secret"])]
#[case::upstream_of_nothing("upstream_of_nothing", &["serve", "--only", "entra,imds", "--upstream", "http://localhost:7071"])]
#[case::no_results("no_results", &["report", "nowhere/results.json"])]
#[case::one_file_for_two("one_file_for_two", &["run", "--target", "reference", "--results", "a", "--junit", "./a"])]
#[case::one_report_for_two("one_report_for_two", &["run", "--target", "reference", "--html", "a", "--sarif", "./a"])]
#[case::no_other_results("no_other_results", &["diff", "nowhere/results.json", "results.json"])]
#[case::unknown_knob("unknown_knob", &["run", "--target", "reference", "--knob", "os-profil=windows"])]
#[case::unknown_app_setting("unknown_app_setting", &["serve", "--app-setting", "WEBSITE_AUTH_AAD_ALOWED_TENANTS=x"])]
#[case::nothing_to_refine("nothing_to_refine", &["run", "--target", "http://127.0.0.1:9", "--knob", "os-profile=linux"])]
fn a_mistake_on_the_command_line_is_told_with_the_way_out(#[case] name: &str, #[case] arguments: &[&str]) {
    let output = run(arguments);
    assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{}", said(&output));
    insta::assert_snapshot!(format!("mistake_{name}"), String::from_utf8(output.stderr).unwrap());
}

#[test]
fn a_report_takes_only_results_and_never_their_place() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("profile.yaml"), "target: { url: reference }\n").unwrap();
    let report = |arguments: &[&str]| {
        let output = greenlight().arg("report").args(arguments).current_dir(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!(report(&["profile.yaml"]), @"error: profile.yaml: this is no result document (expected ident at line 1 column 2): name the results.json of a `greenlight run`");
    insta::assert_snapshot!(report(&["profile.yaml", "--output", "./profile.yaml"]), @"
    error: profile.yaml would be overwritten by its report
    hint: name another file with `--output`
    ");
    assert!(fs::metadata(folder.path().join("profile.yaml")).unwrap().len() > 0);
}

#[test]
fn output_that_is_piped_is_plain() {
    for arguments in [&["run", "--target", "reference"][..], &["list"], &["explain", "nothing"]] {
        let output = run(arguments);
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{}", said(&output));
    }
}

#[test]
fn colours_come_when_asked_for() {
    let output = run(&["run", "--target", "reference", "missing-token", "--color", "always"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("\x1b[32m        PASS\x1b[0m"), "{}", said(&output));
    let output = run(&["explain", "nothing", "--color", "always"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("\x1b[31merror:\x1b[0m"), "{}", said(&output));
}

/// On a terminal, which `script` of util-linux plays.
#[rstest]
#[case::coloured(None, &[], true)]
#[case::asked_for_none(Some("1"), &[], false)]
#[case::empty_counts_as_unset(Some(""), &[], true)]
#[case::never(None, &["--color", "never"], false)]
#[case::the_option_goes_before(Some("1"), &["--color", "always"], true)]
#[ignore = "needs script, install with `apt-get install bsdutils`"]
fn a_terminal_gets_colours_unless_no_color_is_set(
    #[case] no_color: Option<&str>,
    #[case] arguments: &[&str],
    #[case] coloured: bool,
) {
    let program = env!("CARGO_BIN_EXE_greenlight");
    let line = format!("{program} run --target reference missing-token {}", arguments.join(" "));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    match no_color {
        Some(value) => command.env("NO_COLOR", value),
        None => command.env_remove("NO_COLOR"),
    };
    let output = command.output().expect("script is installed: apt-get install bsdutils");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("PASS"), "{}", said(&output));
    assert_eq!(shown.contains("\x1b[32m"), coloured, "{}", said(&output));
    assert!(shown.contains("\x1b[2K"), "progress is shown: {}", said(&output));
}

#[rstest]
#[case::help(&["--help"])]
#[case::list(&["list"])]
#[case::explain(&["explain", "valid-caller"])]
#[case::run(&["run", "--target", "reference", "missing-token"])]
fn who_stops_reading_has_had_enough(#[case] arguments: &[&str]) {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = greenlight().args(arguments).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked") && !stderr.to_lowercase().contains("pipe"), "{stderr}");
}

#[test]
fn serve_tells_people_what_to_set() {
    let mut child = greenlight().args(["serve", "--entra-http", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let text = until(child.stdout.take().unwrap(), "Ctrl-C stops it.\n");
    signal(child.id(), "INT");
    assert!(child.wait().unwrap().success());
    let _settled = settled();
    insta::assert_snapshot!(text);
}

#[rstest]
#[case::by_the_system("TERM")]
#[case::by_the_user("INT")]
fn serve_is_one_line_and_ends_when_asked(#[case] signal: &str) {
    let served = Served::start(&[]);
    let ca = served.at("/entra/ca").to_owned();
    let folder = Path::new(&ca).parent().unwrap();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let (status, rest) = served.end(signal);
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    assert!(!folder.exists(), "{} is left behind", folder.display());
}

#[test]
fn serve_starts_only_what_is_asked_for() {
    let entra = Served::start(&["--only", "entra"]);
    assert!(entra.addresses["imds"].is_null() && entra.addresses["function"].is_null(), "{}", entra.addresses);
    let imds = Served::start(&["--only", "imds"]);
    assert!(imds.addresses["imds"].is_object() && imds.addresses["function"].is_null(), "{}", imds.addresses);
    let function = Served::start(&["--only", "function"]);
    assert!(function.addresses["imds"].is_null() && function.addresses["function"].is_object());
}

#[test]
fn serve_warns_where_other_machines_can_reach_it() {
    let everywhere = "0.0.0.0:0";
    let mut child = greenlight()
        .args(["serve", "--entra", everywhere, "--imds", everywhere, "--function", everywhere])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(child.stdout.take().unwrap(), "Ctrl-C stops it.\n");
    signal(child.id(), "TERM");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let _settled = settled();
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    warning: the mock issuer listens on 0.0.0.0:PORT: whoever reaches it gets tokens from it
    warning: the mock identity endpoint listens on 0.0.0.0:PORT: whoever reaches it gets tokens from it
    warning: the reference Function App listens on 0.0.0.0:PORT, where other machines can reach it
    ");
}

#[test]
fn a_given_certificate_is_served_and_believed() {
    let folder = TempDir::new().unwrap();
    let (certificate, key) = certificate(folder.path());
    let served =
        Served::spawn(greenlight().args(["serve", "--json", "--tls", "server.pem", "server.key"]).current_dir(&folder));
    assert_eq!(Path::new(served.at("/entra/ca")), certificate);
    assert!(key.exists());
    assert_eq!(get(&served, "/_greenlight/status")["tenants"][0]["name"], "contoso");
    assert_eq!(ask(&served, &token(&served, &[])), 200);
}

#[test]
fn a_certificate_that_does_not_fit_its_key_is_refused() {
    let folder = TempDir::new().unwrap();
    certificate(folder.path());
    fs::write(folder.path().join("other.key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let output =
        greenlight().args(["serve", "--tls", "server.pem", "other.key"]).current_dir(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"error: --tls server.pem other.key: the server certificate cannot be used: its key belongs to another one");
}

#[test]
fn a_state_folder_keeps_keys_and_authority_for_their_owner() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("kept/state");
    let start = || {
        let served = Served::start(&["--only", "entra", "--state", state.to_str().unwrap()]);
        let ca = served.at("/entra/ca").to_owned();
        assert_eq!(Path::new(&ca), state.join("ca.pem"));
        let signing = signing_certificate(&served);
        assert_eq!(served.end("TERM").0.code(), Some(0));
        (fs::read_to_string(ca).unwrap(), signing)
    };
    assert_eq!(start(), start());
    assert_eq!(state.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&state).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn a_state_folder_that_others_can_read_is_refused() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().to_str().unwrap();
    drop(Served::start(&["--only", "entra", "--state", state]));
    fs::set_permissions(folder.path().join("ca.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(&["serve", "--state", state]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let told = String::from_utf8(output.stderr).unwrap().replace(state, "STATE");
    insta::assert_snapshot!(told, @"error: state file STATE/ca.key can be read by other users; delete it and let a new one be made");
}

#[test]
fn tokens_get_in_as_issued_and_stay_out_as_forged() {
    let served = Served::start(&[]);
    let check = |status: u16, arguments: &[&str]| {
        assert_eq!(ask(&served, &token(&served, arguments)), status, "{arguments:?}");
    };
    check(200, &[]);
    check(200, &["--version", "2", "--claim", "colour=blue"]);
    check(403, &["--caller", "reporting"]);
    check(401, &["--audience", "billing"]);
    check(401, &["--tenant", "fabrikam", "--caller", "gateway"]);
    check(401, &["--expires-in", "-3600"]);
    check(401, &["--not-before-in", "3600"]);
    check(401, &["--header", "alg=none", "--signature", "empty"]);
    check(401, &["--claim", "roles=[\"Admin\"]", "--signature", "keep"]);
    for signature in ["empty", "absent", "flipped", "truncated", "stranger", "garbage"] {
        check(401, &["--signature", signature]);
    }
}

#[rstest]
#[case::caller("caller", &["--caller", "nobody"])]
#[case::tenant("tenant", &["--tenant", "nowhere"])]
fn a_token_that_cannot_be_made_is_explained(#[case] name: &str, #[case] arguments: &[&str]) {
    let served = Served::start(&["--only", "entra"]);
    let output = greenlight()
        .args(["token", "--issuer", served.at("/entra/url"), "--ca", served.at("/entra/ca")])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{}", said(&output));
    insta::assert_snapshot!(format!("token_{name}"), String::from_utf8(output.stderr).unwrap());
}

#[rstest]
#[case::nobody_there("nobody_there", 3, "https://127.0.0.1:1")]
#[case::no_url("no_url", 2, "localhost")]
fn an_issuer_that_cannot_be_reached_is_named(#[case] name: &str, #[case] exit: i32, #[case] issuer: &str) {
    let output = run(&["token", "--issuer", issuer]);
    assert_eq!(output.status.code(), Some(exit), "{}", said(&output));
    insta::assert_snapshot!(format!("issuer_{name}"), String::from_utf8(output.stderr).unwrap());
}

/// Prints a token of a running issuer, as its users do.
fn token(served: &Served, arguments: &[&str]) -> String {
    let output: Output = greenlight()
        .args(["token", "--issuer", served.at("/entra/url"), "--ca", served.at("/entra/ca")])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{}", said(&output));
    let line = String::from_utf8(output.stdout).unwrap();
    line.strip_suffix('\n').expect("a line").to_owned()
}

/// Shows a token to the reference Function App; its status.
fn ask(served: &Served, token: &str) -> u16 {
    let ca = reqwest::Certificate::from_pem(&fs::read(served.at("/entra/ca")).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = client.get(served.at("/function/url")).bearer_auth(token);
    runtime.block_on(async { request.send().await.unwrap().status().as_u16() })
}

/// A certificate for this machine, signed by itself, and its key, as `server.pem` and `server.key`.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let files = (folder.join("server.pem"), folder.join("server.key"));
    fs::write(&files.0, certificate.pem()).unwrap();
    fs::write(&files.1, key.serialize_pem()).unwrap();
    files
}

/// Reads up to a text; whoever writes may go on.
fn until(mut stream: impl Read, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&text));
        text.extend(byte);
    }
    String::from_utf8(text).unwrap()
}
