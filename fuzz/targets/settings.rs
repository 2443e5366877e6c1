//! The settings reader: whatever the text, it says what is wrong at places that the text has; and what was read can be decided by.

#![no_main]

use authsettings::{Credential, Facts, Request, decide, read};
use diagnostics::{Source, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (settings, diagnostics) = read(&Source::new("fuzz.json", text));
    render(&diagnostics, true);
    let Some(settings) = settings else {
        assert!(!diagnostics.is_empty());
        return;
    };
    for (credential, path) in
        [(Credential::None, "/"), (Credential::OtherScheme, "//api/%2e./é"), (Credential::Bearer, "/api/orders")]
    {
        let request = Request { https: true, path, query: None, host: "func.example.net", user_agent: None };
        // All else of the credential is unknown: every check of the settings is come to, and none passed over.
        decide(&settings, &Facts { credential, ..Facts::default() }, &request);
    }
});
