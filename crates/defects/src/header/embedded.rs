//! Flaws in which a token brings its own key along.

use std::sync::{Arc, Mutex, PoisonError};

use authsettings::Fact;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use function_app::jws::decode;
use function_app::{Call, Jws, PublicKey, StageId, stages};
use serde_json::{Value, json};

use crate::Defect;
use crate::plant::after;
use crate::reader::{believe, key_of_certificate, keys_from};
use crate::signature::hmac::is_keyed;
use crate::signature::rsa::padded;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "embedded-key-used",
        title: "A key in the token's header verifies the token",
        why: "The library offers it, for protocols in which the key is the identity (CVE-2018-0114).",
        apply: |chain| keys_from(chain, |_, token| vec![token.header.get("jwk").cloned().unwrap_or_default()]),
    },
    Defect {
        id: "embedded-key-used-where-none-is-known",
        title: "A key in the token's header verifies it where the key id is unknown",
        why: "A way out for the minutes of a key rollover, in which the new key is not published yet.",
        apply: |chain| {
            keys_from(chain, |call, token| {
                let known = !call.keys.is_empty();
                if known { Vec::new() } else { vec![token.header.get("jwk").cloned().unwrap_or_default()] }
            })
        },
    },
    Defect {
        id: "embedded-key-vouched-by-its-id",
        title: "A key in the token's header verifies it where a published key has the same id",
        why: "That the key is a known one is checked by its name, which the token gives it.",
        apply: |chain| {
            keys_from(chain, |call, token| {
                let key = token.header.get("jwk").cloned().unwrap_or_default();
                let known = call.keys.iter().any(|known| known.kid().is_some() && known.kid() == key["kid"].as_str());
                if known { vec![key] } else { Vec::new() }
            })
        },
    },
    Defect {
        id: "embedded-key-of-another-kind-used",
        title: "A key on a curve in the token's header verifies the token",
        why: "Embedded keys were forbidden where RSA is verified, and the newer code for curves was not looked at.",
        apply: |chain| believe(chain, |_, token| by_curve(token).unwrap_or_default()),
    },
    Defect {
        id: "embedded-secret-used",
        title: "A secret in the token's header verifies the token",
        why: "A JWK may be of kind `oct`, and the factory for keys makes an HMAC key of it.",
        apply: |chain| {
            believe(chain, |_, token| {
                let secret = token.header.get("jwk").and_then(|key| key["k"].as_str()).and_then(decode);
                token.header_text("alg") == Some("HS256") && secret.is_some_and(|secret| is_keyed(token, &secret))
            })
        },
    },
    Defect {
        id: "embedded-key-vouched-by-its-modulus",
        title: "A key in the token's header is used where its modulus is a published one",
        why: "Keys are compared by their long number. The short one, which may be 1, is the token's choice.",
        apply: |chain| {
            believe(chain, |call, token| {
                let Some(key) = token.header.get("jwk") else { return false };
                let known = call.keys.iter().any(|known| known.jwk()["n"] == key["n"]);
                known && key["e"] == "AQ" && token.signature == padded(token, 256 - 54)
            })
        },
    },
    Defect {
        id: "embedded-key-set-used",
        title: "A key set in the token's header verifies the token",
        why: "A reader of metadata looks for `jwks` in whatever it is given.",
        apply: |chain| {
            keys_from(chain, |_, token| {
                let keys = token.header.get("jwks").and_then(|set| set["keys"].as_array());
                keys.cloned().unwrap_or_default()
            })
        },
    },
    Defect {
        id: "embedded-key-read-from-text",
        title: "A key that stands in the header as text is read and used",
        why: "A gateway hands keys on as JSON in a text, so that is understood too.",
        apply: |chain| keys_from(chain, |_, token| vec![parsed(token.header_text("jwk"))]),
    },
    Defect {
        id: "key-id-read-as-key",
        title: "A key id that is a key as JSON is used as the key",
        why: "Some senders put the whole key there, and a lookup that finds nothing tries to read it.",
        apply: |chain| keys_from(chain, |_, token| vec![parsed(token.header_text("kid"))]),
    },
    Defect {
        id: "certificate-used",
        title: "The certificate in the token's header verifies the token",
        why: "`x5c` is read, and the chain is not built, or ends at whatever comes last.",
        apply: |chain| keys_from(chain, |_, token| certificate(token.header.get("x5c"))),
    },
    Defect {
        id: "certificate-used-where-no-key-is-known",
        title: "The certificate in the header verifies a token whose key id is missing",
        why: "Without a key id the certificate is the only thing that names a key.",
        apply: |chain| {
            keys_from(chain, |_, token| {
                let nameless = !token.header.contains_key("kid");
                if nameless { certificate(token.header.get("x5c")) } else { Vec::new() }
            })
        },
    },
    Defect {
        id: "certificate-vouched-by-thumbprint",
        title: "The certificate in the header is used where the thumbprint beside it is a published one",
        why: "The thumbprint is compared with the list of known ones, and never with the certificate.",
        apply: |chain| {
            keys_from(chain, |call, token| {
                let known = call.keys.iter().any(|known| {
                    let thumbprint = known.jwk()["x5t"].as_str();
                    thumbprint.is_some() && thumbprint == token.header_text("x5t")
                });
                if known { certificate(token.header.get("x5c")) } else { Vec::new() }
            })
        },
    },
    Defect {
        id: "certificate-within-key-used",
        title: "The certificate within an embedded key verifies the token",
        why: "`jwk` is refused where it has a modulus, and read on where it only has a certificate.",
        apply: |chain| keys_from(chain, |_, token| certificate(token.header.get("jwk").and_then(|key| key.get("x5c")))),
    },
    Defect {
        id: "key-cache-filled-from-tokens",
        title: "A key that came with a token is kept under its id, though the token is refused",
        why: "Everything that looks like a key goes into the cache of keys, before anything is verified.",
        apply: |chain| {
            remembering(chain, |token| {
                let key = token.header.get("jwk").cloned();
                key.into_iter().chain(certificate(token.header.get("x5c"))).collect()
            })
        },
    },
    Defect {
        id: "key-cache-filled-from-certificates",
        title: "A certificate that came with a token is kept under the token's key id, though the token is refused",
        why: "A cache of certificates is filled by every request, since certificates are public anyway.",
        apply: |chain| remembering(chain, |token| certificate(token.header.get("x5c"))),
    },
];

fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn certificate(chain: Option<&Value>) -> Vec<Value> {
    chain.and_then(|chain| key_of_certificate(chain[0].as_str()?)).into_iter().collect()
}

/// Whether the key in the header verifies the signature, if both are on a curve.
fn by_curve(token: &Jws) -> Option<bool> {
    let key = token.header.get("jwk")?;
    let number = |name: &str| key[name].as_str().and_then(decode);
    let message = token.signed_text.as_bytes();
    let verified = match key["kty"].as_str()? {
        "EC" => {
            let point = [&[4], &*number("x")?, &*number("y")?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &token.signature)
        }
        "OKP" => UnparsedPublicKey::new(&ED25519, number("x")?).verify(message, &token.signature),
        _ => return None,
    };
    Some(verified.is_ok())
}

/// Keeps keys under the ids of the tokens that they came with, and uses them for later ones.
fn remembering(chain: function_app::Chain, keys: fn(&Jws) -> Vec<Value>) -> function_app::Chain {
    let kept: Mutex<Vec<(String, Arc<PublicKey>)>> = Mutex::default();
    after(chain, StageId::Key, stages::Key, move |call: &mut Call| {
        let Some(token) = call.token.as_ref().filter(|_| call.facts.signed != Fact::No) else { return };
        let kid = token.header_text("kid").unwrap_or_default();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = keys(token).iter().map(usable).filter_map(|key| PublicKey::read(&key)).collect::<Vec<_>>();
        // The token that brings a key is judged by those that were there before it.
        call.keys.extend(kept.iter().filter(|(known, _)| known == kid).map(|(_, key)| Arc::clone(key)));
        kept.extend(usable.into_iter().map(|key| (kid.to_owned(), Arc::new(key))));
    })
}

fn usable(key: &Value) -> Value {
    json!({"kty": key["kty"], "n": key["n"], "e": key["e"]})
}
