//! Properties that hold for any text.

use diagnostics::{Source, render};
use proptest::prelude::*;
use scenario::Profile;

use crate::files::{scenarios, source};

/// Reads a text as both, and renders what is told.
fn survive(text: &str) {
    let source = Source::new("any.yaml", text);
    let (scenarios, told) = scenario::read(std::slice::from_ref(&source));
    render(&told, true);
    for scenario in scenarios {
        assert_eq!(scenario.cases().count(), scenario.case_count());
        scenario.cases().for_each(|case| drop(case.variables()));
    }
    render(&Profile::read(&source, &|_| None).1, true);
}

/// Words of the format, so that the readers are reached and not only the parser.
const WORDS: [&str; 48] = [
    "id",
    "any",
    "send",
    "expect",
    "steps",
    "variants",
    "token",
    "caller",
    "claims",
    "forge",
    "signature",
    "headers",
    "status",
    "outcome",
    "recorded",
    "absent",
    "set",
    "${a}",
    "${token}",
    "${",
    "-15m",
    "401",
    "null",
    "target",
    "fix",
    "to",
    "lines",
    "without",
    "other-token",
    "hex",
    "00ff",
    "repeat",
    "times",
    "header-bytes",
    "instead",
    "base64",
    "shape",
    "bytes",
    "hmac",
    "issuer",
    "jwks",
    "keys",
    "wait",
    "also",
    "never",
    "${upper:issued.aud}",
    "${target.host}",
    "excluded",
];

proptest! {
    #[test]
    fn any_text_is_survived(text in "[ -~\\n\\té\u{feff}\u{1f600}]{0,120}") {
        survive(&text);
    }

    #[test]
    fn any_heap_of_our_words_is_survived(
        pieces in proptest::collection::vec((proptest::sample::select(&WORDS[..]), "[:,\\[\\]{}\"\\n -]{1,3}"), 0..40)
    ) {
        let text: String = pieces.iter().flat_map(|(word, mark)| [*word, mark]).collect();
        survive(&text);
    }

    #[test]
    fn a_scenario_with_a_part_cut_out_is_survived(index in any::<proptest::sample::Index>(), from in 0.0..1.0f64, length in 0usize..60) {
        let mut sources = scenarios();
        sources.push(source("crates/scenario/tests/whole/every-key.yaml"));
        let text: Vec<char> = index.get(&sources).text.chars().collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
        let start = (from * text.len() as f64) as usize;
        let end = (start + length).min(text.len());
        survive(&text[..start].iter().chain(&text[end..]).collect::<String>());
    }

    #[test]
    fn there_are_as_many_cases_as_the_product_of_the_axes(sizes in proptest::collection::vec(1usize..6, 0..5)) {
        let axes: Vec<String> = sizes.iter().enumerate().map(|(axis, size)| {
            format!("a{axis}: [{}]", (0..*size).map(|value| format!("v{value}")).collect::<Vec<_>>().join(", "))
        }).collect();
        let query: Vec<String> = (0..sizes.len()).map(|axis| format!("${{a{axis}}}")).collect();
        let query = query.join(".");
        let text = format!(
            "{{ id: any, title: t, why: w, severity: low, cite: [c], fix: f, variants: {{ {} }}, send: {{ query: '{query}' }}, expect: refused }}",
            axes.join(", ")
        );
        let (scenarios, told) = scenario::read(&[Source::new("any.yaml", text)]);
        prop_assert_eq!(told, []);
        let mut seen: Vec<(String, String)> = scenarios[0]
            .cases()
            .map(|case| (case.variant.clone(), case.exchanges().next().unwrap().send.query.as_ref().map(ToString::to_string).unwrap_or_default()))
            .collect();
        let product: usize = sizes.iter().product();
        prop_assert_eq!(seen.len(), product);
        prop_assert_eq!(scenarios[0].case_count(), product);
        seen.sort();
        seen.dedup_by(|a, b| a.0 == b.0 || a.1 == b.1);
        prop_assert_eq!(seen.len(), product, "no two alike");
    }
}
