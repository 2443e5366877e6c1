//! Ways to read and verify tokens wrongly, for the themes that are about a token's header and signature.

use std::fmt;
use std::sync::Arc;

use authsettings::Fact;
use aws_lc_rs::signature::{RsaParameters, RsaPublicKeyComponents};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use function_app::jws::{Segments, decode, is_understood};
use function_app::{Call, Chain, Flow, Jws, PublicKey, StageId, json, platform, stages};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::plant::{after, answer, instead};

/// Takes a token for signed where this holds of it, and else where it is.
pub(crate) fn believe(chain: Chain, holds: impl Fn(&Call, &Jws) -> bool + Send + Sync + 'static) -> Chain {
    after(chain, StageId::Signature, stages::signature, move |call| {
        if call.token.as_ref().is_some_and(|token| holds(call, token)) {
            call.facts.signed = Fact::Yes;
        }
    })
}

/// Takes other algorithms too. What is not plain RS256 is verified by this, with each key that has the token's `kid`.
pub(crate) fn verify(
    chain: Chain,
    takes: impl Fn(&str) -> bool + Send + Sync + 'static,
    verifies: impl Fn(&Jws, &PublicKey) -> bool + Send + Sync + 'static,
) -> Chain {
    let chain = instead(chain, StageId::Algorithm, move |call| {
        let Some(token) = &call.token else { return };
        let alg = token.header_text("alg").unwrap_or_default();
        if alg != "RS256" && !takes(alg) {
            call.facts.signed = Fact::No;
        }
    });
    instead(chain, StageId::Signature, move |call| {
        let Some(token) = call.token.as_ref().filter(|_| call.facts.signed != Fact::No) else { return };
        let plain = |key: &PublicKey| {
            token.header_text("alg") == Some("RS256") && key.verifies(&token.signed_text, &token.signature)
        };
        call.facts.signed = call.keys.iter().any(|key| plain(key) || verifies(token, key)).into();
    })
}

/// Verifies by other keys, where this has any.
pub(crate) fn keys_from(chain: Chain, keys: impl Fn(&Call, &Jws) -> Vec<Value> + Send + Sync + 'static) -> Chain {
    after(chain, StageId::Key, stages::Key, move |call| {
        let Some(token) = call.token.as_ref().filter(|_| call.facts.signed != Fact::No) else { return };
        let found: Vec<_> = keys(call, token).iter().filter_map(PublicKey::read).map(Arc::new).collect();
        if !found.is_empty() {
            call.keys = found;
        }
    })
}

/// Reads tokens in this way where the sound reader refuses them.
pub(crate) fn read(chain: Chain, read: impl Fn(&str) -> Option<Jws> + Send + Sync + 'static) -> Chain {
    after(chain, StageId::ReadToken, stages::read_token, move |call| {
        let Some(bearer) = call.bearer.as_deref().filter(|_| call.token.is_none()) else { return };
        if let Some(token) = read(bearer) {
            (call.token, call.facts.readable) = (Some(token), Fact::Yes);
        }
    })
}

/// Judges the header after this was done to a copy of it.
pub(crate) fn understand(chain: Chain, overlook: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> Chain {
    read(chain, move |text| {
        let parts = Parts::of(text)?;
        let header = json::object(&parts.header)?;
        let mut seen = header.clone();
        overlook(&mut seen);
        is_understood(&seen).then_some(())?;
        let payload = json::object(&parts.payload)?;
        Some(parts.token(header, payload))
    })
}

/// Reads the header in this way where the sound reader refuses the token.
pub(crate) fn read_header(
    chain: Chain,
    header: impl Fn(&[u8]) -> Option<Map<String, Value>> + Send + Sync + 'static,
) -> Chain {
    read(chain, move |text| {
        let parts = Parts::of(text)?;
        let header = header(&parts.header).filter(is_understood)?;
        let payload = json::object(&parts.payload)?;
        Some(parts.token(header, payload))
    })
}

/// Answers 500 where this holds of a bearer token's text.
pub(crate) fn crash(chain: Chain, holds: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Chain {
    answer(chain, StageId::ReadToken, move |call| {
        if call.bearer.as_deref().and_then(Parts::of).is_some_and(|parts| holds(&parts)) {
            return Flow::Break(platform::empty(500));
        }
        stages::read_token(call)
    })
}

/// The parts of a token, decoded and not yet read.
pub(crate) struct Parts {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    signature: Vec<u8>,
    signed_text: String,
}

impl Parts {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let segments = Segments::split(text)?;
        Some(Self {
            header: decode(segments.header)?,
            payload: decode(segments.payload)?,
            signature: decode(segments.signature)?,
            signed_text: segments.signed_text.to_owned(),
        })
    }

    /// The header by a reader that takes any JSON.
    pub(crate) fn header_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.header).ok()
    }

    pub(crate) fn token(self, header: Map<String, Value>, payload: Map<String, Value>) -> Jws {
        Jws { header, payload, signed_text: self.signed_text, signature: self.signature }
    }
}

/// Whether this is a signature over the token by the key, for another algorithm of RSA.
pub(crate) fn is_by(key: &PublicKey, parameters: &'static RsaParameters, token: &Jws) -> bool {
    let number = |name: &str| key.jwk()[name].as_str().and_then(decode).unwrap_or_default();
    let components = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    components.verify(parameters, token.signed_text.as_bytes(), &token.signature).is_ok()
}

/// The members of an object in their order, of equal names all.
pub(crate) fn members(bytes: &[u8]) -> Option<Vec<(String, Value)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = entries.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_slice(bytes).deserialize_map(Members).ok()
}

/// The RSA key in a certificate (base64 of DER), found by what a modulus of 2048 bits looks like.
pub(crate) fn key_of_certificate(certificate: &str) -> Option<Value> {
    const BEFORE: [u8; 5] = [0x02, 0x82, 0x01, 0x01, 0x00];
    let der = BASE64_STANDARD.decode(certificate).ok()?;
    let at = der.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    let modulus = BASE64_URL_SAFE_NO_PAD.encode(der.get(at..at + 256)?);
    Some(serde_json::json!({"kty": "RSA", "n": modulus, "e": "AQAB"}))
}
