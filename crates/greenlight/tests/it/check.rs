//! `greenlight check`, as people and CI servers call it.

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{greenlight, read, root, said, settled};

/// Settings of which nothing is to be said.
const GOOD: &str = r#"{
  "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Web/sites/func-orders/config/authsettingsV2",
  "name": "authsettingsV2",
  "type": "Microsoft.Web/sites/config",
  "properties": {
    "platform": { "enabled": true },
    "globalValidation": { "requireAuthentication": true, "unauthenticatedClientAction": "Return401" },
    "identityProviders": { "azureActiveDirectory": {
      "registration": {
        "clientId": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41",
        "openIdIssuer": "https://sts.windows.net/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/"
      },
      "validation": {
        "allowedAudiences": ["api://orders"],
        "defaultAuthorizationPolicy": { "allowedApplications": ["33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"] }
      }
    } }
  }
}
"#;

/// Authentication is off, and anonymous requests would pass if it were on.
fn open() -> String {
    let text = GOOD.replace("\"enabled\": true", "\"enabled\": false").replace("Return401", "AllowAnonymous");
    text.replace("func-orders", "func-open")
}

/// A folder with files, and what is said of it.
struct Folder(TempDir);

impl Folder {
    /// With `good.json`, of which nothing is to be said, and others.
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (name, text) in files.iter().chain([&("good.json", GOOD)]) {
            let file = folder.0.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    fn check(&self, arguments: &[&str]) -> Output {
        self.check_with(arguments, &[])
    }

    fn check_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = greenlight();
        command.arg("check").args(arguments).envs(variables.iter().copied()).current_dir(&self.0);
        command.output().unwrap()
    }
}

#[track_caller]
fn ended(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Which rules fired, as JSON tells it.
fn rules(output: &Output) -> Vec<String> {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)));
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[case::nothing("nothing", &["good.json"], 0)]
#[case::something("something", &["open.json"], 1)]
#[case::several("several", &["good.json", "open.json"], 1)]
#[case::no_json("no_json", &["broken.json"], 2)]
#[case::no_settings("no_settings", &["other.json"], 2)]
#[case::no_file("no_file", &["nowhere.json"], 2)]
#[case::no_text("no_text", &["bytes.json"], 2)]
#[case::some_of_all("some_of_all", &["broken.json", "open.json", "nowhere.json", "good.json"], 2)]
#[case::folder("folder", &["below"], 1)]
#[case::folder_and_its_file("folder_and_its_file", &["below/deep/open.json", "below"], 1)]
#[case::folder_without("folder_without", &["empty"], 2)]
#[case::folder_with_a_broken_one("folder_with_a_broken_one", &["doubtful"], 2)]
#[case::one_resource("one_resource", &["good.json", "open.json", "--resource", "FUNC-OPEN"], 1)]
#[case::no_resource("no_resource", &["open.json", "--resource", "func-opem"], 2)]
fn what_is_read_is_told_and_what_is_not(#[case] name: &str, #[case] arguments: &[&str], #[case] code: i32) {
    let folder = Folder::new(&[
        ("open.json", &open()),
        ("broken.json", "{ \"properties\": { \"platform\": "),
        ("other.json", "{ \"version\": \"2.0\" }"),
        ("below/deep/open.json", &open()),
        ("below/host.json", "{ \"version\": \"2.0\" }"),
        ("below/comments.json", "{ // not ours\n }"),
        ("below/.hidden/open.json", "{ \"identityProviders\": "),
        ("empty/host.json", "{ \"version\": \"2.0\" }"),
        ("doubtful/main.json", "{ \"identityProviders\": "),
    ]);
    fs::write(folder.0.path().join("bytes.json"), [0xff, 0xfe, 0x7b, 0]).unwrap();
    let output = folder.check(arguments);
    ended(&output, code);
    let _settled = settled();
    insta::assert_snapshot!(format!("check_{name}"), said(&output));
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = Folder::new(&[]);
    let mut command = greenlight();
    command.args(["check", "-", "good.json", "-q"]).current_dir(&folder.0).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(open().as_bytes()).unwrap();
    let told = ended(&child.wait_with_output().unwrap(), 1);
    assert!(told.contains(" --> stdin:6:") && !told.contains("good.json"), "{told}");
}

