//! What forging makes, to the byte, and what others say of its signatures.

use std::sync::LazyLock;

use aws_lc_rs::digest::{self, SHA256};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm as Named, DecodingKey, crypto};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::{Encodings, Forge, SigningKey, jwk::pem};

const NOW: i64 = 1_700_000_000;
/// Stands in for a signature where nobody looks at it.
const SIGNATURE: &[u8] = b"\x01\x02\x03\x04";
static ISSUER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(NOW).unwrap());
static STRANGER: LazyLock<Stranger> = LazyLock::new(|| SigningKey::generate(NOW).unwrap().into());

/// A token of these parts, by nobody.
fn token(header: &str, payload: &str) -> Token {
    Draft { header: header.into(), payload: payload.into() }.signed(SIGNATURE)
}

/// A token of the issuer's.
fn issued() -> Token {
    let header = format!(r#"{{"typ":"JWT","alg":"RS256","x5t":"{0}","kid":"{0}"}}"#, ISSUER.kid());
    let payload = r#"{"aud":"api://Orders","exp":1700000900,"roles":["A","B"],"uti":"one"}"#;
    let draft = Draft { header: header.into(), payload: payload.into() };
    draft.signed(&ISSUER.sign(Algorithm::Rs256, draft.signing_input().as_bytes()))
}

fn try_forge(base: &Token, forge: Value) -> Result<Token, TokenError> {
    let mut recipe = json!({"caller": "listed"});
    recipe["forge"] = forge;
    try_recipe(base, &serde_json::from_value(recipe).unwrap())
}

fn try_recipe(base: &Token, recipe: &Recipe) -> Result<Token, TokenError> {
    let published = json!(ISSUER.jwk().with_issuer("https://issuer/v2.0"));
    let materials = Materials { now: NOW, stranger: &|| &STRANGER, issuer: Some(&published) };
    match forge(base, recipe, &materials)? {
        Forged::Ready(token) => Ok(token),
        Forged::NeedsSignature { input, algorithm, unfinished } => unfinished.signed(&ISSUER.sign(algorithm, &input)),
    }
}

fn forged(forge: Value) -> Token {
    try_forge(&issued(), forge).unwrap()
}

/// The text that is signed and the signature, where the token is of three parts.
fn signed(token: &Token) -> (String, Vec<u8>) {
    let (input, signature) = token.expose().rsplit_once('.').unwrap();
    (input.to_owned(), BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap())
}

fn header(token: &Token) -> Value {
    token.open().unwrap().0.header_json().unwrap().into()
}

fn verifies(key: &DecodingKey, algorithm: Named, input: &[u8], signature: &[u8]) -> bool {
    crypto::verify(&BASE64_URL_SAFE_NO_PAD.encode(signature), input, key, algorithm).unwrap()
}

fn key_of(key: &SigningKey) -> DecodingKey {
    DecodingKey::from_rsa_components(&key.jwk().n, &key.jwk().e).unwrap()
}

#[rstest]
#[case::instead(json!({"instead": ["[]"]}), b"[]")]
#[case::empty(json!({"instead": [""]}), b"")]
#[case::first(json!({"first": ["\"a\":2,"]}), br#" {"a":2,"a":{"b":1}}"#)]
#[case::last(json!({"last": [",\"a\":2"]}), br#" {"a":{"b":1},"a":2}"#)]
#[case::before(json!({"before": [{"hex": "efbbbf"}]}), b"\xEF\xBB\xBF {\"a\":{\"b\":1}}")]
#[case::after(json!({"after": ["\n,"]}), b" {\"a\":{\"b\":1}}\n,")]
#[case::all(
    json!({"instead": ["{}"], "first": ["1"], "last": [{"repeat": "2", "times": 3}], "before": ["<"], "after": [{"hex": "ff"}]}),
    b"<{1222}\xFF"
)]
#[case::utf16(json!({"instead": ["{}"], "before": ["\u{feff}"], "charset": "utf16-le"}), b"\xFF\xFE{\0}\0")]
#[case::utf16_be(json!({"instead": ["\u{1f600}"], "charset": "utf16-be"}), b"\xD8\x3D\xDE\x00")]
fn bytes_are_edited_as_they_say(#[case] edit: Value, #[case] bytes: &[u8]) {
    let base = token(r#" {"a":{"b":1}}"#, r#" {"a":{"b":1}}"#);
    for part in ["header-bytes", "payload-bytes"] {
        let token = try_forge(&base, json!({part: edit, "signature": "keep"})).unwrap();
        let (draft, signature) = token.open().unwrap();
        let (touched, other) =
            if part == "header-bytes" { (draft.header, draft.payload) } else { (draft.payload, draft.header) };
        assert_eq!((&*touched, &*other, &*signature), (bytes, br#" {"a":{"b":1}}"#.as_slice(), SIGNATURE));
    }
}

#[rstest]
#[case::brace(json!({"payload-bytes": {"instead": ["[]"], "first": ["1"]}}), "the payload cannot be edited: it has no opening brace")]
#[case::closing(json!({"header-bytes": {"instead": ["{"], "last": ["1"]}}), "the header cannot be edited: it has no closing brace")]
#[case::charset(
    json!({"payload-bytes": {"after": [{"hex": "ff"}], "charset": "utf16-le"}}),
    "the payload cannot be edited: only text can be written in another charset"
)]
#[case::hex(json!({"payload-bytes": {"after": [{"hex": "f"}]}}), "`f` is not hexadecimal; write two digits a byte")]
#[case::canonical(
    json!({"base64": {"payload": "padded"}, "payload-bytes": {"instead": ["abc"]}}),
    "the payload cannot be written otherwise: its length needs no padding, and no blank can be put behind what is not JSON"
)]
#[case::nothing_to_write(json!({"base64": {"signature": "padded"}, "signature": "empty"}),
    "the signature cannot be written otherwise: its length needs no padding, and no blank can be put behind what is not JSON")]
