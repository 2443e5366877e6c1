use results::{AnsweredBy, Case, Observed, Verdict};
use rstest::rstest;

use super::check::valid;
use super::run::{breach, case, document, every_verdict, hostile, text};
use crate::Style;
use crate::diff::{Diff, DiffError, Way};

fn diff(before: &[Case], after: &[Case]) -> Diff {
    Diff::of(&*document(before, false), &*document(after, false)).unwrap()
}

/// A case that was answered so, and its verdict.
fn answered(verdict: Verdict, status: u16, answered_by: AnsweredBy) -> Case {
    let observed = Observed { status: Some(status), answered_by, detail: None };
    Case { observed, ..case("one", verdict, (verdict != Verdict::Pass).then_some("because")) }
}

#[rstest]
#[case::let_in_and_fails((Verdict::Pass, 401, AnsweredBy::Platform), (Verdict::Fail, 200, AnsweredBy::App), Way::Weaker)]
#[case::shut_out_and_fails((Verdict::Pass, 200, AnsweredBy::App), (Verdict::Fail, 401, AnsweredBy::Platform), Way::Weaker)]
#[case::a_breach_that_was_not_known((Verdict::Skip, 0, AnsweredBy::Unknown), (Verdict::Fail, 200, AnsweredBy::App), Way::Weaker)]
#[case::let_in_while_both_fail((Verdict::Fail, 500, AnsweredBy::Host), (Verdict::Fail, 200, AnsweredBy::App), Way::Changed)]
#[case::recorded_and_let_in((Verdict::Recorded, 401, AnsweredBy::Platform), (Verdict::Recorded, 200, AnsweredBy::App), Way::Weaker)]
#[case::recorded_and_refused((Verdict::Recorded, 200, AnsweredBy::App), (Verdict::Recorded, 401, AnsweredBy::Gateway), Way::Stronger)]
#[case::recorded_and_redirected((Verdict::Recorded, 401, AnsweredBy::Platform), (Verdict::Recorded, 302, AnsweredBy::Platform), Way::Changed)]
#[case::tolerated_and_let_in((Verdict::Pass, 401, AnsweredBy::Platform), (Verdict::Pass, 200, AnsweredBy::App), Way::Weaker)]
#[case::waived((Verdict::Pass, 401, AnsweredBy::Platform), (Verdict::Warn, 200, AnsweredBy::App), Way::Weaker)]
#[case::mended((Verdict::Fail, 200, AnsweredBy::App), (Verdict::Pass, 401, AnsweredBy::Platform), Way::Stronger)]
#[case::the_door_opens_at_last((Verdict::Fail, 401, AnsweredBy::Platform), (Verdict::Pass, 200, AnsweredBy::App), Way::Stronger)]
#[case::no_longer_proven((Verdict::Pass, 401, AnsweredBy::Platform), (Verdict::Inconclusive, 401, AnsweredBy::Platform), Way::Changed)]
#[case::not_played_any_more((Verdict::Fail, 200, AnsweredBy::App), (Verdict::Skip, 0, AnsweredBy::Unknown), Way::Changed)]
#[case::proven_at_last((Verdict::Inconclusive, 401, AnsweredBy::Platform), (Verdict::Pass, 200, AnsweredBy::App), Way::Changed)]
#[case::by_somebody_else((Verdict::Pass, 401, AnsweredBy::Platform), (Verdict::Pass, 401, AnsweredBy::Gateway), Way::Changed)]
fn a_change_goes_one_way(
    #[case] before: (Verdict, u16, AnsweredBy),
    #[case] after: (Verdict, u16, AnsweredBy),
    #[case] way: Way,
) {
    let one = |(verdict, status, who)| answered(verdict, status, who);
    let diff = diff(&[one(before)], &[one(after)]);
    assert_eq!(diff.changes.iter().map(|change| change.way).collect::<Vec<_>>(), [way]);
}

#[test]
fn drift_is_a_change_and_another_reason_is_none() {
    let before = answered(Verdict::Recorded, 401, AnsweredBy::Platform);
    let drifting = Case { drift: Some(text("the settings say: 200")), ..before.clone() };
    assert_eq!(diff(std::slice::from_ref(&before), &[drifting]).count(Way::Changed), 1);
    let reworded = Case { reason: Some(text("another")), ..before.clone() };
    assert_eq!((diff(&[before], &[reworded]).changes, 1), (Vec::new(), 1));
}

#[test]
fn cases_are_known_by_id_variant_and_configuration() {
    let one = case("one", Verdict::Pass, None);
    let variant = Case { variant: "a=b".to_owned(), ..one.clone() };
    let configuration = Case { configuration: Some("strict".to_owned()), ..one.clone() };
    let diff = diff(&[one.clone(), variant.clone()], &[configuration, one]);
    let ways: Vec<_> = diff.changes.iter().map(|change| (change.way, change.key.variant.as_str())).collect();
    assert_eq!((ways, diff.same), (vec![(Way::Gone, "a=b"), (Way::New, "")], 1));
}

/// Two runs with changes of every way.
fn full() -> Diff {
    let refused = |id: &str| Case { id: id.to_owned(), ..answered(Verdict::Recorded, 401, AnsweredBy::Platform) };
    let mut before = every_verdict();
    let mut after = every_verdict();
    before[1] = Case { verdict: Verdict::Pass, reason: None, observed: refused("x").observed, ..breach() };
    after[2] = Case { verdict: Verdict::Pass, reason: None, ..after[2].clone() };
    after[3].drift = Some(text("the settings say: reaches the function"));
    before.push(answered(Verdict::Fail, 200, AnsweredBy::App));
    after.push(answered(Verdict::Pass, 401, AnsweredBy::Platform));
    before.push(refused("only-before"));
    after.push(refused("only-after"));
    before.push(refused("opened"));
    after.push(Case { id: "opened".to_owned(), ..answered(Verdict::Recorded, 200, AnsweredBy::App) });
    diff(&before, &after)
}

#[test]
fn a_person_reads_what_got_weaker_first() {
    insta::assert_snapshot!(full().console(Style::default()));
}

#[test]
fn a_pull_request_shows_what_got_weaker_first() {
    insta::assert_snapshot!(full().markdown());
}

#[test]
fn a_program_reads_everything() {
    let document = valid(include_str!("../../schema/diff.schema.json"), &full().json());
    assert_eq!(document["summary"]["weaker"], 2);
    insta::assert_snapshot!(full().json());
}

#[test]
fn nothing_from_outside_drives_anything() {
    let weaker = diff(&[Case { verdict: Verdict::Pass, ..hostile() }], &[hostile()]);
    for text in [weaker.console(Style::default()), weaker.markdown()] {
        assert!(text.chars().all(|one| one == '\n' || !one.is_control()), "{text:?}");
    }
    valid(include_str!("../../schema/diff.schema.json"), &weaker.json());
}

#[test]
fn a_file_that_is_no_result_document_is_named() {
    let good = document(&[], false);
    assert!(matches!(Diff::of(&b"{}"[..], &*good), Err(DiffError::Before(_))));
    assert!(matches!(Diff::of(&*good, &good[..good.len() / 2]), Err(DiffError::After(_))));
}
