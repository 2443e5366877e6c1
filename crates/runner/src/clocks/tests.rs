use rstest::rstest;

use super::*;

/// Half past nine, and the answers of that moment.
const NOW: UnixTime = 784_114_200;
const DATE: &str = "Sun, 06 Nov 1994 09:30:00 GMT";

fn answer(headers: &[(&str, &str)]) -> Exchange {
    Exchange {
        sent: Vec::new(),
        status: 429,
        reason: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
        body: Vec::new(),
        truncated: false,
        received_head: Vec::new(),
        milliseconds: 1.0,
        connected_to: ([127, 0, 0, 1], 443).into(),
    }
}

#[rstest]
#[case::at_once(NOW, NOW, Some(0))]
#[case::behind(NOW + 95, NOW + 96, Some(-95))]
#[case::ahead(NOW - 96, NOW - 95, Some(95))]
#[case::within_a_slow_answer(NOW - 30, NOW + 30, Some(0))]
#[case::our_own_clock_went_back(NOW + 5, NOW, Some(0))]
#[case::as_far_as_there_are_times(i64::MIN, i64::MIN, Some(i64::MAX))]
fn clocks_are_compared(#[case] asked: UnixTime, #[case] came: UnixTime, #[case] expected: Option<i64>) {
    assert_eq!(ahead(&answer(&[("Date", DATE)]), asked, came), expected);
}

#[test]
fn what_tells_no_time_proves_nothing() {
    assert_eq!(ahead(&answer(&[]), NOW, NOW), None);
    assert_eq!(ahead(&answer(&[("Date", "yesterday")]), NOW, NOW), None);
    assert_eq!(ahead(&answer(&[("Date", DATE), ("Age", "3600")]), NOW + 3600, NOW + 3600), None, "from a cache");
}

#[rstest]
#[case("120", Some(120))]
#[case("0", Some(0))]
#[case("99999999999999999999999", Some(u64::MAX))]
#[case("Sun, 06 Nov 1994 09:31:30 GMT", Some(90))]
#[case("Sun, 06 Nov 1994 09:00:00 GMT", Some(0))]
#[case("-5", None)]
#[case("", None)]
#[case("soon", None)]
fn a_wait_is_read(#[case] value: &str, #[case] seconds: Option<u64>) {
    let expected = seconds.map(Duration::from_secs);
    assert_eq!(retry_after(&answer(&[("Retry-After", value)]), NOW), expected);
    let elsewhere = answer(&[("Retry-After", value), ("Date", DATE)]);
    assert_eq!(retry_after(&elsewhere, NOW + 5000), expected, "by the clock of whoever answered");
    assert_eq!(retry_after(&answer(&[]), NOW), None);
}

fn case(token: &str) -> Case {
    let text = format!(
        "id: a\ntitle: t\nwhy: w\nseverity: high\ncite: [c]\nfix: f\nsend: {{ token: {token} }}\nexpect: unauthenticated\n"
    );
    let (scenarios, diagnostics) = scenario::read(&[diagnostics::Source::new("core/a.yaml", text)]);
    scenarios.first().unwrap_or_else(|| panic!("{diagnostics:?}")).cases().next().unwrap()
}

#[rstest]
#[case::expired_a_moment_ago("{ caller: listed, expires-in: -15m }", 700, true)]
#[case::expired_long_before("{ caller: listed, expires-in: -15m }", -95, false)]
#[case::not_yet_valid("{ caller: listed, not-before-in: 6m }", 61, true)]
#[case::clocks_that_agree("{ caller: listed, not-before-in: 6m }", 60, false)]
#[case::no_times("{ caller: listed, forge: { signature: flipped } }", 100_000, false)]
#[case::absurd("{ caller: listed, expires-in: -15m }", i64::MIN, true)]
fn clocks_could_decide(#[case] token: &str, #[case] ahead: i64, #[case] expected: bool) {
    assert_eq!(could_decide(&case(token), ahead), expected);
}