#[case::nonce(json!({"signature": "hashed-nonce"}), "the header cannot be edited: its nonce can only be hashed where it has one that is a text")]
#[case::exponent(json!({"signature": {"low-exponent": 5}}),
    "the key for the signature cannot be used: no signature can be made for the exponent 5; write 1 or 3")]
#[case::unknown(json!({"header": [["kid", "${kid}"]]}), "`${kid}` cannot be filled: nothing has this name when a token is forged")]
#[case::unfilled(json!({"shape": ["${caller.listed}"]}), "`${caller.listed}` cannot be filled: nothing has this name when a token is forged")]
#[case::misplaced(json!({"header": [["a", "${payload}"]]}), "`${payload}` cannot be filled: nothing has this name when a token is forged")]
#[case::claim(json!({"header": [["a", "${issued.nothing}"]]}), "`${issued.nothing}` cannot be filled: the token has none as issued")]
#[case::member(json!({"header": [["a", "${stranger.d}"]]}), "`${stranger.d}` cannot be filled: the key has no such member")]
fn what_cannot_be_forged_is_told(#[case] forge: Value, #[case] message: &str) {
    assert_eq!(try_forge(&issued(), forge).unwrap_err().to_string(), message);
}

#[rstest]
#[case::padded_header(json!({"base64": {"header": "padded"}}))]
#[case::padded_payload(json!({"base64": {"payload": "padded"}}))]
#[case::spare_bits(json!({"base64": {"header": "spare-bits", "payload": "spare-bits"}}))]
#[case::standard(json!({"base64": {"header": "standard"}, "header": [["x", "???"]]}))]
#[case::unencoded(json!({"base64": {"payload": "none"}, "header": [["b64", false], ["crit", ["b64"]]]}))]
#[case::bytes(json!({"payload-bytes": {"before": [{"hex": "efbbbf"}]}}))]
#[case::kid(json!({"header": [["kid", "unknown"]]}))]
fn what_is_sent_is_what_is_signed(#[case] forge: Value) {
    let token = forged(forge);
    let (input, signature) = signed(&token);
    assert_ne!(input, signed(&issued()).0);
    assert!(verifies(&key_of(&ISSUER), Named::RS256, input.as_bytes(), &signature));
}

#[test]
fn an_unencoded_payload_is_sent_as_it_is() {
    let token = forged(json!({"base64": {"payload": "none"}, "payload-bytes": {"instead": [{"hex": "ff2e00"}]}}));
    let header = issued().expose().split_once('.').unwrap().0.to_owned();
    assert!(token.expose_bytes().starts_with(&[header.as_bytes(), b".\xFF.\0."].concat()));
    assert!(token.expose().contains("\u{FFFD}"));
    let signature = token.expose().rsplit_once('.').unwrap().1;
    assert!(token.compact().ends_with(&format!("._y4A.{signature}")), "what tells a redactor the signature is compact");
    assert_eq!(token.to_string(), "(token withheld)");
}

