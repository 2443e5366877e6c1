use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use authsettings::{Expected, Settings};
use diagnostics::Source;
use results::{AnsweredBy, Observed};
use rstest::rstest;
use scenario::Scenario;

use super::{CasePrediction, Class, Keeping, Predictor, World, predict};

mod against_app;
mod documented;

/// The settings of a configuration that comes along.
fn settings(name: &str) -> Settings {
    let file = format!("{}/../../fixtures/configurations/suite/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let (settings, mistakes) = authsettings::read(&Source::new(name, std::fs::read_to_string(file).unwrap()));
    assert_eq!(mistakes, []);
    settings.unwrap()
}

/// The scenarios of one text.
fn scenarios(name: &str, text: &str) -> Vec<Arc<Scenario>> {
    let (scenarios, mistakes) = scenario::read(&[Source::new(name, text)]);
    assert_eq!(mistakes, []);
    scenarios.into_iter().map(Arc::new).collect()
}

/// A scenario of one step.
fn one(send: &str, expect: &str) -> String {
    format!(
        "id: one\ntitle: One\nwhy: It is asked.\nseverity: info\ncite: [RFC 7519]\nfix: None.\nsend: {send}\nexpect: {expect}\n"
    )
}

/// What settings answer to one step, in words, and whether that keeps the promise.
fn told(settings: &Settings, send: &str, expect: &str) -> (String, Keeping) {
    let predictor = Predictor::new(&scenarios("core/one.yaml", &one(send, expect)));
    let world = World::of_settings(settings, &Expected::default());
    let prediction = predict(settings, &world, &predictor);
    let case = prediction.cases().next().unwrap();
    (case.phrase().into_owned(), case.keeping())
}

#[rstest]
#[case::nothing("{}", "unauthenticated", "401", Keeping::Keeps)]
#[case::listed("{ token: { caller: listed } }", "accepted", "reaches the function as the caller", Keeping::Keeps)]
#[case::breach(
    "{ token: { caller: listed } }",
    "unauthenticated",
    "reaches the function as the caller",
    Keeping::Loses
)]
#[case::unlisted("{ token: { caller: unlisted } }", "forbidden", "403", Keeping::Keeps)]
#[case::lost("{ token: { caller: unlisted } }", "accepted", "403", Keeping::Loses)]
#[case::recorded("{ token: { caller: unlisted } }", "recorded", "403", Keeping::CannotTell)]
#[case::small_scheme(
    "{ authorization: 'bearer ${token}', token: { caller: listed } }",
    "accepted",
    "depends on how the Authorization header is read",
    Keeping::CannotTell
)]
#[case::small_scheme_of_nobody(
    "{ authorization: 'bearer ${token}', token: { caller: listed, forge: { signature: garbage } } }",
    "unauthenticated",
    "401",
    Keeping::Keeps
)]
#[case::odd_path(
    "{ target: '/x/..${target.path}' }",
    "unauthenticated",
    "depends on how its target is read",
    Keeping::CannotTell
)]
#[case::endpoint("{ path: /.auth/me }", "unreached", "an endpoint of the platform answers", Keeping::Keeps)]
#[case::host(
    "{ path: /admin/host/status, token: { caller: listed } }",
    "refused",
    "reaches the host as the caller",
    Keeping::CannotTell
)]
#[case::method(
    "{ method: POST, token: { caller: listed } }",
    "accepted",
    "reaches the host as the caller",
    Keeping::CannotTell
)]
#[case::excluded(
    "{ to: excluded }",
    "{ outcome: accepted, principal: none }",
    "reaches the function without an identity",
    Keeping::Keeps
)]
#[case::client_twice(
    "{ token: { caller: listed, forge: { payload-bytes: { last: ',\"azp\":\"x\"' } } } }",
    "recorded",
    "depends on whether the token can be read",
    Keeping::CannotTell
)]
#[case::overlong(
    "{ token: { caller: listed, forge: { payload-bytes: { last: [',\"x\":\"', { repeat: x, times: 9000 }, '\"'] } } } }",
    "accepted",
    "depends on whether its size is taken",
    Keeping::CannotTell
)]
fn the_fixture_is_foretold(#[case] send: &str, #[case] expect: &str, #[case] phrase: &str, #[case] keeping: Keeping) {
    assert_eq!(told(&settings("secure"), send, expect), (phrase.to_owned(), keeping));
}

