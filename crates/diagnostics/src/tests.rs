//! Files as people really break them, and what they are told.

use insta::assert_snapshot;
use proptest::prelude::*;

use crate::{Diagnostic, Problems, Source, Value, parse, render};

/// Reads a small made-up format: a required id, an optional count, a mode of two words, a list.
fn read(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("case.yaml", text);
    let node = match parse(&source) {
        Ok(node) => node,
        Err(diagnostic) => return vec![diagnostic],
    };
    let problems = Problems::new(&source);
    if let Some(fields) = problems.fields(&node) {
        fields.required_text("id");
        fields.optional("count").and_then(|node| problems.integer(node));
        fields.optional("mode").and_then(|node| problems.word(node, &[("fast", 1), ("slow", 2)]));
        fields.texts("cite");
        fields.finish();
    }
    problems.into_vec()
}

#[test]
fn a_good_file_is_read_without_a_word() {
    assert_eq!(read("id: one\ncount: 3\nmode: fast\ncite: [a, b]\n"), []);
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    assert_snapshot!(render(&read("idd: one\ncount: three\nmode: fsat\ncite: [a, 2]\n"), false));
}

#[test]
fn a_key_given_twice_is_pointed_at() {
    assert_snapshot!(render(&read("id: one\nmode: fast\nid: two\n"), false));
}

#[test]
fn an_open_bracket_is_pointed_at() {
    assert_snapshot!(render(&read("id: one\ncite: [a, b\nmode: fast\n"), false));
}

#[test]
fn an_alias_is_refused() {
    assert_snapshot!(render(&read("id: &x one\ncite: [*x]\n"), false));
}

#[test]
fn a_secret_is_masked_wherever_its_line_is_shown() {
    let source = Source::new("case.yaml", "key: { secret: \"né-hunter2\", colour: blue }\n");
    let node = parse(&source).expect("valid");
    let problems = Problems::new(&source);
    let key = problems.fields(&node).and_then(|fields| problems.fields(fields.required("key")?)).expect("a mapping");
    let secret = key.required("secret").expect("there").span;
    problems.secret(secret);
    problems.error(secret, "a secret is written out", "take it out");
    key.finish();
    assert_snapshot!(render(&problems.into_vec(), false));
}

#[test]
fn json_with_tabs_and_a_byte_order_mark_is_read() {
    assert_eq!(read("\u{feff}{\n\t\"id\": \"one\",\n\t\"cite\": [\"a\"]\n}\n"), []);
}

#[test]
fn spans_are_bytes_also_behind_other_alphabets() {
    let source = Source::new("x.yaml", "id: \"né\"\nmode: fast\n");
    let node = parse(&source).expect("valid");
    let Value::Map(entries) = node.value else { panic!("a mapping") };
    let span = entries[1].1.span;
    assert_eq!(&source.text[span.start..span.end], "fast");
    assert_eq!(source.line_column(span.start), (2, 7));
}

#[test]
fn an_empty_file_says_so() {
    assert_eq!(read("")[0].message, "the file is empty");
    assert_eq!(read("# only a comment\n")[0].message, "the file is empty");
}

#[test]
fn of_a_long_line_and_of_long_words_what_is_near_is_shown() {
    let text =
        format!("{{\"first\": \"{}é\", \"second\": 3,\n\"third\": [\n{}]}}", "x".repeat(3_000), "4,\n".repeat(1_000));
    let source = Source::new("case.json", text);
    let at = |word: &str, length: usize| {
        let start = source.text.find(word).unwrap();
        Diagnostic::error(&source, crate::Span { start, end: start + length }, "something").label("here")
    };
    let whole = crate::Span { start: 0, end: source.text.len() };
    let told = [at("3,", 1), at("[\n", 3_000), Diagnostic::error(&source, whole, "all of it")];
    assert_snapshot!(render(&told, false));
}

proptest! {
    /// No text makes the reader or the renderer panic.
    #[test]
    fn any_text_is_survived(text in "[ -~\\n\\té\u{feff}]{0,80}") {
        let found = read(&text);
        render(&found, true);
        for one in &found {
            one.place();
        }
    }
}
