use rstest::rstest;
use serde_json::json;

use super::*;

fn recipe(written: Value) -> Recipe {
    let mut written = written;
    written["caller"] = "listed".into();
    serde_json::from_value(written).unwrap()
}

#[rstest]
#[case::words(json!({"signature": "extended"}))]
#[case::zero_led(json!({"signature": "zero-led"}))]
#[case::spliced(json!({"signature": "spliced"}))]
#[case::hashed_nonce(json!({"signature": "hashed-nonce"}))]
#[case::stranger_ec(json!({"signature": "stranger-ec"}))]
#[case::stranger_ed(json!({"signature": "stranger-ed"}))]
#[case::by(json!({"signature": {"by": "PS256"}}))]
#[case::low_exponent(json!({"signature": {"low-exponent": 3}}))]
#[case::bytes(json!({"signature": {"bytes": [{"repeat": "\u{0}", "times": 64}]}}))]
#[case::hmac(json!({"signature": {"hmac": "pkcs1-pem-trimmed"}}))]
#[case::hmac_text(json!({"signature": {"hmac": {"text": "${target.tenant}"}}}))]
#[case::header(json!({"signature": "issuer", "header": [["alg", ["none"]], ["kid"], ["typ", null]]}))]
#[case::edits(json!({
    "header-bytes": {"instead": ["{}"], "first": ["a"], "last": [{"hex": "00"}]},
    "payload-bytes": {"before": [{"hex": "feff"}], "after": ["b", {"repeat": "[", "times": 10}], "charset": "utf16-be"},
    "signature": "issuer"
}))]
#[case::base64(json!({"base64": {"header": "standard", "payload": "none", "signature": "spare-bits"}, "signature": "issuer"}))]
#[case::shape(json!({"signature": "issuer", "shape": ["${header}.${payload}."]}))]
fn every_forgery_survives_json(#[case] forge: Value) {
    let read = recipe(json!({"forge": forge}));
    assert_eq!(serde_json::to_value(&read.forge).unwrap(), forge);
}

#[rstest]
#[case::encoded(json!({"base64": {"payload": "padded"}}), Need::Mintable)]
#[case::edited(json!({"header-bytes": {"after": [" "]}}), Need::Mintable)]
#[case::by(json!({"signature": {"by": "RS256"}}), Need::Mintable)]
#[case::spliced(json!({"signature": "spliced"}), Need::Mintable)]
#[case::shaped(json!({"shape": ["${header}.${payload}.${signature}."]}), Need::Issued)]
#[case::malleable(json!({"base64": {"signature": "padded"}}), Need::Issued)]
#[case::edited_and_kept(json!({"header-bytes": {"after": [" "]}, "signature": "keep"}), Need::Forgeable)]
#[case::curve(json!({"signature": "stranger-ec"}), Need::Forgeable)]
fn needs_are_derived(#[case] forge: Value, #[case] need: Need) {
    assert_eq!(recipe(json!({"forge": forge})).need(), need);
}

fn named() -> Recipe {
    recipe(json!({
        "audience": "${target.audience}",
        "claims": [["aud", ["${upper:target.audience}", "${issued.aud}"]], ["${target.tenant}", "${text:target.audience}"]],
        "forge": {
            "header": [["jku", "${sink.url}/keys"], ["jwk", "${stranger.jwk}"], ["kid"]],
            "header-bytes": {"instead": ["${a.instead}"], "first": ["${a.first}"], "last": ["${a.last}"]},
            "payload-bytes": {"before": ["${a.before}"], "after": [{"repeat": "${a.after}", "times": 2}]},
            "signature": {"hmac": {"text": "${a.secret}"}},
            "shape": ["${header}${payload}${lower:a.shape}${signature}"]
        }
    }))
}

#[test]
fn all_variables_are_told() {
    let names = [
        "a.after",
        "a.before",
        "a.first",
        "a.instead",
        "a.last",
        "a.secret",
        "a.shape",
        "issued.aud",
        "sink.url",
        "stranger.jwk",
        "target.audience",
        "target.tenant",
    ];
    assert_eq!(named().variables().into_iter().collect::<Vec<_>>(), names);
    assert!(Recipe::default().variables().is_empty());
}

#[test]
fn a_recipe_is_filled_but_for_what_forging_fills() {
    let mut recipe = named();
    recipe.fill(&|name| Some(format!("<{}>", name.to_uppercase()))).unwrap();
    let wanted = json!({
        "caller": "listed",
        "audience": "<TARGET.AUDIENCE>",
        "version": "settings",
        "lifetime": {},
        "claims": [["aud", ["<TARGET.AUDIENCE>", "${issued.aud}"]], ["<TARGET.TENANT>", "<TARGET.AUDIENCE>"]],
        "forge": {
            "header": [["jku", "<SINK.URL>/keys"], ["jwk", "${stranger.jwk}"], ["kid"]],
            "header-bytes": {"instead": ["<A.INSTEAD>"], "first": ["<A.FIRST>"], "last": ["<A.LAST>"]},
            "payload-bytes": {"before": ["<A.BEFORE>"], "after": [{"repeat": "<A.AFTER>", "times": 2}]},
            "signature": {"hmac": {"text": "<A.SECRET>"}},
            "shape": ["${header}${payload}<a.shape>${signature}"]
        }
    });
    assert_eq!(serde_json::to_value(&recipe).unwrap(), wanted);
    assert_eq!(recipe.variables().into_iter().collect::<Vec<_>>(), ["issued.aud", "stranger.jwk"]);
}

#[test]
fn what_nobody_fills_is_told() {
    let error = named().fill(&|name| (name != "sink.url").then(String::new)).unwrap_err();
    assert_eq!(error.to_string(), "`${sink.url}` is not known here");
    let mut misplaced = recipe(json!({"claims": [["a", "${payload}"]]}));
    assert_eq!(misplaced.fill(&|_| None).unwrap_err().to_string(), "`${payload}` is not known here");
}

#[rstest]
#[case::nothing(json!({}), (false, false))]
#[case::stranger(json!({"signature": "stranger"}), (true, false))]
#[case::stranger_named(json!({"header": [["jwk", "${stranger.jwk}"]]}), (true, false))]
#[case::curve(json!({"signature": "stranger-ec", "header": [["jwk", "${stranger-ec.jwk}"]]}), (false, false))]
#[case::secret(json!({"signature": {"hmac": "modulus"}}), (false, true))]
#[case::own_secret(json!({"signature": {"hmac": {"text": "a"}}}), (false, false))]
#[case::named(json!({"shape": ["${lower:issuer.jwk}"]}), (false, true))]
fn what_a_recipe_draws_on_is_told(#[case] forge: Value, #[case] (stranger, issuer): (bool, bool)) {
    let recipe = recipe(json!({"forge": forge}));
    assert_eq!((recipe.uses_stranger(), recipe.uses_issuer_key()), (stranger, issuer));
}
