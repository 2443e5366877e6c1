//! The scenarios against the reference app: without a flaw nothing fails, with each flaw exactly what should notice it does.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use authsettings::Settings;
use defects::Defect;
use diagnostics::Source;
use function_app::{AppConfig, Chain, FunctionApp};
use mock_entra::Directory;
use results::{Case, Event, Reporter, Verdict};
use rstest::rstest;
use runner::{Issuer, Mocks, MocksConfig, Run};
use scenario::{Address, BaseUrl, Profile, Scenario};
use serve::{ServerConfig, system_clock};
use token::Names;
use wire::Trust;

/// What each flaw is caught by: every core scenario that fails, by id.
#[rstest]
#[case::signature("signature-not-checked", &["bad-signature", "tampered-payload", "unknown-key"])]
#[case::audience("audience-not-checked", &["wrong-audience"])]
#[case::issuer("issuer-not-checked", &["foreign-tenant"])]
#[case::expiry("expiry-not-checked", &["expired-token"])]
#[case::not_before("not-before-not-checked", &["not-yet-valid"])]
#[case::allow_list("allow-list-ignored", &["unlisted-caller"])]
#[case::principal_header("identity-headers-passed-through", &["spoofed-principal-beside-token"])]
#[tokio::test(flavor = "multi_thread")]
async fn a_flaw_is_caught_by_the_matching_scenarios(#[case] flaw: &str, #[case] caught_by: &[&str]) {
    let defect =
        defects::all().into_iter().find(|one| one.id == flaw).unwrap_or_else(|| panic!("there is no defect {flaw}"));
    assert_eq!(failed(&play(Some(defect)).await), caught_by.iter().copied().map(str::to_owned).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flaw_is_caught() {
    for defect in defects::all() {
        assert!(!failed(&play(Some(defect)).await).is_empty(), "{} is not caught", defect.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_held_against_an_app_without_a_flaw() {
    let other: Vec<_> = play(None)
        .await
        .into_iter()
        .filter(|case| ![Verdict::Pass, Verdict::Recorded].contains(&case.verdict))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
}

/// The ids of the scenarios with a failed case.
fn failed(cases: &[Case]) -> BTreeSet<String> {
    cases.iter().filter(|case| case.verdict == Verdict::Fail).map(|case| case.id.clone()).collect()
}

/// Plays the core scenarios against the reference app, with a flaw or without.
async fn play(defect: Option<Defect>) -> Vec<Case> {
    let clock = system_clock();
    let directory = Directory::read(&source("fixtures/directory.yaml")).0.unwrap();
    let mocks = Mocks::start(MocksConfig { names: Some(Names::Entra), ..MocksConfig::new(directory, clock.clone()) })
        .await
        .unwrap();
    let settings = authsettings::read(&source("fixtures/authsettings.json")).0.unwrap();
    let chain = defect.map_or_else(Chain::standard, |defect| (defect.apply)(Chain::standard()));
    let app = start(&mocks, settings.clone(), chain).await;

    let mut profile = Profile::read(&source("fixtures/profiles/reference.yaml")).0.unwrap();
    profile.target.address = Address::Url(BaseUrl::parse(&app.url()).unwrap().0);
    let mut told = Told::default();
    let run = Run {
        scenarios: scenarios(),
        profile,
        settings: Some(settings),
        configuration: None,
        issuer: Some(Arc::new(Issuer::connect(&mocks.entra.url(), Some(mocks.authority.pem())).await.unwrap())),
        trust: Trust::Only(vec![mocks.authority.pem().to_owned()]),
        secrets: Vec::new(),
        wait: None,
        clock,
        command: String::new(),
        notes: Vec::new(),
        advice: Vec::new(),
    };
    runner::play(run, &mut told, std::future::pending()).await.unwrap();
    told.0
}

async fn start(mocks: &Mocks, settings: Settings, chain: Chain) -> FunctionApp {
    let trust = Trust::Only(vec![mocks.authority.pem().to_owned()]);
    let addresses =
        ["login.microsoftonline.com", "sts.windows.net"].map(|host| (host.to_owned(), mocks.entra.address()));
    let documents = wire::Client::new(&trust, &addresses, Duration::from_secs(20)).unwrap();
    let tls = mocks.authority.tls(&["localhost".to_owned()]).unwrap();
    let server = ServerConfig { tls: Some(tls), ..ServerConfig::new("function app", ([127, 0, 0, 1], 0).into()) };
    FunctionApp::start(AppConfig { server, chain, ..AppConfig::new(settings, Arc::new(documents)) }).await.unwrap()
}

fn scenarios() -> Vec<Arc<Scenario>> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let themes = entries(&root().join("scenarios")).filter(|path| path.is_dir());
    let mut files: Vec<_> = themes.flat_map(|theme| entries(&theme)).collect();
    files.sort();
    let sources: Vec<_> =
        files.iter().map(|file| Source::new(file.display().to_string(), fs::read_to_string(file).unwrap())).collect();
    let (scenarios, diagnostics) = scenario::read(&sources);
    assert_eq!(diagnostics, []);
    scenarios.into_iter().map(Arc::new).collect()
}

fn source(path: &str) -> Arc<Source> {
    Source::new(path, fs::read_to_string(root().join(path)).unwrap())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Keeps the cases that it is told.
#[derive(Default)]
struct Told(Vec<Case>);

impl Reporter for Told {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::Finished(case) = event {
            self.0.push((*case).clone());
        }
        Ok(())
    }
}
