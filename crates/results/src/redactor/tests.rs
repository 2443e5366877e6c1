use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;
use rstest::rstest;

use super::Redactor;

/// `{"alg":"RS256","typ":"JWT"}` and `{"aud":"api://orders"}`.
const HEADER: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
const PAYLOAD: &str = "eyJhdWQiOiJhcGk6Ly9vcmRlcnMifQ";
const SIGNATURE: &str = "c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXItMTIzNDU2Nzg5MA";

fn token() -> String {
    format!("{HEADER}.{PAYLOAD}.{SIGNATURE}")
}

fn percent(text: &str, keep: impl Fn(u8) -> bool, upper: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if keep(byte) => char::from(byte).to_string(),
            byte if upper => format!("%{byte:02X}"),
            byte => format!("%{byte:02x}"),
        })
        .collect()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn json_units(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn html_numbers(text: &str) -> String {
    text.chars().map(|one| format!("&#x{:x};", u32::from(one))).collect::<Vec<_>>().concat()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Every way of writing a secret whose letters stand for the secret alone.
fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    vec![
        ("raw", secret.to_owned()),
        ("percent, reserved characters", percent(secret, is_unreserved, true)),
        ("percent, in small letters", percent(secret, is_unreserved, false)),
        ("percent, all", percent(secret, |_| false, true)),
        ("form", percent(secret, |byte| is_unreserved(byte) || byte == b' ', true).replace(' ', "+")),
        ("JSON", json(secret)),
        ("JSON with slashes", json(secret).replace('/', r"\/")),
        ("JSON, all", json_units(secret)),
        ("HTML", html(secret)),
        ("HTML, all", html_numbers(secret)),
        ("hex", hex(secret)),
        ("HEX", hex(secret).to_uppercase()),
        ("JSON in JSON", json(&json(secret))),
        ("JSON, percent-encoded", percent(&json(secret), is_unreserved, true)),
        ("percent-encoded in JSON", json(&percent(secret, |byte| byte.is_ascii() && !b"% ".contains(&byte), true))),
    ]
}

proptest! {
    #[test]
    fn no_encoding_lets_a_secret_through(secret in "[ -~]{8,60}|\\PC{8,30}", others in prop::collection::vec("[!-~]{16,40}", 0..4)) {
        let mut secrets = others;
        secrets.push(secret.clone());
        let redactor = Redactor::new(&secrets);
        for (name, encoded) in encodings(&secret) {
            let redacted = redactor.text(&format!("before <{encoded}> after"));
            let text = redacted.as_str();
            prop_assert!(!text.contains(&encoded), "{name}: {encoded} survives in {text}");
            prop_assert!(text.starts_with("before <") && text.ends_with("> after"), "{name}: too much is gone from {text}");
            prop_assert!(text.contains("<sha256:"), "{name}: {text}");
        }
    }

    #[test]
    fn base64_of_whatever_holds_a_secret_is_hidden(
        secret in "[ -~]{6,60}",
        before in prop::collection::vec(any::<u8>(), 0..12),
        after in prop::collection::vec(any::<u8>(), 0..12),
    ) {
        let redactor = Redactor::new([&secret]);
        let whole = [&before, secret.as_bytes(), &after].concat();
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&whole);
            // The letters that hold at least one bit of the secret.
            let first = before.len() * 8 / 6;
            let last = ((before.len() + secret.len()) * 8).div_ceil(6);
            for text in [encoded.clone(), percent(&encoded, is_unreserved, true), json(&encoded).replace('/', r"\/")] {
                let redacted = redactor.text(&text);
                let kept = redacted.as_str();
                prop_assert!(kept.contains("sha256:"), "{text} became {kept}");
                for window in encoded.as_bytes()[first..last].windows(6) {
                    let window = std::str::from_utf8(window).unwrap();
                    prop_assert!(!kept.contains(window), "{window} of {text} survives in {kept}");
                }
            }
        }
    }

    #[test]
    fn text_without_secrets_stays(text in "\\PC{0,200}", secret in "[a-z0-9~.]{24,40}") {
        let redactor = Redactor::new([&secret]).with_token(&token());
        let redacted = redactor.text(&text);
        prop_assert_eq!(redacted.as_str(), &text);
    }

    #[test]
    fn any_bytes_are_taken_and_redacting_twice_changes_nothing(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let redactor = Redactor::new(["%41\\u0041&amp;"]).with_token(&token());
        let mixed = [&bytes[..bytes.len() / 2], token().as_bytes(), &bytes[bytes.len() / 2..]].concat();
        let once = redactor.bytes(&mixed);
        prop_assert!(!once.as_str().contains(SIGNATURE));
        prop_assert_eq!(redactor.text(once.as_str()), once);
    }

    #[test]
    fn a_signature_is_hidden_away_from_its_token(signature in prop::collection::vec(any::<u8>(), 16..256)) {
        let text = URL_SAFE_NO_PAD.encode(&signature);
        let redactor = Redactor::default().with_token(&format!("{HEADER}.{PAYLOAD}.{text}"));
        for form in [
            text.clone(),
            hex(&text),
            hex(&signature).to_uppercase(),
            STANDARD_NO_PAD.encode(&signature),
            percent(&text, |_| false, true),
            STANDARD.encode(format!("Bearer {HEADER}.{PAYLOAD}.{text}")),
            STANDARD.encode([b"1", &*signature].concat()),
            URL_SAFE.encode([b"12", &*signature].concat()),
            json_units(&signature.iter().copied().map(char::from).collect::<String>()),
        ] {
            let kept = redactor.text(&form);
            prop_assert!(kept.as_str().contains("sha256:"), "{form} stays {kept:?}");
            prop_assert!(kept.as_str().len() < form.len() / 2 + 110, "{form} became {kept:?}");
        }
    }
}

