//! What a run leaves behind for people and for other programs.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::program::{greenlight, root, run, said};

/// Plays a few scenarios against the reference app under some settings, into a folder, as every kind of report.
pub(crate) fn play(settings: &str, folder: &Path) {
    let settings = root().join("fixtures").join(settings);
    let mut command = greenlight();
    command.args(["run", "--target", "reference", "presence", "claims/wrong-audience", "--settings"]).arg(settings);
    for kind in ["results", "junit", "html", "markdown", "sarif"] {
        command.arg(format!("--{kind}")).arg(folder.join(kind));
    }
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said(&output));
}

#[test]
fn a_report_from_kept_results_has_the_bytes_of_the_live_one() {
    let folder = TempDir::new().unwrap();
    play("configurations/suite/allow-anonymous.json", folder.path());
    let results = folder.path().join("results");
    for (kind, format) in
        [("results", "json"), ("junit", "junit"), ("html", "html"), ("markdown", "markdown"), ("sarif", "sarif")]
    {
        let again = folder.path().join("again");
        let arguments = ["report", results.to_str().unwrap(), "--format", format, "--output", again.to_str().unwrap()];
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let (live, again) = (fs::read(folder.path().join(kind)).unwrap(), fs::read(again).unwrap());
        assert!(!live.is_empty() && live == again, "{kind}");
    }
    let html = fs::read_to_string(folder.path().join("html")).unwrap();
    assert!(html.contains("<h2 id=\"failures\">What failed: "), "{html}");
}

#[test]
fn two_runs_are_held_against_each_other() {
    let folder = TempDir::new().unwrap();
    let runs = [("open", "configurations/suite/allow-anonymous.json"), ("closed", "authsettings.json")];
    for (name, settings) in runs {
        fs::create_dir(folder.path().join(name)).unwrap();
        play(settings, &folder.path().join(name));
    }
    let diff = |before: &str, after: &str| {
        let results = [before, after].map(|name| folder.path().join(name).join("results"));
        greenlight().arg("diff").args(results).output().unwrap()
    };
    let weaker = diff("closed", "open");
    assert_eq!(weaker.status.code(), Some(1), "{}", said(&weaker));
    let text = String::from_utf8(weaker.stdout).unwrap();
    assert!(
        text.contains("  claims/wrong-audience") && text.contains("pass, 401 platform -> fail, 200 app\n"),
        "{text}"
    );
    assert_eq!(diff("open", "closed").status.code(), Some(0));
    assert_eq!(diff("open", "open").status.code(), Some(0));

    let results = folder.path().join("open/results");
    let whole = fs::read(&results).unwrap();
    fs::write(&results, &whole[..whole.len() / 2]).unwrap();
    let broken = diff("closed", "open");
    assert_eq!(broken.status.code(), Some(2), "{}", said(&broken));
    assert!(said(&broken).contains("open/results: the results are cut off"), "{}", said(&broken));
}

#[test]
fn a_step_on_github_gets_its_summary() {
    let folder = TempDir::new().unwrap();
    let (summary, markdown) = (folder.path().join("summary.md"), folder.path().join("report.md"));
    fs::write(&summary, "said before\n").unwrap();
    let mut command = greenlight();
    command.args(["run", "--target", "reference", "missing-token", "--markdown"]).arg(&markdown);
    let output = command.env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report = fs::read_to_string(markdown).unwrap();
    assert!(report.starts_with("## greenlight: PASSED\n"), "{report}");
    assert_eq!(fs::read_to_string(summary).unwrap(), format!("said before\n{report}"));
}

#[test]
fn a_step_on_azure_pipelines_gets_its_summary() {
    let folder = TempDir::new().unwrap();
    let mut command = greenlight();
    command.args(["run", "--target", "reference", "missing-token"]);
    let output = command.env("TF_BUILD", "True").env("AGENT_TEMPDIRECTORY", folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let named = stdout.lines().filter_map(|line| line.strip_prefix("##vso[task.uploadsummary]")).collect::<Vec<_>>();
    let [file] = named[..] else { panic!("{stdout}") };
    assert!(Path::new(file).starts_with(folder.path()) && file.ends_with("/greenlight.md"), "{file}");
    assert!(fs::read_to_string(file).unwrap().starts_with("## greenlight: PASSED\n"));
}

#[test]
fn a_summary_that_cannot_be_written_keeps_nobody_from_playing() {
    let mut command = greenlight();
    command.args(["run", "--target", "reference", "missing-token"]);
    // A file is no folder, whoever runs this and whatever lies on the machine.
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = command.env("GITHUB_STEP_SUMMARY", file.path().join("summary.md")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("warning: the summary of this step cannot be written: "), "{}", said(&output));
}