#[rstest]
#[case::compact("${header}.${payload}.${signature}", "e30.e30.AQIDBA")]
#[case::dot("${header}.${payload}.${signature}.", "e30.e30.AQIDBA.")]
#[case::six("${header}.${payload}.${signature}.a.b.", "e30.e30.AQIDBA.a.b.")]
#[case::bare("${signature}", "AQIDBA")]
#[case::json(
    r#"{"payload":"${payload}","protected":"${header}","signature":"${signature}"}"#,
    r#"{"payload":"e30","protected":"e30","signature":"AQIDBA"}"#
)]
#[case::escaped("${header}%2E${payload}%2E${lower:signature}", "e30%2Ee30%2Eaqidba")]
fn parts_are_put_together_as_the_shape_says(#[case] shape: &str, #[case] shaped: &str) {
    let base = token("{}", "{}");
    let token = try_forge(&base, json!({"shape": [shape]})).unwrap();
    assert_eq!((token.expose(), token.compact()), (shaped, base.expose()));
    assert!(!format!("{token:?}").contains("AQIDBA"), "{token:?}");
}

#[test]
fn a_json_serialisation_can_hide_another_compact_one() {
    let shape = r#"{"${header}.${payload}.":1,"payload":"${issued.compact.payload}","signature":"${signature}"}"#;
    let forge = json!({"payload-bytes": {"instead": ["{\"aud\":1}"]}, "signature": "keep", "shape": [shape]});
    let base = token("{}", "{}");
    assert_eq!(
        try_forge(&base, forge).unwrap().expose(),
        r#"{"e30.eyJhdWQiOjF9.":1,"payload":"e30","signature":"AQIDBA"}"#
    );
    let nested = json!({"payload-bytes": {"instead": ["${issued.compact}"]}, "signature": "empty"});
    assert_eq!(try_forge(&base, nested).unwrap().open().unwrap().0.payload, b"e30.e30.AQIDBA");
}

#[rstest]
#[case::keep(json!("keep"), &[1, 2, 3, 4])]
#[case::flipped(json!("flipped"), &[1, 2, 2, 4])]
#[case::truncated(json!("truncated"), &[1, 2, 3])]
#[case::extended(json!("extended"), &[1, 2, 3, 4, 0x5A])]
#[case::zero_led(json!("zero-led"), &[0, 1, 2, 3, 4])]
#[case::empty(json!("empty"), &[])]
#[case::bytes(json!({"bytes": [{"hex": "00ff"}, "a"]}), &[0, 0xFF, b'a'])]
fn a_signature_is_of_these_bytes(#[case] kind: Value, #[case] bytes: &[u8]) {
    let base = token("{}", "{}");
    assert_eq!(try_forge(&base, json!({"signature": kind})).unwrap().open().unwrap().1, bytes);
}

#[rstest]
#[case("PS256", Named::PS256)]
#[case("RS512", Named::RS512)]
#[case("RS256", Named::RS256)]
fn the_issuer_signs_by_an_algorithm_that_the_header_does_not_name(#[case] name: &str, #[case] algorithm: Named) {
    let token = forged(json!({"signature": {"by": name}}));
    let (input, signature) = signed(&token);
    assert_eq!(input, signed(&issued()).0, "the content stays");
    assert!(verifies(&key_of(&ISSUER), algorithm, input.as_bytes(), &signature));
    assert_eq!(verifies(&key_of(&ISSUER), Named::RS256, input.as_bytes(), &signature), name == "RS256");
}

#[test]
fn a_spliced_signature_is_true_of_another_token() {
    let recipe: Recipe =
        serde_json::from_value(json!({"caller": "a", "forge": {"signature": "spliced", "header": [["alg", "PS256"]]}}))
            .unwrap();
    let materials = Materials { now: NOW, stranger: &|| unreachable!("not asked for"), issuer: None };
    let Forged::NeedsSignature { input, algorithm, unfinished } = forge(&issued(), &recipe, &materials).unwrap() else {
        panic!("the issuer must sign")
    };
    assert_eq!(algorithm, Algorithm::Rs256, "as the other token names it");
    let token = unfinished.signed(&ISSUER.sign(algorithm, &input)).unwrap();
    let (sent, signature) = signed(&token);
    assert!(verifies(&key_of(&ISSUER), Named::RS256, &input, &signature));
    assert!(!verifies(&key_of(&ISSUER), Named::RS256, sent.as_bytes(), &signature));
    let (another, base) = (Token::new(format!("{}.", String::from_utf8(input).unwrap())), issued());
    let [another, mut original] = [another, base].map(|token| token.open().unwrap().0.payload_json().unwrap());
    assert_ne!(another["uti"], "one");
    original["uti"] = another["uti"].clone();
    assert_eq!(another, original, "all else is the same");
}

