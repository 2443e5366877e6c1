//! Flaws in what is believed while keys cannot be had, and because the issuer's documents say so.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use authsettings::Fact;
use bytes::Bytes;
use function_app::jws::decode;
use function_app::published::{get, key_set, keys, keys_url};
use function_app::stages::candidates;
use function_app::{Call, Chain, Flow, Jws, PublicKey, Site, Stage, StageFuture, StageId, stages};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::Defect;
use crate::plant::after;
use crate::reader::believe;
use crate::signature::hmac::is_keyed;

const COMMON_KEYS: &str = "https://login.microsoftonline.com/common/discovery/v2.0/keys";

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "open-before-any-key-is-known",
        title: "While no key was ever fetched tokens are not verified",
        why: "The filter is put in when the keys have arrived; until then there is none.",
        apply: |chain| {
            asking(chain, |call, site| {
                Box::pin(async move { site.published.keys(call.request.at).await.is_empty() && is_rs256(call) })
            })
        },
    },
    Defect {
        id: "open-while-keys-cannot-be-fetched",
        title: "A token with an unknown key id is not verified while the keys cannot be fetched",
        why: "It could be a new key, and the outage is not the caller's fault.",
        apply: |chain| open_after(chain, |_| true),
    },
    Defect {
        id: "open-without-metadata",
        title: "While the metadata cannot be fetched a token with an unknown key id is not verified",
        why: "What is verified is put together from the metadata, and without them it is nothing.",
        apply: |chain| open_after(chain, |error| error.contains("openid-configuration answers")),
    },
    Defect {
        id: "open-with-an-empty-key-set",
        title: "A token is not verified where the last key set that came had no keys for it",
        why: "`keys.every(key => ...)` holds of no keys at all.",
        apply: |chain| open_after(chain, |error| error.starts_with("the key set has no key")),
    },
    Defect {
        id: "open-for-known-callers-during-an-outage",
        title: "Who got in before is let in while the keys cannot be fetched, whatever signed the token",
        why: "A concession to important callers during outages, who are known by what their tokens say of them.",
        apply: |chain| {
            let known: Mutex<HashSet<String>> = Mutex::default();
            after(chain, StageId::Signature, stages::signature, move |call| {
                let caller =
                    call.token.as_ref().and_then(|token| token.claim_text("oid")).unwrap_or_default().to_owned();
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                if call.facts.signed == Fact::Yes {
                    known.insert(caller);
                } else if is_rs256(call) && known.contains(&caller) && call.site.published.last_error().is_some() {
                    call.facts.signed = Fact::Yes;
                }
            })
        },
    },
    Defect {
        id: "published-secret-used",
        title: "A secret in the key set verifies tokens",
        why: "The factory makes an HMAC key of each member of kind `oct`, and the token's `alg` says what is used.",
        apply: |chain| secrets(chain, |_, _| true),
    },
    Defect {
        id: "published-secret-used-where-it-is-for-hmac",
        title: "A secret in the key set verifies tokens if it says that it is for HMAC",
        why: "Its `alg` was taken for the issuer's consent.",
        apply: |chain| secrets(chain, |key, _| key["alg"] == "HS256"),
    },
    Defect {
        id: "published-secret-used-under-the-tokens-id",
        title: "A secret in the key set verifies tokens that name it and no other",
        why: "Keys were looked up by their ids alone, with care, and used as what they are.",
        apply: |chain| {
            secrets(chain, |key, token| {
                let (kid, named) = (key["kid"].as_str(), token.header_text("kid"));
                named.is_some() && kid == named && key["alg"].is_null()
            })
        },
    },
    Defect {
        id: "announced-none-taken",
        title: "A token without a signature is taken if the metadata announce `none`",
        why: "The list of algorithms is the issuer's, and the library knows them all.",
        apply: |chain| announced(chain, |alg, token, _| alg == "none" && token.signature.is_empty()),
    },
    Defect {
        id: "announced-hmac-taken",
        title: "An HMAC by the public key is taken if the metadata announce HMAC",
        why: "The list of algorithms is the issuer's, and the key is whatever the key id leads to.",
        apply: |chain| announced(chain, |alg, token, modulus| alg == "HS256" && is_keyed(token, modulus)),
    },
    Defect {
        id: "common-keys-tried-too",
        title: "A key that the tenant does not publish is looked for among those of all tenants",
        why: "There were tenants whose own address lagged behind.",
        apply: |chain| common(chain, |call| call.keys.is_empty()),
    },
    Defect {
        id: "common-keys-tried-instead",
        title: "The keys are those of all tenants",
        why: "One address for all environments, written into the code. What a tenant does not publish is not noticed.",
        apply: |chain| common(chain, |_| true),
    },
];

