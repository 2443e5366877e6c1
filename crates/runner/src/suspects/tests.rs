use std::sync::Arc;

use authsettings::Expected;
use diagnostics::Source;
use results::AnsweredBy;
use rstest::rstest;

use super::*;

fn settings(text: &str) -> Settings {
    let (settings, mistakes) = authsettings::read(&Source::new("settings.json", text));
    assert_eq!(mistakes, []);
    settings.unwrap()
}

/// As a team believes its app to be.
fn believed() -> Settings {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/authsettings.json");
    settings(&std::fs::read_to_string(file).unwrap())
}

/// The cases of the scenarios that need no target of their own.
fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let sources = ["claims", "controls", "presence"].into_iter().flat_map(|theme| {
        let files = std::fs::read_dir(format!("{folder}/{theme}")).unwrap();
        files.map(|file| file.unwrap().path()).map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            Source::new(file.display().to_string(), text)
        })
    });
    let (scenarios, mistakes) = scenario::read(&sources.collect::<Vec<Arc<Source>>>());
    assert_eq!(mistakes, []);
    scenarios.iter().flat_map(|scenario| scenario.cases().collect::<Vec<_>>()).collect()
}

/// What an app would answer that is set up otherwise than believed, where that is foretold for certain.
fn answered(case: &Case, in_force: &Settings, world: &World) -> Option<Vec<Observed>> {
    let answers = foretell(case, in_force, world).into_iter().map(|foretold| {
        let told = foretold?.told();
        let answered_by = told.answered_by?;
        let status = told.status.or((answered_by == AnsweredBy::App).then_some(200));
        Some(Observed { status, answered_by, detail: None })
    });
    answers.collect()
}

#[rstest]
#[case::off("platform.enabled", |settings: &mut Settings| settings.enabled = false)]
#[case::anonymous("AllowAnonymous", |settings: &mut Settings| {
    settings.validation.require_authentication = false;
    settings.validation.action = Action::AllowAnonymous;
})]
#[case::no_list("allowedApplications is absent", |settings: &mut Settings| policy(settings).applications = None)]
#[case::object_id("common mistake", |settings: &mut Settings| {
    policy(settings).applications = Some(vec!["3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32".to_owned()]);
})]
#[case::version("openIdIssuer names the other token version", |settings: &mut Settings| other_version(settings))]
#[case::tenant("openIdIssuer names another tenant", |settings: &mut Settings| {
    *settings = settings.for_tenant("11111111-2222-4333-8444-555555555555");
})]
#[case::audience("allowedAudiences", |settings: &mut Settings| {
    let entra = settings.entra.as_mut().unwrap();
    entra.allowed_audiences = vec!["api://something-else".to_owned()];
    entra.client_id = Some("11111111-2222-4333-8444-555555555555".to_owned());
})]
#[case::excluded("excludedPaths", |settings: &mut Settings| {
    settings.validation.excluded_paths = vec!["/api/*".to_owned(), "/api/orders".to_owned()];
})]
fn a_mistake_is_found_by_what_it_answers(#[case] named: &str, #[case] mistake: fn(&mut Settings)) {
    let believed = believed();
    let world = World::of_settings(&believed, &Expected::default());
    let mut in_force = believed.clone();
    mistake(&mut in_force);
    let suspects = Suspects::default();
    for case in cases() {
        let Some(observed) = answered(&case, &in_force, &world) else { continue };
        let drifts = contradicts(&case, &observed, &believed, &world);
        suspects.saw(&case, observed, drifts);
    }
    let told = suspects.likeliest(&believed, &world);
    assert!(told.iter().any(|one| one.contains(named)), "{named} is not among {told:#?}");
    assert!(told.len() <= TOLD);
}

#[test]
fn nobody_is_suspected_where_everything_came_as_foretold() {
    let believed = believed();
    let world = World::of_settings(&believed, &Expected::default());
    let suspects = Suspects::default();
    for case in cases() {
        if let Some(observed) = answered(&case, &believed, &world) {
            suspects.saw(&case, observed, false);
        }
    }
    assert_eq!(suspects.likeliest(&believed, &world), Vec::<String>::new());
}

fn policy(settings: &mut Settings) -> &mut authsettings::AuthorizationPolicy {
    settings.entra.as_mut().unwrap().policy.as_mut().unwrap()
}