#[rstest]
#[case::alone("{}")]
#[case::header("Authorization: Bearer {}\r\nAccept: */*\r\n\r\n")]
#[case::query("GET /api?access_token={}&x=1 HTTP/1.1")]
#[case::path("GET /api/{} HTTP/1.1")]
#[case::json(r#"{"token":"{}"}"#)]
#[case::sentence("The token was {}. It is refused.")]
#[case::after_a_host("login.example.net/{} and 10.0.0.1")]
#[case::after_a_byte_order_mark("77-9{}")]
fn a_token_keeps_its_header_and_payload_and_loses_its_signature(#[case] frame: &str) {
    let redacted = Redactor::default().text(&frame.replace("{}", &token()));
    assert_eq!(redacted.as_str(), frame.replace("{}", &format!("{HEADER}.{PAYLOAD}.sha256:cd3fedd21d69")));
}

#[rstest]
#[case::spaces_in_the_header(r#"{ "alg": "RS256" }"#)]
#[case::lines_in_the_header("{\n  \"alg\": \"RS256\"\n}")]
#[case::empty_header("{}")]
fn a_header_may_be_written_in_any_way(#[case] header: &str) {
    let head = format!("{}.{PAYLOAD}", URL_SAFE_NO_PAD.encode(header));
    assert_eq!(
        Redactor::default().text(&format!("{head}.{SIGNATURE}")).as_str(),
        format!("{head}.sha256:cd3fedd21d69"),
        "{header}"
    );
}

#[rstest]
#[case::no_signature(format!("{HEADER}.{PAYLOAD}"))]
#[case::empty_signature(format!("{HEADER}.{PAYLOAD}."))]
#[case::names("login.microsoftonline.com, eye.catching.example, every.ewe.eyes, 1.2.3.4".to_owned())]
#[case::percent_signs("100% of 5%zz and \\ and \\q and &nothing; &".to_owned())]
#[case::empty(String::new())]
fn what_is_no_secret_stays(#[case] text: String) {
    assert_eq!(
        Redactor::new(["abc", ""]).with_token(&token()).text(&format!("abc {text}")).as_str(),
        format!("abc {text}")
    );
}