#[test]
fn a_hashed_nonce_is_signed_in_the_place_of_the_nonce() {
    let token = forged(json!({"header": [["nonce", "abc"]], "signature": "hashed-nonce"}));
    let (draft, signature) = token.open().unwrap();
    let mut header = draft.header_json().unwrap();
    assert_eq!(header["nonce"], "abc");
    // SHA-256 of `abc` is FIPS 180-2's own example.
    header["nonce"] = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0".into();
    let hashed = Draft::of(&header, &draft.payload_json().unwrap()).signing_input();
    assert!(verifies(&key_of(&ISSUER), Named::RS256, hashed.as_bytes(), &signature));
    assert!(!verifies(&key_of(&ISSUER), Named::RS256, draft.signing_input().as_bytes(), &signature));
}

#[rstest]
#[case::p256("stranger-ec", "ES256", Named::ES256)]
#[case::ed25519("stranger-ed", "EdDSA", Named::EdDSA)]
fn strangers_on_curves_sign_and_are_named(#[case] word: &str, #[case] name: &str, #[case] algorithm: Named) {
    let token = forged(json!({"signature": word, "header": [["jwk", format!("${{{word}.jwk}}")]]}));
    let header = header(&token);
    assert_eq!(header["alg"], name);
    assert_eq!((&header["kid"], header.get("x5t")), (&header["jwk"]["kid"], None));
    let (input, signature) = signed(&token);
    assert_eq!(signature.len(), 64);
    let key = DecodingKey::from_jwk(&serde_json::from_value(header["jwk"].clone()).unwrap()).unwrap();
    assert!(verifies(&key, algorithm, input.as_bytes(), &signature));

    let named = json!({"signature": word, "header": [["kid", "${issued.header.kid}"], ["alg", "RS256"]]});
    let header = self::header(&forged(named));
    assert_eq!((header["kid"].as_str(), header["alg"].as_str()), (Some(ISSUER.kid()), Some("RS256")));
}

#[test]
fn a_curve_key_is_named_by_its_thumbprint() {
    let key = CurveKey::ed25519().unwrap();
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, key.jwk["x"]);
    assert_eq!(key.kid, BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&SHA256, members.as_bytes())));
    assert!(key.jwk.get("d").is_none());
}

/// What an HMAC may be keyed with, from the key itself rather than from what is published of it.
#[rstest]
#[case::spki_pem(json!("spki-pem"), ISSUER.public_pem().into_bytes())]
#[case::spki_der(json!("spki-der"), ISSUER.public_der())]
#[case::pkcs1_pem(json!("pkcs1-pem"), pem("RSA PUBLIC KEY", &ISSUER.components().pkcs1_der().unwrap()).into_bytes())]
#[case::pkcs1_der(json!("pkcs1-der"), ISSUER.components().pkcs1_der().unwrap())]
#[case::spki_trimmed(json!("spki-pem-trimmed"), ISSUER.public_pem().strip_suffix('\n').unwrap().into())]
#[case::pkcs1_trimmed(
    json!("pkcs1-pem-trimmed"),
    pem("RSA PUBLIC KEY", &ISSUER.components().pkcs1_der().unwrap()).strip_suffix('\n').unwrap().into()
)]
#[case::jwk(json!("jwk"), serde_json::to_vec(&ISSUER.jwk().with_issuer("https://issuer/v2.0")).unwrap())]
#[case::modulus(json!("modulus"), ISSUER.jwk().n.into_bytes())]
#[case::certificate_pem(json!("certificate-pem"), ISSUER.certificate_pem().into_bytes())]
#[case::certificate_der(json!("certificate-der"), ISSUER.certificate_der().to_vec())]
#[case::certificate_text(json!("certificate-text"), BASE64_STANDARD.encode(ISSUER.certificate_der()).into_bytes())]
#[case::empty(json!("empty"), Vec::new())]
#[case::text(json!({"text": "${issued.aud}${issued.exp}"}), b"api://Orders1700000900".to_vec())]
fn an_hmac_is_keyed_with_what_its_name_says(#[case] secret: Value, #[case] bytes: Vec<u8>) {
    for (name, algorithm) in [("HS256", Named::HS256), ("HS384", Named::HS384), ("HS512", Named::HS512)] {
        let token = forged(json!({"signature": {"hmac": secret}, "header": [["alg", name]]}));
        let (input, signature) = signed(&token);
        assert!(verifies(&DecodingKey::from_secret(&bytes), algorithm, input.as_bytes(), &signature), "{name}");
    }
}

