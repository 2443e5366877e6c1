use std::{cell::RefCell, io, rc::Rc};

use results::{Case, Event, Predicted, ReadError, Reporter, Verdict, Writer};
use rstest::rstest;

use super::run::{breach, case, document, every_verdict, hostile, opening, play, report};
use crate::{Console, Format, Progress, Style, render};

const PLAIN: Style = Style { colour: false, verbose: false };
const STYLED: Style = Style { colour: true, verbose: false };
const VERBOSE: Style = Style { colour: false, verbose: true };

fn console(cases: &[Case], interrupted: bool, style: Style) -> String {
    let mut shown = Vec::new();
    play(cases, interrupted, &mut Console::new(&mut shown, style)).unwrap();
    String::from_utf8(shown).unwrap()
}

/// Shows what a terminal would obey as text.
fn visible(text: &str) -> String {
    text.replace('\x1b', "␛").replace('\r', "␍")
}

#[test]
fn a_person_reads_plain_text() {
    insta::assert_snapshot!(console(&every_verdict(), false, PLAIN));
}

#[test]
fn a_person_reads_colours() {
    insta::assert_snapshot!(visible(&console(&every_verdict(), false, STYLED)));
}

#[test]
fn a_curious_person_reads_everything() {
    insta::assert_snapshot!(console(&every_verdict()[..3], false, VERBOSE));
}

#[test]
fn many_cases_are_folded_by_theme() {
    let mut cases = vec![case("valid-caller", Verdict::Pass, None); 40];
    cases.extend(every_verdict());
    cases.extend(vec![case("other-tenant", Verdict::Skip, Some("needs a token that the target trusts")); 8]);
    cases.extend(vec![Case { theme: "claims".to_owned(), ..case("claims", Verdict::Pass, None) }; 3]);
    insta::assert_snapshot!(console(&cases, false, PLAIN));
    assert!(console(&cases, false, VERBOSE).matches("4 ms  core/valid-caller").count() == 41);
}

#[test]
fn a_reason_is_told_once_in_a_row() {
    let (skip, unproven) = (Some("needs a token that the target trusts"), Some("nobody got in"));
    let cases = [
        case("a", Verdict::Skip, skip),
        case("b", Verdict::Inconclusive, unproven),
        case("c", Verdict::Skip, skip),
        case("d", Verdict::Inconclusive, unproven),
        case("e", Verdict::Skip, Some("another reason")),
        case("f", Verdict::Skip, skip),
        case("g", Verdict::Fail, Some("the function: answered (200), expected not to be reached")),
        case("h", Verdict::Fail, Some("the function: answered (200), expected not to be reached")),
    ];
    insta::assert_snapshot!(console(&cases, false, PLAIN));
}

#[test]
fn what_is_kept_until_the_end_is_bounded() {
    let mut cases = vec![breach(); 2_000];
    cases.extend((0..2_000).map(|at| case("skipped", Verdict::Skip, Some(&format!("reason {at}")))));
    let shown = console(&cases, false, PLAIN);
    assert_eq!(shown.matches("   try again  ").count(), 20);
    assert!(shown.contains("         and  1980 more, in full in the result document (`--results FILE`)\n"), "{shown}");
    assert!(shown.contains("1950 cases  core  several reasons\n"), "{shown}");
}

#[rstest]
#[case::passed(&[case("a", Verdict::Pass, None)], false, "      PASSED  every case that was judged held\n")]
#[case::failed(&[breach(), case("a", Verdict::Pass, None)], false, "      FAILED  1 of 2 cases failed\n")]
#[case::stopped(&[case("a", Verdict::Pass, None)], true, "INCONCLUSIVE  the run is not complete; interrupted after 1 of 2 cases\n")]
#[case::failed_and_stopped(&[breach()], true, "      FAILED  1 of 1 case failed; interrupted after 1 of 2 cases\n")]
#[case::nothing_passed(&[case("a", Verdict::Skip, Some("why"))], false, "INCONCLUSIVE  nothing passed, so nothing is proven\n")]
#[case::nothing_played(&[], false, "INCONCLUSIVE  nothing passed, so nothing is proven\n")]
#[case::proves_nothing(
    &[case("a", Verdict::Pass, None), case("b", Verdict::Inconclusive, Some("why"))],
    false,
    "INCONCLUSIVE  nothing is proven by 1 of 2 cases\n"
)]
#[case::error(&[case("a", Verdict::Error, Some("why"))], false, "       ERROR  1 of 1 case could not be played to the end\n")]
fn the_last_line_says_what_the_verdict_rests_on(#[case] cases: &[Case], #[case] interrupted: bool, #[case] last: &str) {
    let shown = console(cases, interrupted, PLAIN);
    assert!(shown.ends_with(last), "{shown}");
}

