//! The scenario reader: whatever the text, it says what is wrong at places that the text has, and gives every case it promised.

#![no_main]

use diagnostics::{Source, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Source::new("scenarios/fuzz/fuzz.yaml", text);
    let (scenarios, diagnostics) = scenario::read(&[source]);
    render(&diagnostics, true);
    for scenario in &scenarios {
        // A million variants are legal and tell nothing new.
        let cases: Vec<_> = scenario.cases().take(100).collect();
        assert_eq!(cases.len(), scenario.case_count().min(100));
        for case in &cases {
            case.need();
        }
    }
});