#[test]
fn what_depends_does_not_where_every_value_leads_to_the_same() {
    let odd = "{ token: { caller: listed, forge: { header: { kid: unknown } } } }";
    assert_eq!(told(&settings("secure"), odd, "recorded").0, "depends on whether the signature verifies");
    assert_eq!(told(&settings("disabled"), odd, "recorded").0, "reaches the function without an identity");
}

#[test]
fn a_function_that_is_told_nobody_breaks_its_promise() {
    let forged = "{ token: { caller: listed, forge: { signature: garbage } } }";
    let (phrase, keeping) = told(&settings("allow-anonymous"), forged, "{ outcome: tolerated, principal: caller }");
    assert_eq!((phrase.as_str(), keeping), ("reaches the function without an identity", Keeping::Loses));
}

#[test]
fn what_an_issuer_did_to_its_keys_leaves_signatures_open() {
    let text = "id: one\ntitle: One\nwhy: It is asked.\nseverity: info\ncite: [RFC 7519]\nfix: None.\nsteps:\n\
                - { send: { token: { caller: listed } }, expect: accepted }\n\
                - { issuer: rotate }\n\
                - { send: { token: { caller: listed } }, expect: accepted }\n\
                - { send: {}, expect: unauthenticated }\n";
    let predictor = Predictor::new(&scenarios("core/one.yaml", text));
    let settings = settings("secure");
    let world = World::of_settings(&settings, &Expected::default());
    let prediction = predict(&settings, &world, &predictor);
    let phrases: Vec<_> = prediction.cases().flat_map(|case| case.steps()).map(|step| step.phrase()).collect();
    assert_eq!(phrases, ["reaches the function as the caller", "depends on whether the signature verifies", "401"]);
}

#[test]
fn a_case_about_what_the_settings_lack_is_not_asked() {
    let mut settings = settings("secure");
    settings.validation.excluded_paths.clear();
    let (phrase, keeping) = told(&settings, "{ to: excluded }", "accepted");
    assert_eq!(
        (phrase.as_str(), keeping),
        ("is not asked: the settings have nothing that it is about", Keeping::CannotTell)
    );
}

