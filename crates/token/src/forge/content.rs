//! Header and payload as a recipe wants them, before they are written.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Materials, Strangers, random};
use crate::jws::json;
use crate::{Charset, Draft, Edit, Lifetime, Recipe, Signature, TokenError, UnixTime};

/// The word in a forged `kid` that stands for a key id nobody has.
const UNKNOWN_KID: &str = "unknown";

/// One part of a token.
pub(super) struct Content {
    /// Its members, before bytes were put around and between them.
    pub(super) members: Vec<u8>,
    /// All of its bytes.
    pub(super) bytes: Vec<u8>,
}

pub(super) fn header(
    issued: &Draft,
    recipe: &Recipe,
    materials: &Materials<'_>,
    strangers: &Strangers,
) -> Result<Content, TokenError> {
    let forge = &recipe.forge;
    let signer = signer(&forge.signature, materials, strangers)?;
    let members = if signer.is_empty() && forge.header.is_empty() {
        issued.header.clone()
    } else {
        let mut header = issued.header_json()?;
        for (name, value) in signer {
            // A certificate is named where the issuer named one.
            if name != "x5t" || header.contains_key(name) {
                change(&mut header, name, value);
            }
        }
        for (name, value) in &forge.header {
            change(&mut header, name, forged_header(name, value.as_ref()));
        }
        json(&header)
    };
    edited("header", members, &forge.header_bytes)
}

pub(super) fn payload(issued: &Draft, recipe: &Recipe, now: UnixTime) -> Result<Content, TokenError> {
    let members = if recipe.lifetime == Lifetime::default() && recipe.claims.is_empty() {
        issued.payload.clone()
    } else {
        json(&claims(issued.payload_json()?, recipe, now))
    };
    edited("payload", members, &recipe.forge.payload_bytes)
}

/// What a signer other than the issuer writes into the header.
fn signer(
    signature: &Signature,
    materials: &Materials<'_>,
    strangers: &Strangers,
) -> Result<Vec<(&'static str, Option<Value>)>, TokenError> {
    let curve = match signature {
        Signature::Stranger => {
            let kid = (materials.stranger)().key().kid();
            return Ok(vec![("x5t", Some(kid.into())), ("kid", Some(kid.into()))]);
        }
        Signature::Hmac(_) => return Ok(vec![("alg", Some("HS256".into()))]),
        Signature::StrangerEc => strangers.p256()?,
        Signature::StrangerEd => strangers.ed25519()?,
        _ => return Ok(Vec::new()),
    };
    Ok(vec![("alg", Some(curve.algorithm.into())), ("x5t", None), ("kid", Some(curve.kid.as_str().into()))])
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
pub(super) fn change(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.shift_remove(name),
    };
}

fn edited(part: &'static str, members: Vec<u8>, edit: &Edit) -> Result<Content, TokenError> {
    let written = |octets: &crate::Octets| octets.bytes(&|_| None);
    let members = edit.instead.as_ref().map_or(Ok(members), written)?;
    let mut bytes = members.clone();
    if let Some(first) = &edit.first {
        let at = bytes.iter().position(|byte| *byte == b'{');
        let at = at.ok_or(TokenError::Edit { part, reason: "it has no opening brace" })? + 1;
        bytes.splice(at..at, written(first)?);
    }
    if let Some(last) = &edit.last {
        let at = bytes.iter().rposition(|byte| *byte == b'}');
        let at = at.ok_or(TokenError::Edit { part, reason: "it has no closing brace" })?;
        bytes.splice(at..at, written(last)?);
    }
    if let Some(before) = &edit.before {
        bytes.splice(..0, written(before)?);
    }
    if let Some(after) = &edit.after {
        bytes.extend(written(after)?);
    }
    Ok(Content { members, bytes: charset(part, bytes, edit.charset)? })
}

fn charset(part: &'static str, bytes: Vec<u8>, charset: Charset) -> Result<Vec<u8>, TokenError> {
    let write = match charset {
        Charset::Utf8 => return Ok(bytes),
        Charset::Utf16Le => u16::to_le_bytes,
        Charset::Utf16Be => u16::to_be_bytes,
    };
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| TokenError::Edit { part, reason: "only text can be written in another charset" })?;
    Ok(text.encode_utf16().flat_map(write).collect())
}