#[test]
fn an_encrypted_token_and_a_detached_payload_lose_all_that_follows() {
    let redactor = Redactor::default();
    let encrypted = redactor.text(&format!("{HEADER}.key_key.vector.cipher.tag"));
    assert!(encrypted.as_str().starts_with(&format!("{HEADER}.key_key.sha256:")), "{encrypted:?}");
    assert!(!encrypted.as_str().contains("cipher"), "{encrypted:?}");
    let detached = redactor.text(&format!("{HEADER}..{SIGNATURE}"));
    assert_eq!(detached.as_str(), format!("{HEADER}..sha256:cd3fedd21d69"));
}

#[test]
fn a_token_without_parts_is_hidden_as_a_whole() {
    let redacted = Redactor::default().with_token("opaque-and-valuable").text("Bearer opaque-and-valuable");
    assert_eq!(redacted.as_str(), "Bearer sha256:28df578809f5");
}

#[test]
fn a_secret_that_the_end_of_an_answer_cuts_off_is_hidden() {
    let redactor = Redactor::new(["function-key-0123456789"]).with_token(&token());
    for cut in [
        "function-key-01",
        "function",
        &hex("function-key-0123456789")[..20],
        &STANDARD.encode("function-key-0123456789")[..20],
    ] {
        assert!(redactor.text(&format!("before {cut}")).as_str().starts_with("before sha256:"), "{cut}");
    }
    assert!(redactor.text("the functions of a function").as_str().starts_with("the functions of a sha256:"));
}

#[test]
fn a_secret_that_is_cut_off_within_an_escape_is_hidden() {
    let secret = "function-key-0123456789";
    let redactor = Redactor::new([secret]);
    let encodings = [percent(secret, |_| false, true), json_units(secret), html_numbers(secret)];
    for encoded in encodings.iter().chain([&json(&encodings[1]), &percent(&encodings[1], is_unreserved, true)]) {
        // From here on eight letters of the secret are there, whatever is left of the next one.
        for length in encoded.len() * 10 / 23..encoded.len() {
            let kept = redactor.text(&format!("before {}", &encoded[..length]));
            assert!(kept.as_str().starts_with("before sha256:"), "{} became {kept:?}", &encoded[..length]);
        }
    }
}

proptest! {
    #[test]
    fn a_secret_across_the_limit_is_hidden_as_a_whole(
        secret in "[!-~]{8,60}",
        before in "[a-z ]{0,40}",
        inside in 0_usize..1000,
    ) {
        let redactor = Redactor::new([&secret]);
        for (name, encoded) in encodings(&secret) {
            let text = format!("{before}<{encoded}> and what follows");
            let limit = before.len() + 2 + inside % (encoded.len() - 1);
            let kept = redactor.beginning(text.as_bytes(), limit);
            let mark = kept.as_str().strip_prefix(&format!("{before}<"));
            prop_assert!(mark.is_some_and(|mark| mark.starts_with("sha256:") && mark.len() == 19), "{name}: {kept:?}");
        }
    }

    #[test]
    fn the_beginning_of_harmless_bytes_is_as_they_are(text in "[a-z .%&\\\\]{0,80}", limit in 0_usize..100) {
        let redactor = Redactor::new(["0123456789"]);
        let kept = redactor.beginning(text.as_bytes(), limit);
        prop_assert_eq!(kept.as_str(), &text[..limit.min(text.len())]);
    }
}

#[test]
fn overlapping_secrets_are_hidden_together() {
    let redactor = Redactor::new(["key-0123", "0123456789", "9-tail"]);
    let redacted = redactor.text("<key-0123456789-tail>");
    assert!(
        redacted.as_str().starts_with("<sha256:") && redacted.as_str().len() == "<sha256:>".len() + 12,
        "{redacted:?}"
    );
}

#[test]
fn a_redactor_does_not_show_what_it_hides() {
    let redactor = Redactor::new(["function-key-value"]).with_token(&token());
    assert_eq!(format!("{redactor:?}"), "Redactor(..)");
}