#[rstest]
#[case::json("json")]
#[case::sarif("sarif")]
#[case::github("github")]
#[case::azure_pipelines("azure-pipelines")]
fn each_form_tells_findings_and_problems(#[case] format: &str) {
    let folder = Folder::new(&[("open.json", &open())]);
    let printed = folder.check(&["open.json", "nowhere.json", "--format", format]);
    let told = ended(&printed, 2);
    assert!(told.contains("L-DISABLED") && told.contains("L-ANON") && told.contains("nowhere.json"), "{told}");
    assert!(String::from_utf8_lossy(&printed.stderr).contains("nowhere.json"), "{}", said(&printed));
    let schema = match format {
        "json" => Some("check.schema.json"),
        "sarif" => Some("sarif.subset.json"),
        _ => None,
    };
    if let Some(schema) = schema {
        let schema = jsonschema::validator_for(&read(&root().join("crates/report/schema").join(schema))).unwrap();
        let document = serde_json::from_str(&told).unwrap();
        let wrong: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    // A file gets the same bytes, and the terminal what it comes to.
    let kept = folder.check(&["open.json", "nowhere.json", "--format", format, "--output", "out/report"]);
    assert_eq!(ended(&kept, 2), "");
    assert_eq!(fs::read_to_string(folder.0.path().join("out/report")).unwrap(), told);
    assert!(String::from_utf8_lossy(&kept.stderr).contains("out/report: "), "{}", said(&kept));
}

#[rstest]
#[case::github(&[("GITHUB_ACTIONS", "true")], Some("::error file=open.json,line=6,col="))]
#[case::azure_pipelines(&[("TF_BUILD", "True")], Some("##vso[task.logissue type=error;sourcepath=open.json;linenumber=6;"))]
#[case::neither(&[("GITHUB_ACTIONS", "false"), ("TF_BUILD", "")], None)]
fn a_ci_server_gets_annotations_beside_the_text(#[case] variables: &[(&str, &str)], #[case] expected: Option<&str>) {
    let folder = Folder::new(&[("open.json", &open())]);
    let told = ended(&folder.check_with(&["open.json"], variables), 1);
    let plain = ended(&folder.check(&["open.json"]), 1);
    assert!(told.starts_with(&plain), "{told}");
    assert_eq!(told.len() > plain.len(), expected.is_some(), "{told}");
    assert!(expected.is_none_or(|line| told[plain.len()..].starts_with(line)), "{told}");
    ended(&folder.check_with(&["open.json", "--output", "report.txt"], variables), 1);
    assert_eq!(fs::read_to_string(folder.0.path().join("report.txt")).unwrap(), plain);
}

#[test]
fn annotations_name_files_as_the_repository_does() {
    let folder = Folder::new(&[("service/infra/open.json", &open())]);
    let workspace = folder.0.path().to_str().unwrap();
    let mut command = greenlight();
    command.args(["check", "infra", "--format", "github"]).current_dir(folder.0.path().join("service"));
    command.envs([("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", workspace)]);
    let told = ended(&command.output().unwrap(), 1);
    assert!(told.starts_with("::error file=service/infra/open.json,line=6,"), "{told}");
}

#[test]
fn a_quoted_line_commands_no_ci_server() {
    let hostile = open().replace("{ \"enabled\"", "{ \"##vso[task.setvariable]\": 1, \"enabled\"");
    let folder = Folder::new(&[("open.json", &hostile)]);
    let told = ended(&folder.check_with(&["open.json"], &[("TF_BUILD", "True")]), 1);
    assert!(told.contains("## vso[task.setvariable") && !told.contains("##vso[task.setvariable"), "{told}");
}

#[test]
fn what_somebody_accepts_does_not_fail() {
    let entry = |rule: &str, rest: &str| format!("- {{ rule: {rule}, reason: a demonstration, {rest} }}\n");
    let (disabled, anonymous) =
        (entry("L-DISABLED", "until: 2999-12-31"), entry("L-ANON", "file: open.json, until: 2999-12-31"));
    let folder =
        Folder::new(&[("open.json", &open()), ("greenlight-suppressions.yaml", &(disabled.clone() + &anonymous))]);
    let told = ended(&folder.check(&["open.json"]), 0);
    insta::assert_snapshot!(told, @"
    open.json: authsettingsV2 of func-open: nothing to complain about

    open.json:6:30: L-DISABLED suppressed until 2999-12-31: a demonstration
    open.json:7:89: L-ANON suppressed until 2999-12-31: a demonstration

    nothing to complain about in 1 configuration (2 suppressed)
    ");
    let folder_of = |text: &str| {
        let folder = Folder::new(&[("open.json", &open()), ("accepted.yaml", text)]);
        folder.check(&["open.json", "--suppressions", "accepted.yaml", "--format", "json", "--fail-on", "warning"])
    };
    let suppressed = folder_of(&(disabled + &anonymous));
    ended(&suppressed, 0);
    assert_eq!(rules(&suppressed), ["L-DISABLED", "L-ANON"]);
}

#[rstest]
#[case::expired("- { rule: L-ANON, reason: a demonstration, until: 2020-01-31 }", 1, "ended on 2020-01-31")]
#[case::stale("- { rule: L-ANON, reason: a demonstration, until: 2999-01-31 }", 1, "covers nothing")]
#[case::unknown("- { rule: L-ANNON, reason: a demonstration, until: 2999-01-31 }", 2, "did you mean `L-ANON`?")]
#[case::empty("", 2, "the file is empty")]
fn what_is_wrong_with_suppressions_is_told(#[case] text: &str, #[case] code: i32, #[case] expected: &str) {
    let config = if expected == "covers nothing" { "good.json" } else { "open.json" };
    let folder = Folder::new(&[("open.json", &open()), ("accepted.yaml", text)]);
    let output = folder.check(&[config, "--suppressions", "accepted.yaml", "--fail-on", "warning"]);
    ended(&output, code);
    assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{}", said(&output));
}

#[test]
fn a_profile_says_what_is_expected() {
    let profile = "target: { url: https://func.example.net/api }\ncallers: { listed: { identity: apim } }\n";
    let folder = Folder::new(&[("profile.yaml", profile)]);
    let output = folder.check(&["good.json", "--profile", "profile.yaml"]);
    ended(&output, 0);
    assert!(String::from_utf8_lossy(&output.stderr).contains("the client id of `apim` is not known here"));
    let listed = "{ client-id: 11111111-2222-4333-8444-555555555555 }";
    fs::write(folder.0.path().join("profile.yaml"), profile.replace("{ identity: apim }", listed)).unwrap();
    let output = folder.check(&["good.json", "--profile", "profile.yaml", "--format", "json"]);
    ended(&output, 1);
    assert_eq!(rules(&output), ["L-APIM-MISSING"]);
    let output = folder.check(&["good.json", "--profile", "nowhere.yaml"]);
    ended(&output, 2);
}

#[rstest]
#[case::laid_out(true)]
#[case::in_one_line(false)]
fn a_file_of_ten_megabytes_is_checked(#[case] laid_out: bool) {
    let mut settings: Value = serde_json::from_str(&open()).unwrap();
    settings["properties"]["login"] = json!({ "allowedExternalRedirectUrls": vec!["x".repeat(60); 160_000] });
    let text = if laid_out { format!("{settings:#}") } else { settings.to_string() };
    assert!(text.len() > 10_000_000);
    let folder = Folder::new(&[("big.json", &text)]);
    let told = ended(&folder.check(&["big.json"]), 1);
    assert!(told.contains("error[L-ANON]") && told.len() < 100_000, "{} bytes", told.len());
}

#[test]
fn rules_are_listed_and_on_their_page() {
    let listed = ended(&greenlight().args(["list", "--rules"]).output().unwrap(), 0);
    let folder = TempDir::new().unwrap();
    ended(&greenlight().arg("reference").arg(folder.path()).output().unwrap(), 0);
    let page = fs::read_to_string(folder.path().join("rules.md")).unwrap();
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ids.contains(&"L-DISABLED"), "{listed}");
    for id in ids {
        assert!(page.contains(&format!("\n## {id}\n")), "{id} is not on the page");
    }
}

#[test]
fn what_settings_would_answer_is_told_with_what_would_be_lost() {
    let folder = Folder::new(&[("open.json", &open())]);
    insta::assert_snapshot!("predicted_good", ended(&folder.check(&["good.json", "--predict", "--quiet"]), 0));
    let told = ended(&folder.check(&["open.json", "--predict", "--quiet"]), 1);
    assert!(told.contains("callers without a token                                 reaches the function"), "{told}");
    assert!(told.contains("missing-token: "), "{told}");
}

/// A template in which a parameter stands in the place of some text of the good settings.
fn template(text: &str, parameter: &str) -> String {
    let properties = &GOOD[GOOD.find("\"properties\": ").unwrap() + 14..GOOD.rfind('}').unwrap()];
    let properties = properties.replace(&format!("\"{text}\""), &format!("\"[parameters('{parameter}')]\""));
    format!(
        r#"{{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [
            {{"type": "Microsoft.Web/sites/config", "name": "orders/authsettingsV2", "properties": {properties}}}]}}"#
    )
}

