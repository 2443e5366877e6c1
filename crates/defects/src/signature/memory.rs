//! Flaws in what is remembered of tokens that were good.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use authsettings::Fact;
use function_app::{Chain, Jws, StageId, stages};

use crate::Defect;
use crate::plant::after;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "signature-remembered",
        title: "A signature that was verified once vouches for every content",
        why: "A cache of verified signatures, to spare the arithmetic, whose key is the signature.",
        apply: |chain| remembering(chain, |token| (token.signature.len() == 256).then(|| token.signature.clone())),
    },
    Defect {
        id: "signature-remembered-by-its-beginning",
        title: "A signature that begins like one that was verified passes",
        why: "The key of the cache was cut to save memory.",
        apply: |chain| remembering(chain, |token| token.signature.get(..16).map(<[u8]>::to_vec)),
    },
    Defect {
        id: "content-remembered",
        title: "A content that was verified once passes with every signature",
        why: "A cache of claims whose key is header and payload, because a signature is no part of what is asked for.",
        apply: |chain| remembering(chain, |token| Some(token.signed_text.clone())),
    },
    Defect {
        id: "token-id-remembered",
        title: "A token id that was seen in a good token vouches for the next that bears it",
        why: "Tokens are looked up in a cache of sessions by their ids before they are verified.",
        apply: |chain| {
            remembering(chain, |token| {
                ["uti", "jti"].iter().find_map(|name| Some((*name, token.claim_text(name)?.to_owned())))
            })
        },
    },
];

/// Believes what shares this with a token that was verified.
fn remembering<K: Hash + Eq + Send + 'static>(chain: Chain, key: fn(&Jws) -> Option<K>) -> Chain {
    let seen = Mutex::new(HashSet::new());
    after(chain, StageId::Signature, stages::signature, move |call| {
        let Some(key) = call.token.as_ref().and_then(key) else { return };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if call.facts.signed == Fact::Yes {
            seen.insert(key);
        } else if seen.contains(&key) {
            call.facts.signed = Fact::Yes;
        }
    })
}
