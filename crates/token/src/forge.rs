//! Applies a recipe to a base token.
//!
//! Forging has two steps because the issuer's private key may live in another process: [`forge()`] gives the token, or what the
//! issuer's key must sign to complete it.

use std::cell::OnceCell;

use aws_lc_rs::rand;
use serde_json::Value;

use self::content::Content;
use self::encoding::encode;
use crate::stranger::CurveKey;
use crate::{Algorithm, Draft, Encoding, Octets, Recipe, Signature, Stranger, Token, TokenError, UnixTime};

mod content;
mod encoding;
mod low_exponent;
mod names;
mod secret;
mod signature;
#[cfg(test)]
mod tests;

/// What forging may draw on.
#[derive(Clone, Copy)]
pub struct Materials<'a> {
    /// The moment to which a recipe's times are relative.
    pub now: UnixTime,
    /// A key that no issuer publishes; asked for only where [`Recipe::uses_stranger`], since making one takes a while.
    pub stranger: &'a dyn Fn() -> &'a Stranger,
    /// The key that verifies the base token, as its issuer's key set has it; needed where [`Recipe::uses_issuer_key`].
    pub issuer: Option<&'a Value>,
}

/// What came of forging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forged {
    /// The token is complete.
    Ready(Token),
    /// The issuer's key, the one that signed the base token, must sign.
    NeedsSignature {
        /// What is to be signed. Not always what is sent: see [`Signature::Spliced`].
        input: Vec<u8>,
        /// By which algorithm.
        algorithm: Algorithm,
        /// The token but for that signature.
        unfinished: Unfinished,
    },
}

/// A token but for its signature: the parts as they are sent, and how they are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Header and payload before they are written.
    content: Draft,
    /// The header as it is sent.
    header: Vec<u8>,
    /// The payload as it is sent.
    payload: Vec<u8>,
    /// How the signature is written.
    encoding: Encoding,
    /// Whether a dot stands before the signature.
    dot: bool,
    shape: Option<Octets>,
}

/// Makes the token of a recipe out of a base token, which is the caller's token for the audience, tenant and version that the
/// recipe names: minted, or a real one. Parts that the recipe does not touch keep their very bytes. What is signed is the text
/// of header and payload as it is sent.
pub fn forge(base: &Token, recipe: &Recipe, materials: &Materials<'_>) -> Result<Forged, TokenError> {
    let (issued, signature) = base.open()?;
    let issued = Issued { token: base, draft: &issued, signature: &signature };
    let strangers = Strangers::default();
    let recipe = &names::filled(recipe, issued, materials, &strangers)?;

    let header = content::header(issued.draft, recipe, materials, &strangers)?;
    let payload = content::payload(issued.draft, recipe, materials.now)?;
    let members = header.members.clone();
    let unfinished = Unfinished::new(header, payload, recipe)?;
    signature::sign(unfinished, &members, issued, recipe, materials, &strangers)
}

/// The base token, taken apart.
#[derive(Clone, Copy)]
struct Issued<'a> {
    token: &'a Token,
    draft: &'a Draft,
    signature: &'a [u8],
}

/// Keys on curves, each made when it is first asked for: the one in a header is the one that signs.
#[derive(Default)]
struct Strangers {
    p256: OnceCell<CurveKey>,
    ed25519: OnceCell<CurveKey>,
}

impl Strangers {
    fn p256(&self) -> Result<&CurveKey, TokenError> {
        made(&self.p256, CurveKey::p256)
    }

    fn ed25519(&self) -> Result<&CurveKey, TokenError> {
        made(&self.ed25519, CurveKey::ed25519)
    }
}

fn made(cell: &OnceCell<CurveKey>, make: fn() -> Result<CurveKey, TokenError>) -> Result<&CurveKey, TokenError> {
    if let Some(key) = cell.get() {
        return Ok(key);
    }
    let key = make()?;
    Ok(cell.get_or_init(|| key))
}

impl Unfinished {
    fn new(header: Content, payload: Content, recipe: &Recipe) -> Result<Self, TokenError> {
        let forge = &recipe.forge;
        Ok(Self {
            header: encode("header", &header.bytes, forge.base64.header)?,
            payload: encode("payload", &payload.bytes, forge.base64.payload)?,
            content: Draft { header: header.bytes, payload: payload.bytes },
            encoding: forge.base64.signature,
            dot: forge.signature != Signature::Absent,
            shape: forge.shape.clone(),
        })
    }

    /// Header and payload as they are sent, with a dot between them (RFC 7515 section 5.1).
    fn input(&self) -> Vec<u8> {
        [&*self.header, &*self.payload].join(&b'.')
    }

    /// The token with this signature.
    pub fn signed(&self, signature: &[u8]) -> Result<Token, TokenError> {
        let written = encode("signature", signature, self.encoding)?;
        let bytes = match &self.shape {
            Some(shape) => self.shaped(shape, &written)?,
            None if self.dot => [&*self.input(), &*written].join(&b'.'),
            None => self.input(),
        };
        let compact = self.content.signed(signature);
        Ok(Token::of_bytes(bytes, compact))
    }

    fn shaped(&self, shape: &Octets, signature: &[u8]) -> Result<Vec<u8>, TokenError> {
        let part = |name: &str| match name {
            "header" => Some(self.header.clone()),
            "payload" => Some(self.payload.clone()),
            "signature" => Some(signature.to_vec()),
            _ => None,
        };
        Ok(shape.bytes(&part)?)
    }
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).expect("the system's random generator is seeded at start");
    bytes
}
