use std::sync::Arc;

use authsettings::{Authority, Fact};

use crate::{Call, Flow, Jws, KeyCache, PublicKey, Stage, StageFuture};

/// Finds the published keys that may have signed the token: those of its `kid`, or all where it names none.
///
/// An unknown `kid` makes the keys be fetched again, within bounds. Microsoft's library would then try every key; the platform
/// was seen to answer 401, and so it is here.
pub struct Key;

impl Stage for Key {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            find_keys(call, &site.published).await;
            Flow::Continue(())
        })
    }
}

/// Finds the keys in a cache. A token that is known not to be signed has none looked for.
pub async fn find_keys(call: &mut Call, cache: &KeyCache) {
    let Some(token) = call.token.as_ref().filter(|_| call.facts.signed != Fact::No) else { return };
    let Some(authority) = call.site.settings.authority() else { return };
    let now = call.request.at;
    let mut keys = candidates(&cache.keys(now).await, token, &authority);
    if keys.is_empty() {
        keys = candidates(&cache.newer_keys(now).await, token, &authority);
    }
    if let Some(error) = cache.last_error() {
        call.notes.push(format!("the keys could not be fetched: {error}"));
    }
    call.keys = keys;
}

/// The keys that bear a token's `kid` and sign for its tenant.
pub fn candidates(keys: &[Arc<PublicKey>], token: &Jws, authority: &Authority) -> Vec<Arc<PublicKey>> {
    let kid = token.header_text("kid");
    keys.iter()
        .filter(|key| kid.is_none() || key.kid() == kid)
        .filter(|key| key.signs_for(authority, token.claim_text("tid")))
        .cloned()
        .collect()
}
