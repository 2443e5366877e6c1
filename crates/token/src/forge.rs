//! Applies a recipe to a base token.
//!
//! Forging has two steps because the issuer's private key may live in another process: [`forge()`] gives the token, or the draft
//! that the issuer's key must sign.

use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::jwk::pem;
use crate::jws::json;
use crate::{Draft, HmacSecret, KeyComponents, Recipe, Signature, SigningKey, Token, TokenError, UnixTime};

/// The word in a forged `kid` that stands for a key id nobody has.
const UNKNOWN_KID: &str = "unknown";

/// What forging may draw on.
#[derive(Clone, Copy)]
pub struct Materials<'a> {
    /// The moment to which a recipe's times are relative.
    pub now: UnixTime,
    /// A key that no issuer publishes; asked for only where a recipe needs it, since making one takes a while.
    pub stranger: &'a dyn Fn() -> &'a SigningKey,
    /// The public key that verifies the base token, for HMAC confusion.
    pub issuer: Option<&'a KeyComponents>,
}

/// What came of forging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forged {
    /// The token is complete.
    Ready(Token),
    /// The issuer's key must sign this draft; then [`Draft::signed`] completes it.
    NeedsSignature {
        /// Header and payload as forged.
        draft: Draft,
    },
}

/// Makes the token of a recipe out of a base token, which is the caller's token for the audience, tenant and version that the
/// recipe names. Parts that the recipe does not touch keep their very bytes.
pub fn forge(base: &Token, recipe: &Recipe, materials: &Materials<'_>) -> Result<Forged, TokenError> {
    let (issued, signature) = base.open()?;
    let draft = rewrite(&issued, recipe, materials)?;
    let token = match &recipe.forge.signature {
        Signature::Issuer if draft == issued => base.clone(),
        Signature::Issuer => return Ok(Forged::NeedsSignature { draft }),
        Signature::Keep => draft.signed(&signature),
        Signature::Empty => draft.signed(&[]),
        Signature::Absent => draft.unsigned(),
        Signature::Flipped => draft.signed(&flip(signature)),
        Signature::Truncated => draft.signed(&signature[..signature.len().saturating_sub(1)]),
        Signature::Extended
        | Signature::ZeroLed
        | Signature::Spliced
        | Signature::By(_)
        | Signature::StrangerEc
        | Signature::StrangerEd
        | Signature::Bytes(_) => return Err(TokenError::Key("this signature cannot be made yet".to_owned())),
        Signature::Stranger => {
            let signature = (materials.stranger)().sign(draft.algorithm(), draft.signing_input().as_bytes());
            draft.signed(&signature)
        }
        Signature::Garbage => draft.signed(&random::<256>()),
        Signature::Hmac(secret) => draft.signed(&authenticate(&draft, &secret_bytes(secret, materials)?)),
    };
    Ok(Forged::Ready(token))
}

/// The content as the recipe wants it.
fn rewrite(issued: &Draft, recipe: &Recipe, materials: &Materials<'_>) -> Result<Draft, TokenError> {
    let header = match recipe.forge.signature {
        Signature::Stranger | Signature::Hmac(_) => Some(claim_signer(issued.header_json()?, recipe, materials)),
        _ if recipe.changes_header() => Some(issued.header_json()?),
        _ => None,
    };
    let header = header.map(|mut header| {
        for (name, value) in &recipe.forge.header {
            change(&mut header, name, forged_header(name, value.as_ref()));
        }
        json(&header)
    });
    let payload = if recipe.changes_payload() {
        Some(json(&claims(issued.payload_json()?, recipe, materials.now)))
    } else {
        None
    };
    Ok(Draft {
        header: header.unwrap_or_else(|| issued.header.clone()),
        payload: payload.unwrap_or_else(|| issued.payload.clone()),
    })
}

/// The header as a signer other than the issuer would write it.
fn claim_signer(mut header: Map<String, Value>, recipe: &Recipe, materials: &Materials<'_>) -> Map<String, Value> {
    match recipe.forge.signature {
        Signature::Stranger => {
            let kid = (materials.stranger)().kid();
            if header.contains_key("x5t") {
                change(&mut header, "x5t", Some(kid.into()));
            }
            change(&mut header, "kid", Some(kid.into()));
        }
        Signature::Hmac(_) => change(&mut header, "alg", Some("HS256".into())),
        _ => {}
    }
    header
}

fn claims(mut payload: Map<String, Value>, recipe: &Recipe, now: UnixTime) -> Map<String, Value> {
    let times = recipe.lifetime;
    let times = [("exp", times.expires_in), ("nbf", times.not_before_in), ("iat", times.issued_in)];
    for (name, offset) in times {
        if let Some(offset) = offset {
            change(&mut payload, name, Some(now.saturating_add(offset).into()));
        }
    }
    for (name, value) in &recipe.claims {
        change(&mut payload, name, value.clone());
    }
    payload
}

fn forged_header(name: &str, value: Option<&Value>) -> Option<Value> {
    if name == "kid" && value.is_some_and(|value| value == UNKNOWN_KID) {
        // As long as a true one: SHA-1's 20 bytes.
        return Some(BASE64_URL_SAFE_NO_PAD.encode(random::<20>()).into());
    }
    value.cloned()
}

/// Sets or removes a member; the others keep their order.
fn change(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.shift_remove(name),
    };
}

/// Changes the lowest bit of the middle byte: neither the length nor the padding bits of the encoding give it away.
fn flip(mut signature: Vec<u8>) -> Vec<u8> {
    let middle = signature.len() / 2;
    if let Some(byte) = signature.get_mut(middle) {
        *byte ^= 1;
    }
    signature
}

fn secret_bytes(secret: &HmacSecret, materials: &Materials<'_>) -> Result<Vec<u8>, TokenError> {
    let unusable = |error: crate::KeyError| TokenError::Key(error.to_string());
    let issuer = || materials.issuer.ok_or_else(|| TokenError::Key("the issuer's public key is not known".to_owned()));
    Ok(match secret {
        HmacSecret::SpkiPem => pem("PUBLIC KEY", &issuer()?.spki_der().map_err(unusable)?).into_bytes(),
        HmacSecret::SpkiDer => issuer()?.spki_der().map_err(unusable)?,
        HmacSecret::Pkcs1Pem => pem("RSA PUBLIC KEY", &issuer()?.pkcs1_der().map_err(unusable)?).into_bytes(),
        HmacSecret::Pkcs1Der => issuer()?.pkcs1_der().map_err(unusable)?,
        HmacSecret::SpkiPemTrimmed
        | HmacSecret::Pkcs1PemTrimmed
        | HmacSecret::Jwk
        | HmacSecret::Modulus
        | HmacSecret::CertificatePem
        | HmacSecret::CertificateDer
        | HmacSecret::CertificateText => return Err(TokenError::Key("this secret cannot be made yet".to_owned())),
        HmacSecret::Empty => Vec::new(),
        HmacSecret::Text(text) => text.as_bytes().to_vec(),
    })
}

fn authenticate(draft: &Draft, secret: &[u8]) -> Vec<u8> {
    let algorithm = match draft.header_json().ok().as_ref().and_then(|header| header.get("alg")?.as_str()) {
        Some("HS384") => hmac::HMAC_SHA384,
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    hmac::sign(&hmac::Key::new(algorithm, secret), draft.signing_input().as_bytes()).as_ref().to_vec()
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).expect("the system's random generator is seeded at start");
    bytes
}
