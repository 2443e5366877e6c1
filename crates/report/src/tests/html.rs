use std::collections::BTreeMap;

use proptest::prelude::*;
use results::{
    Case, Decision, Event, Go, Means, Milliseconds, Predicted, Redactor, Reporter, RunVerdict, Tally, Verdict, Waiver,
};
use rstest::rstest;

use super::run::{breach, case, document, every_verdict, hostile, opening, report, text};
use crate::{Format, Html};

fn html(cases: &[Case]) -> String {
    report(Format::Html, &document(cases, false))
}

/// A page without its style and script, which are not looked at here.
fn shown(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (middle, rest) = rest.split_once("<script>").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    format!("{before}{middle}{after}")
}

/// Everything that a case can have.
pub(super) fn full() -> Vec<Case> {
    let mut cases = every_verdict();
    cases[1].fix = "Name the audience.".to_owned();
    cases[1].means = Some(Means::Minted);
    cases[0].means = Some(Means::Plain);
    cases[0].predicted = Some(Predicted { phrase: "401".to_owned(), status: Some(401), answered_by: None });
    cases[0].drift = Some(text("the settings say: 401; the function answered 200"));
    cases.push(Case { variant: "audience=crm".to_owned(), ..cases[1].clone() });
    let waiver =
        Waiver { owner: "ops".to_owned(), until: "2027-01-31".to_owned(), reason: "replaced in May".to_owned() };
    let reason = Some("the function answered");
    cases.push(Case { waiver: Some(waiver), ..case("old-path", Verdict::Warn, reason) });
    cases
}

#[test]
fn a_person_reads_what_matters_first() {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("sha256-[^']+", "DIGEST");
    settings.bind(|| insta::assert_snapshot!(shown(&html(&full()))));
}

#[test]
fn a_decision_stands_above_the_verdict() {
    let mut page = Vec::new();
    let mut reporter = Html::new(&mut page);
    reporter.event(&Event::Opened(&opening(0))).unwrap();
    let mut closing = Tally::default().close(false, "2026-08-01T09:30:02Z".to_owned(), Milliseconds::default(), vec![]);
    assert_eq!(closing.verdict, RunVerdict::Inconclusive);
    let remedies = vec![text("name <b>the</b> caller")];
    closing.decision = Some(Decision { word: Go::NoGo, why: text("1 required case failed"), remedies });
    reporter.event(&Event::Closed(&closing)).unwrap();
    drop(reporter);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains(r#"<span class="outcome bad">NO-GO</span> <span class="why">1 required case failed</span>"#));
    assert!(page.contains("<li>name &lt;b&gt;the&lt;/b&gt; caller</li>"), "{page}");
}

/// The tags of a page that are no text, in the order in which they come; elements must be closed as they were opened.
#[track_caller]
fn tags(page: &str) -> BTreeMap<String, usize> {
    const VOID: [&str; 4] = ["meta", "input", "br", "!DOCTYPE"];
    let (mut open, mut count) = (Vec::new(), BTreeMap::new());
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            // Not closed by need: an option ends where the next begins.
            Some(closed) => assert_eq!(open.pop(), Some(closed.to_owned()), "{tag}"),
            None if VOID.contains(&name) => {}
            None => open.push(name.to_owned()),
        }
        *count.entry(name.to_owned()).or_default() += 1;
    }
    assert!(open.is_empty(), "{open:?}");
    count
}

#[test]
fn every_element_is_closed_and_none_loads_anything() {
    let page = shown(&html(&full()));
    let tags = tags(&page);
    for loading in ["img", "link", "iframe", "object", "embed", "base", "audio", "video", "source", "svg"] {
        assert!(!tags.contains_key(loading), "{loading}");
    }
    assert_eq!(tags["details"], 9 + 6, "cases, and groups of them");
    let links = page.matches("href=\"").count();
    assert_eq!(links, page.matches("href=\"#").count(), "every link leads within the page");
    let anchors = page.split("href=\"#c").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<usize>().ok());
    for anchor in anchors {
        assert!(page.contains(&format!("id=\"c{anchor}\"")), "{anchor}");
    }
}

#[rstest]
#[case::failed(Verdict::Fail)]
#[case::skipped(Verdict::Skip)]
#[case::passed(Verdict::Pass)]
fn nothing_from_outside_becomes_markup(#[case] verdict: Verdict) {
    let page = html(&[Case { verdict, ..hostile() }]);
    assert!(page.chars().all(|one| one == '\n' || !one.is_control()));
    assert!(!page.contains(['\u{202e}', '\u{ffff}']));
    let shown = shown(&page);
    assert!(!shown.contains("<!--") && !shown.contains("</failure>"), "{shown}");
    tags(&shown);
}

#[test]
fn many_cases_cost_no_memory_that_grows() {
    let (one, many) = (html(&vec![breach(); 30]), html(&vec![breach(); 3_000]));
    assert!(many.contains(" and 2980 more below</dd>"));
    let head = |page: &str| page.find("<h2 id=\"cases\">").unwrap();
    assert!(head(&many) < head(&one) + 200, "what stands before the cases does not grow");
}

proptest! {
    #[test]
    fn any_text_stays_text(texts in prop::array::uniform4(any::<String>()), bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        // A label without a text is not there.
        let [id, title, theme, reason] = texts.map(|text| format!("x{text}"));
        let hostile = Case {
            title, theme, replay: Some(Redactor::default().bytes(&bytes)),
            ..case(&id, Verdict::Fail, Some(&reason))
        };
        let plain = tags(&shown(&html(&[Case { replay: Some(text("x")), ..case("x", Verdict::Fail, Some("x")) }])));
        prop_assert_eq!(tags(&shown(&html(&[hostile]))), plain);
    }
}