#[test]
fn what_the_file_does_not_say_decides_nothing() {
    let folder = Folder::new(&[("template.json", &template("Return401", "action"))]);
    let told = ended(&folder.check(&["template.json", "--predict", "--quiet"]), 0);
    let row = told.lines().find(|line| line.contains("callers without a token  ")).unwrap();
    assert!(row.contains("depends on `globalValidation.unauthenticatedClientAction`"), "{told}");
    assert!(told.contains("tokens of an application that is not listed             403"), "{told}");
}

#[test]
fn whichever_the_client_id_is_the_answers_are_foretold() {
    let given = template("11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41", "clientId");
    let folder = Folder::new(&[("template.json", &given)]);
    let told = ended(&folder.check(&["template.json", "--predict", "--quiet"]), 0);
    let set =
        "once `identityProviders.azureActiveDirectory.registration.clientId` is set, which the file does not tell";
    assert!(told.contains(set) && !told.contains("depends on `identityProviders"), "{told}");
    assert!(told.contains("tokens of an application that is not listed             403"), "{told}");

    let told = ended(&folder.check(&["template.json", "--predict", "--format", "json"]), 0);
    let document: Value = serde_json::from_str(&told).unwrap();
    assert!(jsonschema::is_valid(&read(&root().join("crates/report/schema/check.schema.json")), &document));
    assert_eq!(document["predictions"][0]["taken_as_set"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_changed_answer_fails_until_the_baseline_is_written_anew() {
    let folder = Folder::new(&[]);
    let settings = folder.0.path().join("good.json");
    let held = |code| {
        let output = folder.check(&["good.json", "--baseline", "baseline.json"]);
        ended(&output, code);
        said(&output)
    };
    assert!(held(2).contains("does not exist"));
    ended(&folder.check(&["good.json", "--baseline", "baseline.json", "--write-baseline"]), 0);
    held(0);
    fs::write(&settings, GOOD.replace("Return401", "Return403")).unwrap();
    let review = held(1);
    assert!(review.contains("callers without a token: 401 -> 403"), "{review}");
    fs::write(&settings, GOOD.replace("\"Return401\"", "\"AllowAnonymous\"")).unwrap();
    let review = held(1);
    assert!(review.contains("weaker: callers without a token: 401 -> reaches the function"), "{review}");
    fs::write(&settings, GOOD.replace("Return401", "Return403")).unwrap();
    ended(&folder.check(&["good.json", "--baseline", "baseline.json", "--write-baseline"]), 0);
    held(0);
    fs::write(folder.0.path().join("baseline.json"), "[]").unwrap();
    assert!(held(2).contains("it is no baseline"));
}

#[test]
fn no_baseline_is_written_that_lacks_a_file() {
    let folder = Folder::new(&[("broken.json", "{\"platform\":")]);
    let output = folder.check(&["broken.json", "good.json", "--baseline", "baseline.json", "--write-baseline"]);
    ended(&output, 2);
    assert!(said(&output).contains("baseline.json is not written"), "{}", said(&output));
    assert!(!folder.0.path().join("baseline.json").exists());
}

#[test]
fn programs_get_predictions_too() {
    let told = ended(&Folder::new(&[]).check(&["good.json", "--predict", "--format", "json"]), 0);
    let document: Value = serde_json::from_str(&told).unwrap();
    let schema = read(&root().join("crates/report/schema/check.schema.json"));
    assert!(jsonschema::is_valid(&schema, &document));
    let cases = document["predictions"][0]["cases"].as_array().unwrap();
    let missing = cases.iter().find(|case| case["case"].as_str().unwrap().starts_with("missing-token")).unwrap();
    assert_eq!((&missing["answer"], &missing["keeps"]), (&json!("401"), &json!("yes")));
}
