use proptest::prelude::*;
use quick_xml::{Reader, XmlVersion, events::Event as Xml};
use results::{Case, Redactor, Verdict};
use rstest::rstest;

use super::run::{case, document, every_verdict, hostile, report};
use crate::Format;

fn junit(cases: &[Case], interrupted: bool) -> String {
    report(Format::Junit, &document(cases, interrupted))
}

/// An element as it reads back.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value)
    }
}

/// Reads a document back, checking that it is well-formed and holds no character that XML 1.0 has no place for.
fn elements(xml: &str) -> Vec<Element> {
    let allowed = |one: char| matches!(one, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..) && !one.is_control();
    assert!(xml.chars().all(|one| one == '\n' || allowed(one)), "{xml:?}");
    let mut reader = Reader::from_str(xml);
    reader.config_mut().enable_all_checks(true);
    let (mut done, mut open) = (Vec::new(), Vec::<Element>::new());
    let start = |start: &quick_xml::events::BytesStart<'_>| Element {
        name: start.name().as_ref().to_owned(),
        attributes: start
            .attributes()
            .map(|one| {
                let one = one.unwrap();
                (one.key.as_ref().to_owned(), one.normalized_value(XmlVersion::Explicit1_0).unwrap().into_owned())
            })
            .collect(),
        text: String::new(),
    };
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(element) => open.push(start(&element)),
            Xml::Empty(element) => done.push(start(&element)),
            Xml::End(_) => done.push(open.pop().unwrap()),
            Xml::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text += &*text;
                }
            }
            Xml::GeneralRef(reference) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*reference)).unwrap().into_owned();
                open.last_mut().unwrap().text += &text;
            }
            Xml::Eof => break,
            Xml::Decl(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    done
}

#[test]
fn a_server_reads_every_verdict() {
    insta::assert_snapshot!(junit(&every_verdict(), false));
}

#[rstest]
#[case::whole(false, "false")]
#[case::interrupted(true, "true")]
fn the_counts_and_the_verdict_are_those_of_the_cases(#[case] interrupted: bool, #[case] told: &str) {
    let elements = elements(&junit(&every_verdict(), interrupted));
    for suite in elements.iter().filter(|one| one.name.starts_with("testsuite")) {
        let counts = ["tests", "failures", "errors", "skipped", "time"].map(|name| suite.attribute(name));
        assert_eq!(counts, ["7", "1", "2", "2", "1.540000"], "{}", suite.name);
    }
    let count = |name: &str| elements.iter().filter(|one| one.name == name).count();
    assert_eq!(["testcase", "failure", "error", "skipped"].map(count), [7, 1, 2, 2]);
    let property = |name: &str| elements.iter().find(|one| one.attribute("name") == name).unwrap().attribute("value");
    assert_eq!((property("verdict"), property("interrupted")), ("fail", told));
}

#[test]
fn an_empty_run_is_a_valid_document() {
    let elements = elements(&junit(&[], true));
    assert!(!elements.iter().any(|one| one.name == "testcase"));
}

#[test]
fn nothing_from_outside_leaves_its_element() {
    for verdict in [Verdict::Fail, Verdict::Error, Verdict::Warn, Verdict::Skip, Verdict::Recorded, Verdict::Pass] {
        let elements = elements(&junit(&[Case { verdict, ..hostile() }], false));
        let test = elements.iter().find(|one| one.name == "testcase").unwrap();
        assert!(test.attribute("classname").contains(r"\u{1b}[31m\u{7}]]></failure><!-- &"), "{test:?}");
    }
}

proptest! {
    #[test]
    fn any_text_makes_valid_xml_and_no_control_character(
        texts in prop::array::uniform4(any::<String>()),
        bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let [id, title, variant, reason] = texts;
        let hostile = Case {
            title,
            variant,
            replay: Some(Redactor::default().bytes(&bytes)),
            ..case(&id, Verdict::Fail, Some(&reason))
        };
        let elements = elements(&junit(&[hostile], false));
        prop_assert_eq!(elements.iter().filter(|one| one.name == "failure").count(), 1);
    }
}
