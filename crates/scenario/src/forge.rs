//! What is forged beyond the claims, as a scenario says it.

use diagnostics::{Node, Problems, Value};
use token::{Algorithm, Charset, Edit, Encoding, Encodings, Forge, HmacSecret, Signature};

use crate::form::one_of;
use crate::octets;
use crate::recipe::changes;

const SIGNATURES: [(&str, &Signature); 14] = [
    ("issuer", &Signature::Issuer),
    ("keep", &Signature::Keep),
    ("empty", &Signature::Empty),
    ("absent", &Signature::Absent),
    ("flipped", &Signature::Flipped),
    ("truncated", &Signature::Truncated),
    ("extended", &Signature::Extended),
    ("zero-led", &Signature::ZeroLed),
    ("spliced", &Signature::Spliced),
    ("hashed-nonce", &Signature::HashedNonce),
    ("stranger", &Signature::Stranger),
    ("stranger-ec", &Signature::StrangerEc),
    ("stranger-ed", &Signature::StrangerEd),
    ("garbage", &Signature::Garbage),
];

const HMAC_SECRETS: [(&str, &HmacSecret); 12] = [
    ("spki-pem", &HmacSecret::SpkiPem),
    ("spki-der", &HmacSecret::SpkiDer),
    ("pkcs1-pem", &HmacSecret::Pkcs1Pem),
    ("pkcs1-der", &HmacSecret::Pkcs1Der),
    ("spki-pem-trimmed", &HmacSecret::SpkiPemTrimmed),
    ("pkcs1-pem-trimmed", &HmacSecret::Pkcs1PemTrimmed),
    ("jwk", &HmacSecret::Jwk),
    ("modulus", &HmacSecret::Modulus),
    ("certificate-pem", &HmacSecret::CertificatePem),
    ("certificate-der", &HmacSecret::CertificateDer),
    ("certificate-text", &HmacSecret::CertificateText),
    ("empty", &HmacSecret::Empty),
];

const ENCODINGS: [(&str, Encoding); 5] = [
    ("url", Encoding::Url),
    ("standard", Encoding::Standard),
    ("padded", Encoding::Padded),
    ("spare-bits", Encoding::SpareBits),
    ("none", Encoding::None),
];

const CHARSETS: [(&str, Charset); 3] =
    [("utf8", Charset::Utf8), ("utf16-le", Charset::Utf16Le), ("utf16-be", Charset::Utf16Be)];

const ALGORITHMS: [(&str, Algorithm); 6] = [
    ("RS256", Algorithm::Rs256),
    ("RS384", Algorithm::Rs384),
    ("RS512", Algorithm::Rs512),
    ("PS256", Algorithm::Ps256),
    ("PS384", Algorithm::Ps384),
    ("PS512", Algorithm::Ps512),
];

/// Reads `forge:`.
pub(crate) fn read(node: &Node, problems: &Problems) -> Forge {
    let Some(fields) = problems.fields(node) else { return Forge::default() };
    let edited = |key| fields.optional(key).map(|node| edit(node, problems)).unwrap_or_default();
    let forge = Forge {
        header: fields.optional("header").map(|node| changes(node, problems)).unwrap_or_default(),
        header_bytes: edited("header-bytes"),
        payload_bytes: edited("payload-bytes"),
        base64: fields.optional("base64").map(|node| encodings(node, problems)).unwrap_or_default(),
        signature: fields.optional("signature").and_then(|node| signature(node, problems)).unwrap_or_default(),
        shape: fields.optional("shape").and_then(|node| octets::read(node, problems)),
    };
    fields.finish();
    forge
}

fn edit(node: &Node, problems: &Problems) -> Edit {
    let Some(fields) = problems.fields(node) else { return Edit::default() };
    let bytes = |key| fields.optional(key).and_then(|node| octets::read(node, problems));
    let edit = Edit {
        instead: bytes("instead"),
        first: bytes("first"),
        last: bytes("last"),
        before: bytes("before"),
        after: bytes("after"),
        charset: fields.optional("charset").and_then(|node| problems.word(node, &CHARSETS)).unwrap_or_default(),
    };
    if edit.instead.is_some() && (edit.first.is_some() || edit.last.is_some()) {
        let help = "`first` and `last` go into the braces of what was issued: write them in `instead`";
        problems.error(node.span, "`instead` leaves nothing of the part to write into", help);
    }
    fields.finish();
    edit
}

fn encodings(node: &Node, problems: &Problems) -> Encodings {
    let Some(fields) = problems.fields(node) else { return Encodings::default() };
    let one = |key| fields.optional(key).and_then(|node| problems.word(node, &ENCODINGS)).unwrap_or_default();
    let encodings = Encodings { header: one("header"), payload: one("payload"), signature: one("signature") };
    fields.finish();
    encodings
}

fn signature(node: &Node, problems: &Problems) -> Option<Signature> {
    if matches!(&node.value, Value::Text(word) if word == "hmac") {
        let words = HMAC_SECRETS.map(|(word, _)| word).join(", ");
        let help = format!("write `{{ hmac: ... }}` with one of {words}, or `{{ text: ... }}`");
        problems.error(node.span, "`hmac` needs what it is keyed with", help);
        return None;
    }
    let Value::Map(_) = &node.value else { return problems.word(node, &SIGNATURES).cloned() };
    let fields = problems.fields(node)?;
    let read = [
        fields.optional("hmac").map(|node| hmac_secret(node, problems).map(Signature::Hmac)),
        fields.optional("bytes").map(|node| octets::read(node, problems).map(Signature::Bytes)),
        fields.optional("low-exponent").map(|node| exponent(node, problems).map(Signature::LowExponent)),
        fields.optional("by").map(|node| problems.word(node, &ALGORITHMS).map(Signature::By)),
    ];
    let read = one_of(
        &fields,
        read,
        "write `{ hmac: ... }`, `{ bytes: ... }`, `{ by: PS256 }` or `{ low-exponent: 3 }`",
        problems,
    );
    fields.finish();
    read
}

fn exponent(node: &Node, problems: &Problems) -> Option<u8> {
    let number = problems.integer(node)?;
    let known = u8::try_from(number).ok().filter(|number| matches!(number, 1 | 3));
    if known.is_none() {
        problems.error(node.span, format!("{number} is no exponent that can be forged"), "write 1 or 3");
    }
    known
}

fn hmac_secret(node: &Node, problems: &Problems) -> Option<HmacSecret> {
    let Value::Map(_) = &node.value else { return problems.word(node, &HMAC_SECRETS).cloned() };
    let fields = problems.fields(node)?;
    let text = fields.required_text("text");
    fields.finish();
    text.map(HmacSecret::Text)
}
