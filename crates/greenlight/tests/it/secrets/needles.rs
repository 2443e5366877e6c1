//! What is looked for: secrets, in every way in which they could be written.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// A part of a secret, written in some way.
#[derive(Clone)]
pub(crate) struct Needle {
    what: &'static str,
    way: &'static str,
    text: String,
}

/// A way of writing bytes as text, and its name.
pub(super) type Way = (&'static str, fn(&[u8]) -> String);

/// All of them.
pub(super) const WAYS: [Way; 14] = [
    ("text", |bytes| String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| hex(bytes))),
    ("base64", |bytes| STANDARD.encode(bytes)),
    ("base64, one byte further", |bytes| STANDARD.encode([b"_", bytes].concat())),
    ("base64, two bytes further", |bytes| STANDARD.encode([b"__", bytes].concat())),
    ("base64url", |bytes| URL_SAFE_NO_PAD.encode(bytes)),
    ("base64url, one byte further", |bytes| URL_SAFE_NO_PAD.encode([b"_", bytes].concat())),
    ("base64url, two bytes further", |bytes| URL_SAFE_NO_PAD.encode([b"__", bytes].concat())),
    ("hex", hex),
    ("hex in capitals", |bytes| hex(bytes).to_uppercase()),
    ("percent-encoded", |bytes| each(bytes, |byte| format!("%{byte:02X}"))),
    ("percent-encoded in small letters", |bytes| each(bytes, |byte| format!("%{byte:02x}"))),
    ("percent-encoded base64", |bytes| {
        STANDARD.encode(bytes).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    }),
    ("JSON escapes", |bytes| each(bytes, |byte| format!("\\u{byte:04x}"))),
    ("HTML escapes", |bytes| each(bytes, |byte| format!("&#{byte};"))),
];

/// How many bytes of a secret are looked for at a time: where only a part of it is hidden, the rest is found.
const PART: usize = 20;

/// Parts of a secret from its beginning, its middle and its end, in every way of writing them.
pub(crate) fn text_needles(what: &'static str, secret: &[u8]) -> Vec<Needle> {
    let last = secret.len().checked_sub(PART).expect("a secret is long");
    let mut needles = Vec::new();
    for (way, write) in WAYS {
        for at in [0, last / 2, last] {
            let part = &secret[at..at + PART];
            // A run of zeros, in a forged signature, stands in other places too.
            if part.iter().collect::<HashSet<_>>().len() < PART / 2 {
                continue;
            }
            let written = write(part);
            // In Base64 the letters at both ends depend on the neighbours.
            needles.push(Needle { what, way, text: written[4..written.len() - 4].to_owned() });
        }
    }
    needles
}

/// Which needles some outputs hold: what, written how, in which output, and a little of what stands before it.
pub(crate) fn found(outputs: &[(String, String)], needles: &[Needle]) -> Vec<String> {
    const FIRST: usize = 8;
    let mut by_first: HashMap<&[u8], Vec<&Needle>> = HashMap::new();
    for needle in needles {
        by_first.entry(&needle.text.as_bytes()[..FIRST]).or_default().push(needle);
    }
    let mut leaks = Vec::new();
    let mut scanned = HashSet::new();
    for (name, output) in outputs.iter().filter(|(_, output)| scanned.insert(output)) {
        for reading in [output, &read(output)] {
            for (at, first) in reading.as_bytes().windows(FIRST).enumerate() {
                let hits = by_first.get(first).into_iter().flatten();
                for Needle { what, way, text } in hits.filter(|needle| reading[at..].starts_with(&needle.text)) {
                    let before = reading[..at].char_indices().rev().nth(60).map_or(0, |(at, _)| at);
                    leaks.push(format!("{what} as {way} in {name}: {}>>>{text}<<<", &reading[before..at]));
                }
            }
        }
    }
    leaks
}

/// An output as its reader takes it: the texts of a JSON document, one a line, or those of an XML document.
fn read(output: &str) -> String {
    fn texts(value: &Value, all: &mut String) {
        match value {
            Value::String(text) => all.extend([text, "\n"]),
            Value::Array(values) => values.iter().for_each(|value| texts(value, all)),
            Value::Object(members) => members.values().for_each(|value| texts(value, all)),
            _ => {}
        }
    }
    match serde_json::from_str(output) {
        Ok(document) => {
            let mut all = String::new();
            texts(&document, &mut all);
            all
        }
        Err(_) => output.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"),
    }
}

/// The numbers in the private keys of a state folder that nobody but their owner may know.
pub(super) fn private_numbers(state: &Path) -> Vec<Vec<u8>> {
    let mut numbers = Vec::new();
    for file in fs::read_dir(state).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "key") {
            continue;
        }
        let bytes = fs::read(&file).unwrap();
        let der = match String::from_utf8(bytes) {
            Ok(pem) => STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap(),
            Err(der) => der.into_bytes(),
        };
        let mut found = Vec::new();
        long_values(&der, &mut found);
        assert!(!found.is_empty(), "{} holds no key", file.display());
        numbers.append(&mut found);
    }
    // Of RSA keys, two and those that were rotated to, d, p, q and three more each (RFC 8017 A.1.2); of the authority one number
    // (RFC 5915).
    assert!(numbers.len() > 2 * 6 && numbers.len() % 6 == 1, "{} numbers", numbers.len());
    numbers
}

/// Integers and octet strings of a PKCS#8 key, without the RSA modulus, which is public.
fn long_values(mut der: &[u8], found: &mut Vec<Vec<u8>>) {
    let mut modulus = true;
    while let [tag, rest @ ..] = der {
        let (length, rest) = match rest {
            [short @ 0..=0x7f, rest @ ..] => (usize::from(*short), rest),
            [0x81, length, rest @ ..] => (usize::from(*length), rest),
            [0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
            _ => panic!("not DER"),
        };
        let (value, rest) = rest.split_at(length);
        match tag {
            0x30 => long_values(value, found),
            0x04 if value.first() == Some(&0x30) => long_values(value, found),
            0x02 if length >= 32 && modulus => modulus = false,
            0x02 | 0x04 if length >= 32 => found.push(value.to_vec()),
            _ => {}
        }
        der = rest;
    }
}

/// The bytes of a signature; some are cut off in the middle of a byte.
pub(super) fn base64url(text: &str) -> Vec<u8> {
    let lax = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&URL_SAFE, lax).decode(text).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    each(bytes, |byte| format!("{byte:02x}"))
}

fn each(bytes: &[u8], write: impl Fn(u8) -> String) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{}", write(*byte));
        text
    })
}
