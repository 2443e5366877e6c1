//! The readers know exactly the keys that the schemas have.

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostics::{Diagnostic, Source};
use scenario::Profile;
use serde_json::Value as Json;

use crate::schema::{profile_schema, scenario_schema};

/// A key that nobody means: it makes a reader say which ones it knows.
const PROBE: &str = "zzzzzzzzzzzzzzzzzzzz";

/// Every mapping with keys of its own: where the schema has it, and a file with the probe in it.
const SCENARIO: [(&str, &str); 19] = [
    ("", "ZZ: 1"),
    ("/$defs/step", "steps: [{ ZZ: 1 }]"),
    ("/$defs/step/properties/tls", "steps: [{ tls: { ZZ: 1 } }]"),
    ("/$defs/send/anyOf/1", "{ send: { ZZ: 1 }, expect: refused }"),
    ("/$defs/token/anyOf/1", "{ send: { token: { ZZ: 1 } }, expect: refused }"),
    ("/$defs/set", "{ send: { token: { claims: { a: { ZZ: 1 } } } }, expect: refused }"),
    ("/$defs/forge/anyOf/1", "{ send: { token: { forge: { ZZ: 1 } } }, expect: refused }"),
    ("/$defs/signature", "{ send: { token: { forge: { signature: { ZZ: 1 } } } }, expect: refused }"),
    ("/$defs/hmac-text", "{ send: { token: { forge: { signature: { hmac: { ZZ: 1 } } } } }, expect: refused }"),
    ("/$defs/expect/anyOf/1", "{ send: {}, expect: { ZZ: 1 } }"),
    ("/$defs/header-text", "{ send: {}, expect: { headers: { a: { ZZ: 1 } } } }"),
    ("/$defs/hex", "{ send: { body: { hex: '00', ZZ: 1 } }, expect: refused }"),
    ("/$defs/repeat", "{ send: { body: { ZZ: 1 } }, expect: refused }"),
    ("/$defs/edit/anyOf/1", "{ send: { token: { forge: { header-bytes: { ZZ: 1 } } } }, expect: refused }"),
    ("/$defs/base64/anyOf/1", "{ send: { token: { forge: { base64: { ZZ: 1 } } } }, expect: refused }"),
    ("/$defs/documents", "steps: [{ issuer: { ZZ: 1 } }]"),
    ("/$defs/trouble-with-more", "steps: [{ issuer: { jwks: { ZZ: 1 } } }]"),
    ("/$defs/keys", "steps: [{ issuer: { jwks: { keys: { ZZ: 1 } } } }]"),
    ("/$defs/body", "{ send: {}, expect: { body: { ZZ: 1 } } }"),
];

const PROFILE: [(&str, &str); 21] = [
    ("", "ZZ: 1"),
    ("/$defs/target", "target: { ZZ: 1 }"),
    ("/$defs/settings-file", "settings: { ZZ: 1 }"),
    ("/$defs/marker", "target: { marker: { ZZ: 1 } }"),
    ("/$defs/principal", "target: { principal: { ZZ: 1 } }"),
    ("/$defs/caller", "callers: { listed: { ZZ: 1 } }"),
    ("/$defs/credential", "callers: { listed: { credential: { ZZ: 1 } } }"),
    ("/$defs/user-assigned", "callers: { listed: { credential: { managed-identity: { ZZ: 1 } } } }"),
    ("/$defs/azure-pipelines", "callers: { listed: { credential: { azure-pipelines: { ZZ: 1 } } } }"),
    ("/$defs/certificate", "callers: { listed: { credential: { certificate: { ZZ: 1 } } } }"),
    ("/$defs/api", "apis: { another-api: { ZZ: 1 } }"),
    ("/$defs/secret", "callers: { listed: { credential: { token: { ZZ: 1 } } } }"),
    ("/$defs/running", "issuer: { control: 'https://localhost', ZZ: 1 }"),
    ("/$defs/mocks", "issuer: { ZZ: 1 }"),
    ("/$defs/opening", "target: { excluded: { ZZ: 1 } }"),
    ("/$defs/keys", "target: { keys: { ZZ: 1 } }"),
    ("/$defs/gateway", "gateway: { ZZ: 1 }"),
    ("/$defs/previous", "previous: { ZZ: 1 }"),
    ("/$defs/waiver", "waivers: [{ ZZ: 1 }]"),
    ("/$defs/sink", "sink: { ZZ: 1 }"),
    ("/$defs/limits", "limits: { ZZ: 1 }"),
];

#[test]
fn a_scenario_has_the_keys_of_its_schema() {
    compare(&scenario_schema(), &SCENARIO, |source| scenario::read(&[source]).1);
}

#[test]
fn a_profile_has_the_keys_of_its_schema() {
    compare(&profile_schema(), &PROFILE, |source| Profile::read(&source, &|_| None).1);
}

fn compare(schema: &Json, places: &[(&str, &str)], read: fn(Arc<Source>) -> Vec<Diagnostic>) {
    for (pointer, text) in places {
        let properties = schema.pointer(pointer).and_then(|place| place["properties"].as_object()).expect(pointer);
        // `control` stands in the other form of an issuer, `hex` in that of bytes; until it is written both are open, and the
        // reader suggests it.
        let other_form = match *pointer {
            "/$defs/mocks" => Some("control"),
            "/$defs/repeat" => Some("hex"),
            _ => None,
        };
        let in_schema: BTreeSet<&str> = properties.keys().map(String::as_str).chain(other_form).collect();
        let told = read(Source::new("probe.yaml", text.replace("ZZ", PROBE)));
        let about = told.iter().find(|one| one.message.contains(PROBE)).expect(text);
        let known = about.help.as_deref().and_then(|help| help.strip_prefix("known here: ")).expect(text);
        assert_eq!(known.split(", ").collect::<BTreeSet<_>>(), in_schema, "{pointer} of the schema, {text}");
    }
    // Variables are filled before anything is read, so that no reader knows their mapping.
    let filled = usize::from(schema.pointer("/$defs/environment").is_some());
    assert_eq!(mappings(schema), places.len() + filled, "mappings of the schema that are compared");
}

/// How many mappings with keys of their own a schema has.
fn mappings(schema: &Json) -> usize {
    let own = usize::from(
        schema.get("properties").is_some() && schema.get("additionalProperties") == Some(&Json::Bool(false)),
    );
    let inner: usize = match schema {
        Json::Object(members) => members.values().map(mappings).sum(),
        Json::Array(items) => items.iter().map(mappings).sum(),
        _ => 0,
    };
    own + inner
}