#[rstest]
#[case::nothing(json!({}), "the issuer's key set gives it no `n`")]
#[case::certificate(json!({"n": "AQAB", "e": "AQAB"}), "the issuer's key set has no certificate for it (`x5c`)")]
fn a_published_key_that_lacks_something_is_told(#[case] published: Value, #[case] reason: &str) {
    let secret = if published.get("n").is_some() { "certificate-der" } else { "modulus" };
    let recipe = json!({"caller": "a", "forge": {"signature": {"hmac": secret}}});
    let materials = Materials { now: NOW, stranger: &|| unreachable!("not asked for"), issuer: Some(&published) };
    let error = forge(&issued(), &serde_json::from_value(recipe).unwrap(), &materials).unwrap_err();
    assert_eq!(error, TokenError::Key(reason.to_owned()));
}

#[rstest]
#[case::typed(json!("${issued.exp}"), json!(1_700_000_900))]
#[case::text(json!("${text:issued.exp}"), json!("1700000900"))]
#[case::list(json!("${issued.roles}"), json!(["A", "B"]))]
#[case::element(json!(["x", "${issued.aud}"]), json!(["x", "api://Orders"]))]
#[case::upper(json!("${upper:issued.aud}"), json!("API://ORDERS"))]
#[case::within(json!("<${lower:issued.aud}>"), json!("<api://orders>"))]
#[case::header_member(json!("${issued.header.alg}"), json!("RS256"))]
#[case::header(json!({"a": "${issued.header}"}), json!({"a": {"typ": "JWT", "alg": "RS256", "x5t": ISSUER.kid(), "kid": ISSUER.kid()}}))]
#[case::stranger(json!("${stranger.jwk}"), json!(STRANGER.key().jwk()))]
#[case::certificates(json!("${stranger.x5c}"), json!(STRANGER.key().jwk().x5c))]
#[case::kid(json!("${stranger.kid}"), json!(STRANGER.key().kid()))]
#[case::issuer(json!("${issuer.jwk}"), json!(ISSUER.jwk().with_issuer("https://issuer/v2.0")))]
fn variables_take_the_values_of_what_they_name(#[case] written: Value, #[case] value: Value) {
    let token = forged(json!({"header": [["it", written]], "signature": "keep"}));
    assert_eq!(header(&token)["it"], value);
}

#[test]
fn variables_are_filled_in_bytes_too() {
    let edit = json!({"last": [",\"exp\":${issued.exp}.5"]});
    let token = forged(json!({"payload-bytes": edit, "signature": "keep"}));
    let payload = String::from_utf8(token.open().unwrap().0.payload).unwrap();
    assert!(payload.ends_with(r#""uti":"one","exp":1700000900.5}"#), "{payload}");
}

#[test]
fn the_algorithm_is_that_of_the_members() {
    // A second `alg` beside the true one must not keep the token from being signed as the true one says.
    let token = forged(json!({"header": [["alg", "PS256"]], "header-bytes": {"last": [",\"alg\":\"none\""]}}));
    let (input, signature) = signed(&token);
    assert!(verifies(&key_of(&ISSUER), Named::PS256, input.as_bytes(), &signature));
    let token = forged(json!({"header-bytes": {"instead": ["{\"alg\":\"RS384\"}"]}, "signature": "stranger"}));
    let (input, signature) = signed(&token);
    assert!(verifies(&key_of(STRANGER.key()), Named::RS384, input.as_bytes(), &signature));
}

proptest! {
    /// A recipe that touches nothing gives the very token, whatever the token says.
    #[test]
    fn what_is_not_touched_stays(header: Vec<u8>, payload: Vec<u8>, signature: Vec<u8>, keep: bool) {
        let base = Draft { header, payload }.signed(&signature);
        let signature = if keep { Signature::Keep } else { Signature::Issuer };
        let recipe = Recipe { forge: Forge { signature, ..Forge::default() }, ..Recipe::default() };
        prop_assert_eq!(try_recipe(&base, &recipe).unwrap(), base);
    }

    /// However parts are written, what the issuer signs is what is sent.
    #[test]
    fn the_issuer_signs_what_is_sent(
        text in "\\PC{0,9}",
        header in prop::sample::select(vec![Encoding::Url, Encoding::Padded, Encoding::SpareBits, Encoding::None]),
        payload in prop::sample::select(vec![Encoding::Url, Encoding::Padded, Encoding::SpareBits, Encoding::None]),
    ) {
        let base64 = Encodings { header, payload, ..Encodings::default() };
        let recipe = Recipe {
            claims: vec![("text".to_owned(), Some(text.replace("${", "").into()))],
            forge: Forge { base64, ..Forge::default() },
            ..Recipe::default()
        };
        let token = try_recipe(&issued(), &recipe).unwrap();
        let (input, signature) = signed(&token);
        prop_assert!(verifies(&key_of(&ISSUER), Named::RS256, input.as_bytes(), &signature));
    }
}
