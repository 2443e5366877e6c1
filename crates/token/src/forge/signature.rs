//! Where a token's signature comes from.

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::content::change;
use super::{Forged, Issued, Materials, Strangers, Unfinished, low_exponent, random, secret};
use crate::{Algorithm, Draft, Recipe, Signature, TokenError};

/// Completes a token, or says what the issuer's key must sign. `members` are those of the header, which name the algorithm.
pub(super) fn sign(
    unfinished: Unfinished,
    members: &[u8],
    issued: Issued<'_>,
    recipe: &Recipe,
    materials: &Materials<'_>,
    strangers: &Strangers,
) -> Result<Forged, TokenError> {
    let algorithm = named(members).and_then(|name| name.parse().ok()).unwrap_or(Algorithm::Rs256);
    let input = unfinished.input();
    let original = issued.signature;
    let by_issuer = |input, algorithm, unfinished| Ok(Forged::NeedsSignature { input, algorithm, unfinished });
    let signature = match &recipe.forge.signature {
        Signature::Issuer if input == issued.draft.signing_input().as_bytes() => original.to_vec(),
        Signature::Issuer => return by_issuer(input, algorithm, unfinished),
        Signature::By(algorithm) => return by_issuer(input, *algorithm, unfinished),
        Signature::Spliced => return by_issuer(another(issued.draft)?, Algorithm::Rs256, unfinished),
        Signature::HashedNonce => return by_issuer(hashed_nonce(members, &unfinished)?, algorithm, unfinished),
        Signature::Keep => original.to_vec(),
        Signature::Empty | Signature::Absent => Vec::new(),
        Signature::Flipped => flipped(original),
        Signature::Truncated => original[..original.len().saturating_sub(1)].to_vec(),
        Signature::Extended => [original, &[0x5A]].concat(),
        Signature::ZeroLed => [&[0], original].concat(),
        Signature::Stranger => (materials.stranger)().sign(algorithm, &input),
        Signature::StrangerEc => strangers.p256()?.sign(&input)?,
        Signature::StrangerEd => strangers.ed25519()?.sign(&input)?,
        Signature::Garbage => random::<256>().to_vec(),
        Signature::LowExponent(exponent) => low_exponent::forge(*exponent, &input)?,
        Signature::Bytes(octets) => octets.bytes(&|_| None)?,
        Signature::Hmac(secret) => authenticated(members, &input, &secret::bytes(secret, materials)?),
    };
    unfinished.signed(&signature).map(Forged::Ready)
}

/// The algorithm that a header names.
fn named(members: &[u8]) -> Option<String> {
    let header: Map<String, Value> = serde_json::from_slice(members).ok()?;
    header.get("alg")?.as_str().map(str::to_owned)
}

/// Changes the lowest bit of the middle byte: neither the length nor the padding bits of the encoding give it away.
fn flipped(signature: &[u8]) -> Vec<u8> {
    let mut signature = signature.to_vec();
    let middle = signature.len() / 2;
    if let Some(byte) = signature.get_mut(middle) {
        *byte ^= 1;
    }
    signature
}

/// What would be signed for the same caller's next token: all the same but for the token's own id.
fn another(issued: &Draft) -> Result<Vec<u8>, TokenError> {
    let mut payload = issued.payload_json()?;
    change(&mut payload, "uti", Some(BASE64_URL_SAFE_NO_PAD.encode(random::<16>()).into()));
    Ok(Draft::of(&issued.header_json()?, &payload).signing_input().into())
}

/// What is sent, with the nonce's hash in the nonce's place.
fn hashed_nonce(members: &[u8], unfinished: &Unfinished) -> Result<Vec<u8>, TokenError> {
    let wanted =
        || TokenError::Edit { part: "header", reason: "its nonce can only be hashed where it has one that is a text" };
    let mut header: Map<String, Value> = serde_json::from_slice(members).map_err(|_| wanted())?;
    let nonce = header.get("nonce").and_then(Value::as_str).ok_or_else(wanted)?;
    let hash = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&SHA256, nonce.as_bytes()));
    header["nonce"] = hash.into();
    let header = BASE64_URL_SAFE_NO_PAD.encode(crate::jws::json(&header));
    Ok([header.as_bytes(), &unfinished.payload].join(&b'.'))
}

fn authenticated(members: &[u8], input: &[u8], secret: &[u8]) -> Vec<u8> {
    let algorithm = match named(members).as_deref() {
        Some("HS384") => hmac::HMAC_SHA384,
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    hmac::sign(&hmac::Key::new(algorithm, secret), input).as_ref().to_vec()
}
