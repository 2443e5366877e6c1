//! What people are told about files that they broke.

use std::path::Path;

use diagnostics::{Diagnostic, Source, render};
use rstest::rstest;
use scenario::Profile;

use crate::files::{folder, scenarios, source};

/// Keeps what is told about one file, under the file's name.
fn told(kind: &str, source: &Source, diagnostics: &[Diagnostic]) {
    let name = Path::new(&source.name).file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let settings = {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path(format!("../broken/told/{kind}"));
        settings
    };
    settings.bind(|| insta::assert_snapshot!(name, render(diagnostics, false)));
}

#[test]
fn broken_scenarios_are_explained() {
    for source in folder("crates/scenario/tests/broken/scenario") {
        told("scenario", &source, &scenario::read(std::slice::from_ref(&source)).1);
    }
}

#[test]
fn broken_profiles_are_explained() {
    for source in folder("crates/scenario/tests/broken/profile") {
        told("profile", &source, &Profile::read(&source, &|_| None).1);
    }
}

#[test]
fn an_id_of_two_files_is_shown_in_both() {
    let twins = ["a", "b"].map(|folder| source(&format!("crates/scenario/tests/broken/twins/{folder}/same-id.yaml")));
    let (scenarios, diagnostics) = scenario::read(&twins);
    assert_eq!(scenarios.len(), 1);
    told("twins", &twins[1], &diagnostics);
}

#[test]
fn a_broken_file_does_not_hide_the_others() {
    let mut sources = folder("crates/scenario/tests/broken/scenario");
    let broken = sources.len();
    sources.extend(scenarios());
    let (scenarios, _) = scenario::read(&sources);
    assert_eq!(scenarios.len(), sources.len() - broken);
}

#[rstest]
#[case("secret-in-the-file", "battery")]
#[case("secret-in-the-url", "word@")]
fn a_secret_in_a_file_is_not_shown(#[case] name: &str, #[case] secret: &str) {
    let source = source(&format!("crates/scenario/tests/broken/profile/{name}.yaml"));
    assert!(source.text.contains(secret));
    let shown = render(&Profile::read(&source, &|_| None).1, true);
    assert!(shown.contains(name) && !shown.contains(secret), "{shown}");
}
