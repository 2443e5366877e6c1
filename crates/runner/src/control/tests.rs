use results::{AnsweredBy, Comparison, Observed, Severity};
use rstest::rstest;

use super::*;

fn case(id: &str, verdict: Verdict) -> Case {
    let text = |text: &str| Redactor::default().text(text);
    Case {
        id: id.to_owned(),
        theme: String::new(),
        variant: String::new(),
        configuration: None,
        title: "A title".to_owned(),
        why: String::new(),
        severity: Severity::High,
        verdict,
        reason: (verdict != Verdict::Pass).then(|| text("so it was")),
        expected: "accepted".to_owned(),
        predicted: None,
        drift: None,
        means: None,
        fix: String::new(),
        waiver: None,
        observed: Observed { status: Some(200), answered_by: AnsweredBy::App, detail: None },
        compared: vec![compared(true, Strength::Must)],
        exchanges: Vec::new(),
        replay: None,
        cite: Vec::new(),
        duration_ms: std::time::Duration::ZERO.into(),
    }
}

fn compared(holds: bool, strength: Strength) -> Comparison {
    let observed = Redactor::default().text("b");
    Comparison { what: "what".to_owned(), expected: "a".to_owned(), observed, holds, strength }
}

fn control(cases: &[Case]) -> Control {
    let mut control = Control::default();
    for case in cases {
        control.finished(case);
    }
    control
}

fn weighed(control: &Control, verdict: Verdict, takes_refusal: bool) -> (Verdict, String) {
    let mut refused = case("wrong-audience", verdict);
    refused.observed = Observed { status: Some(401), answered_by: AnsweredBy::Platform, detail: None };
    let case = control.weigh(refused, takes_refusal, &Redactor::default());
    (case.verdict, case.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default())
}

#[rstest]
#[case::pass(Verdict::Pass, Verdict::Inconclusive)]
#[case::warn(Verdict::Warn, Verdict::Inconclusive)]
#[case::breach(Verdict::Fail, Verdict::Fail)]
#[case::skip(Verdict::Skip, Verdict::Skip)]
#[case::error(Verdict::Error, Verdict::Error)]
#[case::inconclusive(Verdict::Inconclusive, Verdict::Inconclusive)]
fn without_a_control_a_denial_proves_nothing_and_a_breach_stands(#[case] verdict: Verdict, #[case] becomes: Verdict) {
    let none = Control::default();
    let (became, reason) = weighed(&none, verdict, true);
    assert_eq!(became, becomes);
    if became != verdict {
        let why = "refused, but nothing shows that this target lets anyone in: no positive control was played";
        assert_eq!(reason, why);
    }
    assert_eq!(weighed(&none, verdict, false).0, verdict, "what denies nothing needs no control");
    assert_eq!(weighed(&control(&[case("valid-caller", Verdict::Pass)]), verdict, true).0, verdict);
}

#[rstest]
#[case::pass(&[Verdict::Pass], true)]
#[case::with_a_remark(&[Verdict::Warn], true)]
#[case::fail(&[Verdict::Fail], false)]
#[case::skip(&[Verdict::Skip], false)]
#[case::inconclusive(&[Verdict::Inconclusive], false)]
#[case::error(&[Verdict::Error], false)]
#[case::recorded(&[Verdict::Recorded], false)]
#[case::one_of_two_was_skipped(&[Verdict::Skip, Verdict::Pass], true)]
#[case::one_of_two_was_refused(&[Verdict::Pass, Verdict::Fail], false)]
#[case::one_of_two_proved_nothing(&[Verdict::Inconclusive, Verdict::Pass], false)]
fn a_control_holds_where_somebody_got_in_and_nobody_was_refused(#[case] verdicts: &[Verdict], #[case] holds: bool) {
    let broken = |verdict: &Verdict| {
        let compared = vec![compared(*verdict != Verdict::Fail, Strength::Must)];
        Case { compared, ..case("valid-caller", *verdict) }
    };
    let control = control(&verdicts.iter().map(broken).collect::<Vec<_>>());
    assert_eq!(weighed(&control, Verdict::Pass, true).0 == Verdict::Pass, holds);
}

#[test]
fn a_control_that_a_strict_run_fails_for_its_form_still_shows_that_somebody_gets_in() {
    let compared = vec![compared(true, Strength::Must), compared(false, Strength::Should)];
    let strict = Case { compared, ..case("valid-caller", Verdict::Fail) };
    assert_eq!(weighed(&control(&[strict]), Verdict::Pass, true).0, Verdict::Pass);
}

#[test]
fn the_reason_names_the_control_that_was_refused_before_one_that_was_skipped() {
    let skipped = Case { variant: "version=v1".to_owned(), ..case("valid-caller", Verdict::Skip) };
    let begin = "refused, but nothing shows that this target lets anyone in: ";
    let reason = weighed(&control(std::slice::from_ref(&skipped)), Verdict::Pass, true).1;
    assert_eq!(reason, format!("{begin}`valid-caller[version=v1]` ended in skip: so it was"));
    let refused = case("valid-batch", Verdict::Inconclusive);
    let reason = weighed(&control(&[skipped, refused]), Verdict::Pass, true).1;
    assert_eq!(reason, format!("{begin}`valid-batch` ended in inconclusive: so it was"));
}

#[test]
fn what_answered_where_the_control_does_not_hold_is_not_called_refused() {
    let tolerated = Control::default().weigh(case("tolerated", Verdict::Pass), true, &Redactor::default());
    let reason = tolerated.reason.unwrap();
    assert_eq!(
        (tolerated.verdict, reason.as_str()),
        (Verdict::Inconclusive, "the control does not hold: no positive control was played")
    );
}
