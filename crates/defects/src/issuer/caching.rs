//! Flaws in which the caching headers of a key set decide when it is fetched.

use std::sync::Arc;

use function_app::published::{keys, keys_url};
use function_app::stages::candidates;
use function_app::{Call, Chain, Flow, PublicKey, Site, Stage, StageFuture, StageId};
use http::HeaderMap;

use crate::Defect;

const HALF_A_DAY: i64 = 12 * 60 * 60;
const MINUTES: i64 = 5 * 60;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "short-caching-headers-obeyed",
        title: "Keys are fetched for each request where the caching headers say so",
        why: "A cache for HTTP, as it stands in the standard, is put before the fetch.",
        apply: |chain| ageing(chain, true, |headers| lifetime(headers).min(HALF_A_DAY)),
    },
    Defect {
        id: "expiry-header-obeyed",
        title: "Keys are fetched for each request where `Expires` has passed",
        why: "The older of the caching headers is still read, and a proxy sets it to the epoch.",
        apply: |chain| {
            ageing(chain, true, |headers| if text(headers, "expires").contains("1970") { 0 } else { HALF_A_DAY })
        },
    },
    Defect {
        id: "age-header-obeyed",
        title: "Keys are fetched for each request where `Age` is beyond the allowed half a day",
        why: "The age is subtracted from the time that keys are kept for.",
        apply: |chain| ageing(chain, true, |headers| HALF_A_DAY - text(headers, "age").parse().unwrap_or(0)),
    },
    Defect {
        id: "long-caching-headers-obeyed",
        title: "Keys are not fetched again for as long as the caching headers allow",
        why: "What is fresh by RFC 9111 is not asked for again, whoever is unknown.",
        apply: |chain| ageing(chain, false, |headers| lifetime(headers).max(HALF_A_DAY)),
    },
];

/// For how many seconds an answer is fresh (RFC 9111 section 4.2).
fn lifetime(headers: &HeaderMap) -> i64 {
    let control = text(headers, "cache-control");
    let age = text(headers, "age").parse().unwrap_or(0);
    let most = control.split(',').find_map(|one| one.trim().strip_prefix("max-age=")?.parse::<i64>().ok());
    match most {
        Some(most) => most - age,
        None if text(headers, "expires").contains("1970") => 0,
        None => HALF_A_DAY,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Keeps keys for as long as the headers that they came with say, by such a reading of them.
fn ageing(chain: Chain, asks: bool, lifetime: fn(&HeaderMap) -> i64) -> Chain {
    chain.replace(StageId::Key, Box::new(Ageing { lifetime, asks, kept: tokio::sync::Mutex::default() }))
}

struct Ageing {
    lifetime: fn(&HeaderMap) -> i64,
    /// Whether an unknown key id has fresh keys fetched anew, after some minutes.
    asks: bool,
    kept: tokio::sync::Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: Vec<Arc<PublicKey>>,
    fetched: i64,
    fresh_until: i64,
}

impl Stage for Ageing {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            let (Some(token), Some(authority)) = (&call.token, site.settings.authority()) else {
                return Flow::Continue(());
            };
            let now = call.request.at;
            let mut kept = self.kept.lock().await;
            let unknown = || candidates(&kept.keys, token, &authority).is_empty();
            if now >= kept.fresh_until || (self.asks && now >= kept.fetched + MINUTES && unknown()) {
                kept.fetched = now;
                match self.fetch(&site).await {
                    Ok((keys, lifetime)) => (kept.keys, kept.fresh_until) = (keys, now.saturating_add(lifetime)),
                    Err(_) => kept.fresh_until = now + MINUTES,
                }
            }
            call.keys = candidates(&kept.keys, token, &authority);
            Flow::Continue(())
        })
    }
}

impl Ageing {
    async fn fetch(&self, site: &Site) -> Result<(Vec<Arc<PublicKey>>, i64), String> {
        let authority = site.settings.authority().zip(site.settings.metadata_url());
        let (authority, metadata) = authority.ok_or("the settings name no authority")?;
        let place = keys_url(&site.documents.get(&metadata).await?.body, &authority)?;
        let fetched = site.documents.get(&place).await?;
        let keys = keys(&fetched.body)?.into_iter().map(Arc::new).collect();
        Ok((keys, (self.lifetime)(&fetched.headers)))
    }
}
