use proptest::prelude::*;
use rstest::rstest;

use super::parse_json;
use crate::{Diagnostic, Node, Source, Value, parse, render};

fn read(text: &str) -> Result<Node, Diagnostic> {
    parse_json(&Source::new("settings.json", text))
}

/// The same tree without its places.
fn bare(value: &Value) -> String {
    match value {
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| bare(&item.value)).collect::<Vec<_>>().join(","))
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, node)| format!("{:?}:{}", key.text, bare(&node.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Number(value) => format!("{value:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Unknown => "?".to_owned(),
    }
}

#[rstest]
#[case::empty_object("{}", "{}")]
#[case::empty_list("[ ]", "[]")]
#[case::nested(r#"{"a": [1, {"b": []}, -2.5e3], "c": null}"#, r#"{"a":[1,{"b":[]},-2500.0],"c":null}"#)]
#[case::float("72.0", "72.0")]
#[case::whole_beyond_64_bits("18446744073709551616", "1.8446744073709552e19")]
#[case::escapes(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, r#""\"\\/\u{8}\u{c}\n\r\té😀é""#)]
#[case::comments("// first\n{ /* a */ \"a\" /* b */ : // c\n true } // last", r#"{"a":true}"#)]
#[case::address(r#"["https://x/*", "//"]"#, r#"["https://x/*","//"]"#)]
#[case::byte_order_mark("\u{feff}[true]", "[true]")]
fn what_is_json_is_read(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(bare(&read(text).unwrap().value), expected);
}

#[test]
fn a_byte_order_mark_that_is_in_the_text_keeps_the_places_right() {
    let source = std::sync::Arc::new(Source { name: "x".to_owned(), text: "\u{feff}[true]".to_owned() });
    assert_eq!(parse_json(&source).unwrap().span.start, 3);
}

#[test]
fn every_word_knows_its_bytes() {
    let source = Source::new("x.json", "{ \"né\": [ \"\\u00e9x\", 12 ] }");
    let node = parse_json(&source).unwrap();
    let Value::Map(entries) = &node.value else { panic!("an object") };
    let Value::List(items) = &entries[0].1.value else { panic!("a list") };
    let words = [node.span, entries[0].0.span, entries[0].1.span, items[0].span, items[1].span];
    assert_eq!(
        words.map(|span| &source.text[span.start..span.end]),
        ["{ \"né\": [ \"\\u00e9x\", 12 ] }", "\"né\"", "[ \"\\u00e9x\", 12 ]", "\"\\u00e9x\"", "12"]
    );
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let texts = [
        "",
        "// nothing\n",
        "{",
        "{\"a\"",
        "{\"a\": [1, 2",
        "{\"a\": 1,}",
        "[1,]",
        "[1 2]",
        "{\"a\" 1}",
        "{'a': 1}",
        "{a: 1}",
        "{\"a\": 1, \"b\": 2, \"a\": 3}",
        "[True]",
        "[None, 1]",
        "[é]",
        "[01]",
        "[1.]",
        "[-]",
        "[1e999]",
        "[12ab]",
        "[\"open]\n",
        "[\"a\tb\"]",
        "[\"\\x\"]",
        "[\"\\ud83d\"]",
        "[\"\\u00e\"]",
        "[\"\\é\"]",
        "[\"\\",
        "[1] 2",
        "[1] /* open",
        "[/1]",
    ];
    let told: Vec<String> = texts
        .iter()
        .map(|text| {
            let error = read(text).expect_err(text);
            format!("{text:?}\n    {}: {} ({})", error.place(), error.message, error.help.unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_object_that_is_not_closed_is_shown_where_it_was_opened() {
    insta::assert_snapshot!(render(&[read("{\n  \"a\": {\n    \"b\": 1,\n").unwrap_err()], false));
}

#[rstest]
#[case::lists("[", "]")]
#[case::objects("{\"a\":", "}")]
fn nesting_has_a_bound(#[case] open: &str, #[case] close: &str) {
    let nested = |depth| read(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
    assert!(nested(128).is_ok());
    assert_eq!(nested(129).unwrap_err().message, "nested too deeply");
    assert_eq!(read(&open.repeat(1_000_000)).unwrap_err().message, "nested too deeply");
}

#[test]
fn a_name_that_is_given_twice_is_found_among_many() {
    let many: Vec<String> = (0..100).map(|at| format!("\"n{at}\": 1")).collect();
    assert!(read(&format!("{{{}}}", many.join(","))).is_ok());
    let error = read(&format!("{{{}, \"n7\": 2}}", many.join(","))).unwrap_err();
    assert_eq!(error.message, "`n7` is given twice");
}

#[test]
fn ten_megabytes_are_read_whether_they_are_one_object_or_one_list() {
    let members: Vec<String> = (0..500_000).map(|at| format!("\"name-{at}\": \"é\\n\"")).collect();
    assert!(read(&format!("{{{}}}", members.join(","))).is_ok());
    assert!(read(&format!("[{}1]", "{\"a\": [1]},".repeat(800_000))).is_ok());
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "[ -!#-\\[\\]-~é]{0,8}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map("[a-zé]{1,4}", inner, 0..4).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.into_iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

proptest! {
    /// No text makes the reader panic, and every error has a place that can be shown.
    #[test]
    fn any_text_is_survived(text in "[\\[\\]{}\":,0-9eE.+\\\\/*truefalsn \\n\\té\u{feff}-]{0,60}") {
        if let Err(error) = read(&text) {
            render(&[error], true);
        }
    }

    /// What is JSON is YAML: both readers see the same tree.
    #[test]
    fn json_is_read_as_the_other_reader_reads_it(text in any_json()) {
        let other = parse(&Source::new("x", text.as_str())).unwrap();
        prop_assert_eq!(bare(&read(&text).unwrap().value), bare(&other.value));
    }
}
