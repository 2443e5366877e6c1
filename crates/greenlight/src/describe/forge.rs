//! What is forged in a token beyond its claims.

use token::{Charset, Edit, Encoding, Encodings, Forge, HmacSecret, Signature};

use super::phrase::{code, octets};
use super::token::set;

/// What is forged, in sentences. `content` is whether claims were changed before.
pub(super) fn forge(forge: &Forge, content: bool) -> Vec<String> {
    let Forge { header, header_bytes, payload_bytes, base64, signature: made, shape } = forge;
    let mut told = Vec::new();
    for (name, value) in header {
        if name == "kid" && value.as_ref().and_then(|value| value.as_str()) == Some("unknown") {
            told.push("It names a key id that nobody has.".to_owned());
        } else {
            told.push(set("header member", name, value.as_ref()));
        }
    }
    told.extend(edit("header", header_bytes));
    told.extend(edit("payload", payload_bytes));
    let changed = content || !told.is_empty();
    let Encodings { header, payload, signature: last } = base64;
    for (part, encoding) in [("header", header), ("payload", payload), ("signature", last)] {
        told.extend(encoded(*encoding).map(|how| format!("Its {part} is {how}.")));
    }
    told.extend(signature(made, changed));
    if let Some(shape) = shape {
        told.push(format!("It is put together as {}.", octets(shape)));
    }
    told
}

fn edit(part: &str, edit: &Edit) -> Vec<String> {
    let Edit { instead, first, last, before, after, charset } = edit;
    let mut told = Vec::new();
    let mut say = |bytes: &Option<_>, how: &str| {
        told.extend(bytes.as_ref().map(|bytes| format!("Its {part} {how} {}.", octets(bytes))));
    };
    say(instead, "is nothing but");
    say(first, "begins, right behind its brace, with");
    say(last, "ends, right before its brace, with");
    say(before, "has before everything");
    say(after, "has behind everything");
    match charset {
        Charset::Utf8 => {}
        Charset::Utf16Le => told.push(format!("Its {part} is written in UTF-16, little endian.")),
        Charset::Utf16Be => told.push(format!("Its {part} is written in UTF-16, big endian.")),
    }
    told
}

fn encoded(encoding: Encoding) -> Option<&'static str> {
    match encoding {
        Encoding::Url => None,
        Encoding::Standard => Some("written in the other base64 alphabet, with `+` and `/`"),
        Encoding::Padded => Some("padded with `=`"),
        Encoding::SpareBits => Some("written with the unused bits of its last letter set"),
        Encoding::None => Some("not encoded at all"),
    }
}

fn signature(signature: &Signature, changed: bool) -> Option<String> {
    let told = match signature {
        Signature::Issuer if changed => "In the end the issuer's own key signs it, so that its signature is right.",
        Signature::Issuer => return None,
        Signature::Keep => "It keeps the signature that it was issued with.",
        Signature::Empty => "Its signature is empty; the dot before it stays.",
        Signature::Absent => "It has no signature, and no dot before one.",
        Signature::Flipped => "One bit of its signature is flipped.",
        Signature::Truncated => "The last byte of its signature is missing.",
        Signature::Extended => "Its signature has one byte more.",
        Signature::ZeroLed => "Its signature has a zero byte before it.",
        Signature::Spliced => "Its signature is a true one of the issuer's, of another token of the same caller.",
        Signature::HashedNonce => {
            "The issuer's own key signs it with its `nonce` hashed, as Entra does for Microsoft's own APIs alone."
        }
        Signature::Stranger => "It is signed by a stranger's RSA key, which no issuer publishes.",
        Signature::StrangerEc => "It is signed by a stranger's P-256 key (ES256), which no issuer publishes.",
        Signature::StrangerEd => "It is signed by a stranger's Ed25519 key (EdDSA), which no issuer publishes.",
        Signature::Garbage => "Its signature is random bytes.",
        Signature::By(algorithm) => return Some(format!("It is signed by the issuer's own key, with {algorithm}.")),
        Signature::LowExponent(exponent) => {
            return Some(format!(
                "Its signature is made without any key: it passes under keys with the exponent {exponent} where the padding is not \
                 read to its end."
            ));
        }
        Signature::Bytes(bytes) => return Some(format!("Its signature is {}.", octets(bytes))),
        Signature::Hmac(HmacSecret::Empty) => "Its signature is an HMAC with an empty secret.",
        Signature::Hmac(secret) => {
            let secret = hmac_secret(secret);
            return Some(format!("Its signature is an HMAC whose secret is {secret}."));
        }
    };
    Some(told.to_owned())
}

fn hmac_secret(secret: &HmacSecret) -> String {
    let told = match secret {
        HmacSecret::SpkiPem => "the issuer's public key, as PEM (`BEGIN PUBLIC KEY`)",
        HmacSecret::SpkiDer => "the issuer's public key, as DER (`SubjectPublicKeyInfo`)",
        HmacSecret::Pkcs1Pem => "the issuer's public key, as PEM (`BEGIN RSA PUBLIC KEY`)",
        HmacSecret::Pkcs1Der => "the issuer's public key, as DER (`RSAPublicKey`)",
        HmacSecret::SpkiPemTrimmed => {
            "the issuer's public key, as PEM (`BEGIN PUBLIC KEY`) without its last line break"
        }
        HmacSecret::Pkcs1PemTrimmed => {
            "the issuer's public key, as PEM (`BEGIN RSA PUBLIC KEY`) without its last line break"
        }
        HmacSecret::Jwk => "the JSON text of the issuer's public key",
        HmacSecret::Modulus => "the modulus of the issuer's public key, as base64url text",
        HmacSecret::CertificatePem => "the issuer's certificate, as PEM",
        HmacSecret::CertificateDer => "the issuer's certificate, as DER",
        HmacSecret::CertificateText => "the issuer's certificate, as the base64 text of its key set",
        HmacSecret::Empty => "empty",
        HmacSecret::Text(text) => return code(text),
    };
    told.to_owned()
}
