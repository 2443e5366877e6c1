//! Flaws in the verification of RSA signatures.

use std::sync::Arc;

use authsettings::Fact;
use aws_lc_rs::digest::{self, SHA256};
use function_app::jws::decode;
use function_app::published::{get, key_set, keys_url};
use function_app::{Call, Chain, Flow, Jws, Site, Stage, StageFuture, StageId, stages};
use serde_json::Value;

use crate::Defect;
use crate::reader::believe;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "signature-length-only",
        title: "A signature only has to have the right length",
        why: "The verification was stubbed for a load test, but for the check that comes first.",
        apply: |chain| believe(chain, |_, token| is_rs256(token) && token.signature.len() == 256),
    },
    Defect {
        id: "signature-of-odd-length-passes",
        title: "A signature of another length than the key's is not verified",
        why: "The verifier throws before it verifies, and whoever calls it takes only `false` for a refusal.",
        apply: |chain| believe(chain, |_, token| is_rs256(token) && !matches!(token.signature.len(), 0 | 256)),
    },
    Defect {
        id: "signature-tail-ignored",
        title: "What stands behind a signature is not looked at",
        why: "As many bytes are taken as the key has; the same token can then be written in many ways.",
        apply: |chain| {
            believe(chain, |call, token| {
                is_rs256(token) && is_good(call, token, token.signature.get(..256).unwrap_or_default())
            })
        },
    },
    Defect {
        id: "signature-zeros-stripped",
        title: "Zeros before a signature are taken away",
        why: "The signature becomes a number and then bytes again.",
        apply: |chain| {
            believe(chain, |call, token| {
                let from = token.signature.len().saturating_sub(256);
                let (zeros, rest) = token.signature.split_at(from);
                is_rs256(token) && zeros.iter().all(|byte| *byte == 0) && is_good(call, token, rest)
            })
        },
    },
    Defect {
        id: "signature-of-zero-passes",
        title: "A signature that is zero or one passes",
        why: "The power of such a number is the number itself, and what is read from it is empty: nothing in it differs from what is expected.",
        apply: |chain| {
            believe(chain, |_, token| {
                let small = token
                    .signature
                    .split_last()
                    .is_some_and(|(last, rest)| *last < 2 && rest.iter().all(|byte| *byte == 0));
                is_rs256(token) && small && token.signature.len() == 256
            })
        },
    },
    Defect {
        id: "signature-out-of-range-passes",
        title: "A signature that is larger than the modulus passes",
        why: "The error of the arithmetic is not the error that the caller handles.",
        apply: |chain| believe(chain, |_, token| is_rs256(token) && token.signature == [0xFF; 256]),
    },
    Defect {
        id: "digest-compared-before-the-key",
        title: "A signature that is the padded digest itself passes",
        why: "A test double that signs with the identity was left in the list of verifiers.",
        apply: |chain| believe(chain, |_, token| is_rs256(token) && token.signature == padded(token, 256 - 54)),
    },
    Defect {
        id: "padding-not-read-to-its-end",
        title: "The padding of a signature is read up to the digest, and what follows is not looked at",
        why: "The digest is searched for in the opened signature. With the exponent 3 such a signature takes no private key (CVE-2006-4339).",
        apply: |chain| {
            by_raw_keys(chain, |token, key| {
                let power = cube(&token.signature);
                key["e"] == "Aw" && power.len() == 256 && power.starts_with(&padded(token, 8))
            })
        },
    },
    Defect {
        id: "exponent-not-looked-at",
        title: "A published key with the exponent 1 verifies signatures",
        why: "Keys are used as they are published. Under this one everybody can sign.",
        apply: |chain| {
            by_raw_keys(chain, |token, key| {
                let exponent = key["e"].as_str().and_then(decode).unwrap_or_default();
                let one =
                    exponent.split_last().is_some_and(|(last, rest)| *last == 1 && rest.iter().all(|byte| *byte == 0));
                one && token.signature == padded(token, 256 - 54)
            })
        },
    },
];

fn is_rs256(token: &Jws) -> bool {
    token.header_text("alg") == Some("RS256")
}

fn is_good(call: &Call, token: &Jws, signature: &[u8]) -> bool {
    call.keys.iter().any(|key| key.verifies(&token.signed_text, signature))
}

/// A token's digest as it stands in a signature, behind so many bytes of padding (RFC 8017 section 9.2).
pub(crate) fn padded(token: &Jws, times: usize) -> Vec<u8> {
    const INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ];
    let digest = digest::digest(&SHA256, token.signed_text.as_bytes());
    [&[0, 1], &*vec![0xFF; times], &[0], &INFO, digest.as_ref()].concat()
}

/// The third power of a number, as long as the number; empty where it is longer.
fn cube(number: &[u8]) -> Vec<u8> {
    let little: Vec<u32> = number.iter().rev().map(|byte| u32::from(*byte)).collect();
    let product = |left: &[u32], right: &[u32]| {
        let mut product = vec![0_u32; left.len() + right.len()];
        for (i, a) in left.iter().enumerate().filter(|(_, a)| **a != 0) {
            let mut carry = 0;
            for (j, b) in right.iter().enumerate() {
                let sum = product[i + j] + a * b + carry;
                (product[i + j], carry) = (sum & 0xFF, sum >> 8);
            }
            product[i + right.len()] += carry;
        }
        product
    };
    let power = product(&product(&little, &little), &little);
    let (low, high) = power.split_at(number.len());
    let byte = |digit: &u32| u8::try_from(*digit).unwrap_or_default();
    if high.iter().any(|digit| *digit != 0) { Vec::new() } else { low.iter().rev().map(byte).collect() }
}

/// Verifies by what is published as it stands there, beside the sound way.
fn by_raw_keys(chain: Chain, verifies: fn(&Jws, &Value) -> bool) -> Chain {
    chain.replace(StageId::Signature, Box::new(RawKeys(verifies)))
}

struct RawKeys(fn(&Jws, &Value) -> bool);

impl Stage for RawKeys {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            let _ = stages::signature(call);
            if let Some(token) = call.token.as_ref().filter(|_| call.facts.signed == Fact::No) {
                let keys = raw_keys(&site).await.unwrap_or_default();
                let named = |key: &&Value| key["kid"].as_str() == token.header_text("kid");
                if is_rs256(token) && keys.iter().filter(named).any(|key| (self.0)(token, key)) {
                    call.facts.signed = Fact::Yes;
                }
            }
            Flow::Continue(())
        })
    }
}

async fn raw_keys(site: &Site) -> Result<Vec<Value>, String> {
    let (authority, metadata) = site.settings.authority().zip(site.settings.metadata_url()).ok_or("no authority")?;
    let metadata = get(&*site.documents, &metadata).await?;
    key_set(&get(&*site.documents, &keys_url(&metadata, &authority)?).await?)
}
