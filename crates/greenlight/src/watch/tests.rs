use rstest::rstest;

use super::*;

#[rstest]
#[case("90s", Some(90))]
#[case("30m", Some(1800))]
#[case("2h", Some(7200))]
#[case("0s", None)]
#[case("30", None)]
#[case("m", None)]
#[case("", None)]
#[case("-3s", None)]
#[case("3é", None)]
fn a_span_has_a_number_and_a_unit(#[case] text: &str, #[case] seconds: Option<u64>) {
    assert_eq!(span(text).ok().map(|span| span.as_secs()), seconds);
}

fn scenario(id: &str, send: &str) -> Arc<Scenario> {
    let text = format!(
        "id: {id}\ntitle: One\nwhy: It is asked.\nseverity: info\ncite: [RFC 7519]\nfix: None.\n{send}\nexpect: refused\n"
    );
    let (scenarios, mistakes) = scenario::read(&[diagnostics::Source::new(format!("{id}.yaml"), text)]);
    assert_eq!(mistakes, []);
    Arc::new(scenarios.into_iter().next().unwrap())
}

fn arguments(rounds: u64, share: u16) -> Arguments {
    let time = Duration::from_secs(rounds);
    let outputs = Outputs { results: None, junit: None, html: None, markdown: None, sarif: None };
    let protection = Protection { settings: None, app_setting: Vec::new(), knob: Vec::new() };
    let every = Duration::from_secs(1);
    Arguments { profile: PathBuf::new(), time, every, share, scenarios: None, protection, outputs }
}

#[test]
fn every_round_has_the_controls_and_all_others_take_turns() {
    let (control, three) = (scenario("control", "send: {}"), "variants: { x: [a, b, c] }\nsend: { query: 'a=${x}' }");
    let others = [scenario("one", "send: {}"), scenario("many", three), scenario("two", "send: {}")];
    let rounds = plan(std::slice::from_ref(&control), &others, &arguments(4, 2));
    let ids: Vec<Vec<&str>> = rounds.iter().map(|round| round.iter().map(|one| one.id.as_str()).collect()).collect();
    assert_eq!(
        ids,
        [
            vec!["control", "one", "many"],
            vec!["control", "two", "one"],
            vec!["control", "many"],
            vec!["control", "two", "one"],
        ]
    );
}

#[test]
fn no_round_plays_a_scenario_twice() {
    let rounds = plan(&[scenario("control", "send: {}")], &[scenario("one", "send: {}")], &arguments(2, 20));
    assert!(rounds.iter().all(|round| round.len() == 2), "{rounds:?}");
}
