use super::{Baseline, Foretold, Keeps, Prediction};
use crate::Style;

const PLAIN: Style = Style { colour: false, verbose: false };

fn foretold(case: &'static str, callers: &'static str, answer: &'static str, keeps: Keeps) -> Foretold<'static> {
    Foretold { case, callers, answer: answer.into(), title: "What it proves", keeps }
}

const REACHES: &str = "reaches the function without an identity";

fn secure() -> Prediction<'static> {
    let cases = vec![
        foretold("missing-token", "callers without a token", "401", Keeps::Yes),
        foretold("missing-token[method=POST]", "callers without a token", "401", Keeps::Yes),
        foretold("wrong-audience", "tokens for another API", "401", Keeps::Yes),
        foretold("odd-path", "", "depends on how the path is read", Keeps::Unknown),
    ];
    let kinds = vec!["callers without a token", "tokens for another API"];
    Prediction {
        file: "infra/auth.json".to_owned(),
        name: "orders".to_owned(),
        kinds,
        cases,
        taken_as_set: Vec::new(),
        unknown: None,
    }
}

fn open() -> Prediction<'static> {
    let mut open = secure();
    for case in &mut open.cases[..2] {
        (case.answer, case.keeps) = (REACHES.into(), Keeps::No);
    }
    open.cases[2].answer = "403".into();
    open
}

#[test]
fn a_page_says_who_gets_what_and_what_is_lost() {
    insta::assert_snapshot!(format!("{}\n{}", secure().console(PLAIN), open().console(PLAIN)));
}

#[test]
fn what_is_taken_as_set_is_told() {
    let page = Prediction { taken_as_set: vec!["registration.clientId"], ..secure() }.console(PLAIN);
    assert!(page.contains("once `registration.clientId` is set, which the file does not tell"), "{page}");
}

#[test]
fn what_cannot_be_foretold_is_told() {
    let unknown = Some("`properties` is not known here".to_owned());
    insta::assert_snapshot!(Prediction { unknown, ..secure() }.console(PLAIN));
}

#[test]
fn a_baseline_is_read_as_it_was_written() {
    let baseline = Baseline::of(&[secure()]);
    assert_eq!(Baseline::read(&baseline.text()).unwrap(), baseline);
    assert_eq!(baseline.review(&[secure()]), None);
}

#[test]
fn changes_read_like_a_review_and_what_got_weaker_comes_first() {
    let new = Prediction { name: "orders/staging".to_owned(), ..secure() };
    let gone = Prediction { name: "billing".to_owned(), ..secure() };
    insta::assert_snapshot!(Baseline::of(&[secure(), gone]).review(&[open(), new]).unwrap());
}

#[test]
fn what_can_no_longer_be_foretold_is_a_change() {
    let unknown = Prediction { unknown: Some("`properties` is not known here".to_owned()), ..secure() };
    assert!(Baseline::of(&[secure()]).review(std::slice::from_ref(&unknown)).unwrap().contains("any more"));
    assert_eq!(Baseline::of(std::slice::from_ref(&unknown)).review(&[unknown]), None);
}

#[test]
fn what_is_no_baseline_is_refused() {
    assert!(Baseline::read("[]").unwrap_err().to_string().starts_with("it is no baseline"));
    let other = Baseline::of(&[]).text().replace("baseline/1", "baseline/9");
    assert!(Baseline::read(&other).unwrap_err().to_string().contains("baseline/9"));
}
