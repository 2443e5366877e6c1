//! The profile reader: whatever the text, it says what is wrong at places that the text has.

#![no_main]

use diagnostics::{Source, render};
use libfuzzer_sys::fuzz_target;
use scenario::Profile;

fuzz_target!(|text: &str| {
    let (profile, diagnostics) = Profile::read(&Source::new("fuzz.yaml", text), &|_| None);
    render(&diagnostics, true);
    assert!(profile.is_some() || !diagnostics.is_empty());
});