#[rstest]
#[case::short(PLAIN)]
#[case::verbose(VERBOSE)]
fn nothing_from_outside_drives_the_terminal(#[case] style: Style) {
    let shown = console(&[hostile()], false, style);
    assert!(shown.chars().all(|one| one == '\n' || !one.is_control()), "{shown:?}");
    assert!(!shown.contains(['\u{202e}', '\u{ffff}']), "{shown:?}");
    assert!(shown.contains(r"\u{1b}[31m"), "{shown}");
}

#[rstest]
#[case::plain(PLAIN)]
#[case::styled(STYLED)]
#[case::verbose(VERBOSE)]
fn a_document_shows_what_the_live_run_showed(#[case] style: Style) {
    let mut cases = every_verdict();
    cases.push(hostile());
    assert_eq!(report(Format::Console(style), &document(&cases, false)), console(&cases, false, style));
    let many = vec![case("a", Verdict::Pass, None); 60];
    assert_eq!(report(Format::Console(style), &document(&many, true)), console(&many, true, style));
}

#[test]
fn the_canonical_copy_is_the_document() {
    let mut cases = every_verdict();
    cases.push(hostile());
    let document = document(&cases, false);
    assert_eq!(report(Format::Json, &document).as_bytes(), document);
}

#[test]
fn the_canonical_copy_of_a_document_that_is_cut_off_is_valid() {
    let whole = document(&every_verdict(), false);
    let mut copy = Vec::new();
    let error = render(Format::Json, &whole[..whole.len() * 2 / 3], &mut copy).unwrap_err();
    assert!(matches!(error, ReadError::CutOff { .. }), "{error}");
    assert!(report(Format::Console(PLAIN), &copy).contains("interrupted after"));
}

/// A terminal to which two write.
#[derive(Clone, Default)]
struct Terminal(Rc<RefCell<Vec<u8>>>);

impl Terminal {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl io::Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn progress_erases_itself_before_every_line() {
    let terminal = Terminal::default();
    let cases =
        [case("first", Verdict::Pass, None), Case { variant: "n=2".to_owned(), ..case("second", Verdict::Pass, None) }];
    let mut progress = Progress::new(terminal.clone(), Console::new(terminal.clone(), PLAIN));
    play(&cases, false, &mut progress).unwrap();
    insta::assert_snapshot!(visible(&terminal.text()));

    // A terminal that obeys shows the console alone.
    let obeyed: String = terminal
        .text()
        .replace("\x1b[?7l", "")
        .replace("\x1b[?7h", "")
        .split_inclusive('\n')
        .map(|line| line.rsplit("\r\x1b[2K").next().unwrap_or_default())
        .collect();
    assert_eq!(obeyed, console(&cases, false, PLAIN));
}

#[test]
fn progress_names_the_case_that_has_run_for_longest_and_leaves_no_trace() {
    let terminal = Terminal::default();
    let (first, second) = (case("first", Verdict::Pass, None), case("\x1bsecond", Verdict::Pass, None));
    let mut progress = Progress::new(terminal.clone(), Writer::new(io::sink()));
    progress.event(&Event::Opened(&opening(3))).unwrap();
    for case in [&first, &second] {
        progress.event(&Event::Started { id: &case.id, variant: "" }).unwrap();
    }
    assert!(terminal.text().ends_with("0/3 first\x1b[?7h"), "{:?}", terminal.text());
    progress.event(&Event::Finished(&first)).unwrap();
    assert!(terminal.text().ends_with("1/3 \\u{1b}second\x1b[?7h"), "{:?}", terminal.text());
    drop(progress);
    assert!(terminal.text().ends_with("\r\x1b[2K"), "{:?}", terminal.text());
}

#[test]
fn drift_is_told_apart_from_failures() {
    let drifting = |mut case: Case| {
        case.predicted = Some(Predicted { phrase: "401".to_owned(), status: Some(401), answered_by: None });
        case.drift = Some(super::run::text("the settings say: 401; the function answered 200"));
        case
    };
    let cases =
        [case("as-foretold", Verdict::Pass, None), drifting(case("drifting", Verdict::Pass, None)), drifting(breach())];
    insta::assert_snapshot!(console(&cases, false, PLAIN));
    let many = console(&vec![drifting(case("drifting", Verdict::Pass, None)); 60], false, PLAIN);
    assert!(many.contains("40 more, in the result document"), "{many}");
}