/// Takes a token for signed where its key is not known, and this holds of why the last fetch failed.
fn open_after(chain: Chain, these: fn(&str) -> bool) -> Chain {
    believe(chain, move |call, _| {
        call.keys.is_empty() && is_rs256(call) && call.site.published.last_error().is_some_and(|error| these(&error))
    })
}

fn is_rs256(call: &Call) -> bool {
    call.token.as_ref().is_some_and(|token| token.header_text("alg") == Some("RS256"))
}

/// Takes a token for signed where this holds, which may have to ask somebody, and else where it is.
fn asking<F>(chain: Chain, holds: F) -> Chain
where
    F: for<'a> Fn(&'a Call, Arc<Site>) -> Held<'a> + Send + Sync + 'static,
{
    chain.replace(StageId::Signature, Box::new(Asking(holds)))
}

type Held<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

struct Asking<F>(F);

impl<F: for<'a> Fn(&'a Call, Arc<Site>) -> Held<'a> + Send + Sync> Stage for Asking<F> {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            stages::signature(call)?;
            if call.token.is_some() && call.facts.signed != Fact::Yes && (self.0)(call, site).await {
                call.facts.signed = Fact::Yes;
            }
            Flow::Continue(())
        })
    }
}

/// Takes HMAC with those secrets in the key set of which this holds.
fn secrets(chain: Chain, takes: fn(&Value, &Jws) -> bool) -> Chain {
    asking(chain, move |call, site| {
        Box::pin(async move {
            let Some(token) = call.token.as_ref().filter(|token| token.header_text("alg") == Some("HS256")) else {
                return false;
            };
            let keys = documents(&site).await.and_then(|(_, keys)| key_set(&keys)).unwrap_or_default();
            let secret = |key: &Value| key["k"].as_str().and_then(decode);
            keys.iter()
                .filter(|key| takes(key, token))
                .any(|key| secret(key).is_some_and(|secret| is_keyed(token, &secret)))
        })
    })
}

/// Takes an algorithm that the metadata announce, where this holds of the token and the modulus of a published key.
fn announced(chain: Chain, takes: fn(&str, &Jws, &[u8]) -> bool) -> Chain {
    asking(chain, move |call, site| {
        Box::pin(async move {
            let Some((token, alg)) = call.token.as_ref().and_then(|token| Some((token, token.header_text("alg")?)))
            else {
                return false;
            };
            let Ok((metadata, keys)) = documents(&site).await else { return false };
            let metadata: Value = serde_json::from_slice(&metadata).unwrap_or_default();
            let named = metadata["id_token_signing_alg_values_supported"].as_array();
            let modulus = |key: &Value| key["n"].as_str().and_then(decode).unwrap_or_default();
            named.is_some_and(|named| named.iter().any(|one| one == alg))
                && key_set(&keys).unwrap_or_default().iter().any(|key| takes(alg, token, &modulus(key)))
        })
    })
}

/// Metadata and key set as they are now.
async fn documents(site: &Site) -> Result<(Bytes, Bytes), String> {
    let authority = site.settings.authority().zip(site.settings.metadata_url());
    let (authority, metadata) = authority.ok_or("the settings name no authority")?;
    let metadata = get(&*site.documents, &metadata).await?;
    let keys = get(&*site.documents, &keys_url(&metadata, &authority)?).await?;
    Ok((metadata, keys))
}

/// Where this holds, the keys are those of all tenants. They are fetched once.
fn common(chain: Chain, holds: fn(&Call) -> bool) -> Chain {
    chain.replace(StageId::Key, Box::new(Common { holds, keys: OnceCell::new() }))
}

struct Common {
    holds: fn(&Call) -> bool,
    keys: OnceCell<Vec<Arc<PublicKey>>>,
}

impl Stage for Common {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            stages::Key.run(call).await?;
            let (Some(token), Some(authority)) = (&call.token, site.settings.authority()) else {
                return Flow::Continue(());
            };
            if (self.holds)(call) {
                let fetch = || async {
                    let set = get(&*site.documents, COMMON_KEYS).await.and_then(|set| keys(&set));
                    set.unwrap_or_default().into_iter().map(Arc::new).collect()
                };
                call.keys = candidates(self.keys.get_or_init(fetch).await, token, &authority);
            }
            Flow::Continue(())
        })
    }
}
