use proptest::prelude::*;
use results::{Case, Verdict};

use super::html::full;
use super::run::{breach, case, document, hostile, play, report};
use crate::{Format, Markdown};

fn within(bytes: usize, cases: &[Case]) -> String {
    let mut page = Vec::new();
    play(cases, false, &mut Markdown::within(bytes, &mut page)).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn a_pull_request_shows_what_matters() {
    insta::assert_snapshot!(report(Format::Markdown, &document(&full(), false)));
}

/// Many scenarios that fail, many that are skipped, each for a reason of its own.
fn many() -> Vec<Case> {
    let failed = (0..500).map(|at| Case { id: format!("failed-{at}"), ..breach() });
    let skipped = (0..500).map(|at| case("skipped", Verdict::Skip, Some(&format!("reason {at}"))));
    failed.chain(skipped).collect()
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let page = within(20_000, &many());
    assert!(page.len() <= 20_000 && page.len() > 15_000, "{}", page.len());
    let told = page.matches("**A token for another API is refused**").count();
    let more = format!("and {} scenarios more: the result document (`--results FILE`)", 500 - told);
    assert!(page.contains(&more), "{page}");
    assert!(page.contains("### Not played\n\n- 450 cases: several reasons"), "{page}");
    assert!(
        page.ends_with("### Notes\n\n- a profile with a tenant, an audience and callers would add 12 cases\n"),
        "{page}"
    );
}

#[test]
fn many_failures_are_folded() {
    let page = within(usize::MAX, &many());
    let (open, folded) = page.split_once("\n<details><summary>The other scenarios that failed</summary>\n").unwrap();
    assert_eq!(open.matches("**A token for another API is refused**").count(), 20);
    assert_eq!(folded.split_once("\n</details>\n").unwrap().0.matches("**A token for").count(), 480);
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let page = within(usize::MAX, &[hostile(), Case { title: "@octocat <b> [x](y)".to_owned(), ..breach() }]);
    assert!(page.chars().all(|one| one == '\n' || !one.is_control()), "{page:?}");
    assert!(page.contains(r"**@&#8203;octocat &lt;b&gt; \[x\](y)**"), "{page}");
    assert!(page.contains(r"- expected: \\u{1b}\[31m\\u{7}\]\]&gt;&lt;/failure&gt;"), "{page}");
}

proptest! {
    #[test]
    fn no_page_is_longer_than_its_bound(bytes in 0usize..30_000, failures in 0usize..40, texts in prop::array::uniform3(any::<String>())) {
        let [id, title, reason] = texts;
        let one = Case { title, ..case(&id, Verdict::Fail, Some(&reason)) };
        let cases: Vec<Case> = (0..failures).map(|at| Case { id: format!("{at}{id}"), ..one.clone() }).collect();
        prop_assert!(within(bytes, &cases).len() <= bytes);
    }
}
