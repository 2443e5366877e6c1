use std::sync::Arc;

use authsettings::{Authority, Fact};

use crate::{Call, Flow, Jws, PublicKey, Stage, StageFuture};

/// Finds the published keys that may have signed the token: those of its `kid`, or all where it names none.
///
/// An unknown `kid` makes the keys be fetched again, within bounds. Microsoft's library would then try every key; the platform
/// was seen to answer 401, and so it is here.
pub struct Key;

impl Stage for Key {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(async move {
            find(call).await;
            Flow::Continue(())
        })
    }
}

async fn find(call: &mut Call) {
    let Some(token) = call.token.as_ref().filter(|_| call.facts.signed != Fact::No) else { return };
    let Some(authority) = call.site.settings.authority() else { return };
    let (cache, now) = (&call.site.published, call.request.at);
    let mut keys = candidates(&cache.keys(now).await, token, &authority);
    if keys.is_empty() {
        keys = candidates(&cache.newer_keys(now).await, token, &authority);
    }
    if let Some(error) = cache.last_error() {
        call.notes.push(format!("the keys could not be fetched: {error}"));
    }
    call.keys = keys;
}

fn candidates(keys: &[Arc<PublicKey>], token: &Jws, authority: &Authority) -> Vec<Arc<PublicKey>> {
    let kid = token.header_text("kid");
    keys.iter()
        .filter(|key| kid.is_none() || key.kid() == kid)
        .filter(|key| key.signs_for(authority, token.claim_text("tid")))
        .cloned()
        .collect()
}