/// Every scenario that comes along.
fn suite() -> Vec<Arc<Scenario>> {
    let folder = format!("{}/../../scenarios", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .flat_map(|theme| std::fs::read_dir(theme).unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    files.sort();
    let sources: Vec<_> = files
        .iter()
        .map(|file| {
            let theme = file.parent().and_then(|theme| theme.file_name()).unwrap().to_str().unwrap();
            let name = format!("{theme}/{}", file.file_name().unwrap().to_str().unwrap());
            Source::new(name, std::fs::read_to_string(file).unwrap())
        })
        .collect();
    let (scenarios, mistakes) = scenario::read(&sources);
    assert_eq!(mistakes, []);
    scenarios.into_iter().map(Arc::new).collect()
}

/// An answer, and the cases that show it.
type Answered<'a> = (Cow<'a, str>, BTreeSet<usize>);

#[rstest]
#[case("secure")]
#[case("allow-anonymous")]
#[case("no-policy")]
#[case("redirect")]
fn a_reviewer_reads_a_page(#[case] name: &str) {
    let settings = settings(name);
    let predictor = Predictor::new(&suite());
    let world = World::of_settings(&settings, &Expected::default());
    let prediction = predict(&settings, &world, &predictor);
    let definite = prediction.cases().filter(CasePrediction::is_definite).count();
    assert!(definite * 10 >= predictor.len() * 6, "{definite} of {}", predictor.len());
    let mut classes: BTreeMap<Class, Vec<Answered<'_>>> = BTreeMap::new();
    let cases: Vec<CasePrediction<'_>> = prediction.cases().collect();
    for (at, step) in cases.iter().enumerate().flat_map(|(at, case)| case.steps().map(move |step| (at, step))) {
        let (Some(class), Some(_)) = (step.class, step.answer) else { continue };
        let answers = classes.entry(class).or_default();
        match answers.iter_mut().find(|(answer, _)| *answer == step.phrase()) {
            Some((_, cases)) => _ = cases.insert(at),
            None => answers.push((step.phrase(), BTreeSet::from([at]))),
        }
    }
    let row = |(class, mut answers): (Class, Vec<Answered<'_>>)| {
        answers.sort_by_key(|(_, cases)| Reverse(cases.len()));
        let first = |all: &BTreeSet<usize>| cases[*all.first().unwrap()].name;
        let answer = |(answer, all): &Answered<'_>| format!("{answer} ({} cases, such as {})", all.len(), first(all));
        format!("{}: {}", class.words(), answers.iter().map(answer).collect::<Vec<_>>().join("; "))
    };
    let page: Vec<String> = classes.into_iter().map(row).collect();
    insta::assert_snapshot!(format!("a_reviewer_reads_a_page_{name}"), page.join("\n"));
}

#[test]
fn many_configurations_are_asked_about_little() {
    let predictor = Predictor::new(&suite());
    let asked = predictor.sights[1].len();
    assert!(asked * 3 < predictor.len(), "{asked} of {}", predictor.len());
}

#[rstest]
fn cases_of_one_story_end_alike(#[values("secure", "allow-anonymous", "no-policy", "redirect")] name: &str) {
    let settings = settings(name);
    let predictor = Predictor::new(&suite());
    let world = World::of_settings(&settings, &Expected::default());
    let prediction = predict(&settings, &world, &predictor);
    let told = |case: &CasePrediction<'_>| {
        (case.phrase(), case.keeping(), case.steps().map(|step| step.class).collect::<Vec<_>>())
    };
    let stories: Vec<_> = prediction.stories().map(|case| told(&case)).collect();
    for case in prediction.cases() {
        assert_eq!(told(&case), stories[case.story], "{}", case.name);
    }
    assert!(stories.len() * 2 < predictor.len(), "{} stories", stories.len());
}

#[rstest]
#[case::as_foretold("{}", 401, AnsweredBy::Platform, None)]
#[case::by_nobody_known("{}", 401, AnsweredBy::Unknown, None)]
#[case::open("{}", 200, AnsweredBy::App, Some("the settings say: 401; the function answered 200"))]
#[case::another_refusal("{}", 302, AnsweredBy::Platform, Some("the settings say: 401; the platform answered 302"))]
#[case::only_keys("{}", 401, AnsweredBy::Host, Some("the settings say: 401; the Functions host answered 401"))]
#[case::overloaded("{}", 429, AnsweredBy::Unknown, None)]
#[case::down("{}", 503, AnsweredBy::Gateway, None)]
#[case::let_in("{ token: { caller: listed } }", 200, AnsweredBy::App, None)]
#[case::function_fails("{ token: { caller: listed } }", 404, AnsweredBy::App, None)]
#[case::locked_out(
    "{ token: { caller: listed } }",
    403,
    AnsweredBy::Platform,
    Some("the settings say: reaches the function as the caller; the platform answered 403")
)]
#[case::key_missing("{ token: { caller: listed } }", 401, AnsweredBy::Host, None)]
#[case::endpoint("{ path: /.auth/me }", 404, AnsweredBy::Unknown, None)]
#[case::no_endpoint(
    "{ path: /.auth/me }",
    200,
    AnsweredBy::App,
    Some("the settings say: an endpoint of the platform answers; the function answered 200")
)]
#[case::open_question("{ authorization: 'bearer ${token}', token: { caller: listed } }", 200, AnsweredBy::App, None)]
fn what_comes_back_drifts_or_does_not(
    #[case] send: &str,
    #[case] status: u16,
    #[case] answered_by: AnsweredBy,
    #[case] drift: Option<&str>,
) {
    let settings = settings("secure");
    let world = World::of_settings(&settings, &Expected::default());
    let case = scenarios("core/one.yaml", &one(send, "recorded"))[0].cases().next().unwrap();
    let foretold = super::foretell(&case, &settings, &world).remove(0).unwrap();
    let observed = Observed { status: Some(status), answered_by, detail: None };
    assert_eq!(foretold.drift(&observed).as_deref(), drift);
}
