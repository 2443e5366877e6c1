//! Flaws in how long keys are kept, and when they are fetched.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use function_app::published::Published;
use function_app::stages::{candidates, find_keys};
use function_app::{Call, Chain, FetchedKeys, Flow, KeyCache, KeySource, PublicKey, Site, Stage, StageFuture, StageId};

use super::source::{again, cached, sound, timed, wrapped};
use crate::Defect;

const HALF_A_DAY: i64 = 12 * 60 * 60;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "keys-fetched-for-every-request",
        title: "The keys are fetched for every request",
        why: "The cache is a member of an object that is made anew for each request.",
        apply: |chain| {
            stage(chain, |call, site, _| {
                Box::pin(async move {
                    find_keys(call, &KeyCache::new(Box::new(sound(&site)), &site.settings.knobs)).await;
                })
            })
        },
    },
    Defect {
        id: "keys-fetched-for-every-unknown-id",
        title: "The keys are fetched for every unknown key id",
        why: "Whoever is not found may be new, and nobody thought of how many may come.",
        apply: |chain| timed(chain, |knobs| knobs.jwks_refresh_min_interval_s = 0),
    },
    Defect {
        id: "keys-never-fetched-again",
        title: "The keys are fetched once, at the start",
        why: "The app is deployed often enough; until it is not.",
        apply: |chain| wrapped(chain, Once::of),
    },
    Defect {
        id: "keys-fetched-again-for-unknown-ids-alone",
        title: "The keys are fetched again only for an unknown key id",
        why: "That is when they are needed. What was removed is then found as before.",
        apply: |chain| timed(chain, |knobs| knobs.jwks_refresh_auto_s = i64::MAX),
    },
    Defect {
        id: "keys-fetched-again-by-time-alone",
        title: "The keys are fetched again twice a day and not for an unknown key id",
        why: "A timer is simple, and cannot be set off from outside. A change of keys locks callers out for hours.",
        apply: |chain| {
            stage(chain, |call, site, _| {
                Box::pin(async move {
                    let keys = site.published.keys(call.request.at).await;
                    let authority = site.settings.authority();
                    if let (Some(token), Some(authority)) = (&call.token, authority) {
                        call.keys = candidates(&keys, token, &authority);
                    }
                })
            })
        },
    },
    Defect {
        id: "fetches-for-unknown-ids-used-up",
        title: "For unknown key ids the keys are fetched once, and never again",
        why: "A guard against floods that counts, and that nothing sets back.",
        apply: |chain| timed(chain, |knobs| knobs.jwks_refresh_min_interval_s = i64::MAX),
    },
    Defect {
        id: "unknown-ids-remembered",
        title: "A key id that was unknown once stays so",
        why: "A cache of refused ids, against floods, whose entries never end.",
        apply: |chain| {
            stage(chain, |call, site, memory| {
                Box::pin(async move {
                    let kid = kid(call);
                    if memory.has(&kid) {
                        return;
                    }
                    find_keys(call, &site.published).await;
                    if call.keys.is_empty() {
                        memory.add(kid);
                    }
                })
            })
        },
    },
    Defect {
        id: "keys-forgotten-when-a-fetch-fails",
        title: "Where the keys cannot be fetched the known ones are forgotten",
        why: "The cache is emptied first and filled then, or takes what the failed attempt returned.",
        apply: |chain| forgetting(chain, |_| true),
    },
    Defect {
        id: "keys-forgotten-after-an-error-status",
        title: "Where the key set is answered with an error the known keys are forgotten",
        why: "The status is not looked at, and the body of the error has no keys in it.",
        apply: |chain| {
            forgetting(chain, |error| {
                ["/keys answers 4", "/keys answers 5"].iter().any(|answer| error.contains(answer))
            })
        },
    },
    Defect {
        id: "keys-forgotten-without-a-connection",
        title: "Where the key set cannot be reached the known keys are forgotten",
        why: "The exception of the network is caught and an empty list returned.",
        apply: |chain| {
            forgetting(chain, |error| {
                ![" answers ", "the key set ", "the metadata "].iter().any(|answer| error.contains(answer))
            })
        },
    },
    Defect {
        id: "keys-forgotten-when-not-modified",
        title: "Where the key set was not modified the known keys are forgotten",
        why: "The answer 304 has no body, which is read as a set without keys.",
        apply: |chain| forgetting(chain, |error| error.contains("/keys answers 304")),
    },
    Defect {
        id: "keys-forgotten-without-metadata",
        title: "Where the metadata cannot be had the known keys are forgotten",
        why: "Metadata and keys are one object, which is put together anew and then lacks the keys.",
        apply: |chain| forgetting(chain, |error| error.contains("openid-configuration answers")),
    },
    Defect {
        id: "keys-forgotten-when-they-are-old",
        title: "Keys that cannot be fetched anew are forgotten after half a day",
        why: "A cache with a fixed life for each entry does not ask whether there is something newer.",
        apply: |chain| {
            stage(chain, |call, site, memory| {
                Box::pin(async move {
                    find_keys(call, &site.published).await;
                    let now = call.request.at;
                    if site.published.last_error().is_none() {
                        memory.since(now);
                    } else if memory.began().is_some_and(|began| now > began + HALF_A_DAY) {
                        call.keys.clear();
                    }
                })
            })
        },
    },
    Defect {
        id: "first-failure-final",
        title: "A first attempt to fetch the keys that fails is the last one",
        why: "The promise of the keys is kept, and a promise that was broken stays so.",
        apply: |chain| wrapped(chain, Final::of),
    },
    Defect {
        id: "failed-fetches-repeated",
        title: "While the keys cannot be fetched each request tries",
        why: "The time of the last success is what bounds attempts, and a failure is none.",
        apply: |chain| {
            stage(chain, |call, site, _| {
                Box::pin(async move {
                    find_keys(call, &site.published).await;
                    if site.published.last_error().is_some() && call.keys.is_empty() {
                        let _ = sound(&site).fetch().await;
                    }
                })
            })
        },
    },
    Defect {
        id: "old-keys-fetched-by-each-request",
        title: "Once the keys are old each request tries to fetch newer ones, as long as that fails",
        why: "They are fetched when they are older than a limit, and a failure does not make them younger.",
        apply: |chain| {
            stage(chain, |call, site, memory| {
                Box::pin(async move {
                    find_keys(call, &site.published).await;
                    let now = call.request.at;
                    if site.published.last_error().is_none() {
                        memory.since(now);
                    } else if memory.began().is_some_and(|began| now > began + HALF_A_DAY) {
                        let _ = sound(&site).fetch().await;
                    }
                })
            })
        },
    },
    Defect {
        id: "keys-only-ever-added",
        title: "Newly fetched keys are added to the known ones",
        why: "The map of keys is filled by each fetch, and nothing is ever taken out of it.",
        apply: |chain| wrapped(chain, |source| Adding { source, kept: Mutex::default(), forgets: false }),
    },
    Defect {
        id: "known-ids-not-read-again",
        title: "A key that has a known id is not read again",
        why: "To read a key is costly, so that those of known ids are taken from the map of the time before.",
        apply: |chain| wrapped(chain, |source| Adding { source, kept: Mutex::default(), forgets: true }),
    },
];

fn kid(call: &Call) -> String {
    call.token.as_ref().and_then(|token| token.header_text("kid")).unwrap_or_default().to_owned()
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds the keys of a token in this way, with something to remember.
fn stage(chain: Chain, find: for<'a> fn(&'a mut Call, Arc<Site>, &'a Memory) -> Done<'a>) -> Chain {
    chain.replace(StageId::Key, Box::new(Finding { find, memory: Memory::default() }))
}

type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

struct Finding {
    find: for<'a> fn(&'a mut Call, Arc<Site>, &'a Memory) -> Done<'a>,
    memory: Memory,
}

impl Stage for Finding {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            if call.token.is_some() {
                (self.find)(call, site, &self.memory).await;
            }
            Flow::Continue(())
        })
    }
}

/// What is remembered between requests.
#[derive(Default)]
struct Memory {
    names: Mutex<HashSet<String>>,
    time: Mutex<Option<i64>>,
}

impl Memory {
    fn has(&self, name: &str) -> bool {
        lock(&self.names).contains(name)
    }

    fn add(&self, name: String) {
        lock(&self.names).insert(name);
    }

    fn since(&self, time: i64) {
        *lock(&self.time) = Some(time);
    }

    fn began(&self) -> Option<i64> {
        *lock(&self.time)
    }
}

/// Returns for ever what came first.
struct Once {
    source: Published,
    kept: Mutex<Vec<PublicKey>>,
}

impl Once {
    fn of(source: Published) -> Self {
        Self { source, kept: Mutex::default() }
    }
}

impl KeySource for Once {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async move {
            let known: Vec<_> = lock(&self.kept).iter().filter_map(again).collect();
            if !known.is_empty() {
                return Ok(known);
            }
            let keys = self.source.fetch().await?;
            *lock(&self.kept) = keys.iter().filter_map(again).collect();
            Ok(keys)
        })
    }
}

/// Takes some errors for a key set without keys.
fn forgetting(chain: Chain, these: fn(&str) -> bool) -> Chain {
    cached(chain, move |site| KeyCache::new(Box::new(Forgetting { source: sound(site), these }), &site.settings.knobs))
}

struct Forgetting {
    source: Published,
    these: fn(&str) -> bool,
}

impl KeySource for Forgetting {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async move {
            self.source.fetch().await.or_else(|error| if (self.these)(&error) { Ok(Vec::new()) } else { Err(error) })
        })
    }
}

/// Fails for ever once it has failed.
struct Final {
    source: Published,
    failed: Mutex<Option<String>>,
}

impl Final {
    fn of(source: Published) -> Self {
        Self { source, failed: Mutex::default() }
    }
}

impl KeySource for Final {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async move {
            if let Some(error) = lock(&self.failed).clone() {
                return Err(error);
            }
            let keys = self.source.fetch().await;
            lock(&self.failed).clone_from(&keys.as_ref().err().cloned());
            keys
        })
    }
}

/// Keeps what it knew from before.
struct Adding {
    source: Published,
    kept: Mutex<HashMap<Option<String>, PublicKey>>,
    /// Whether ids that are no longer published are forgotten.
    forgets: bool,
}

impl KeySource for Adding {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async move {
            let published = self.source.fetch().await?;
            let mut kept = lock(&self.kept);
            if self.forgets {
                kept.retain(|kid, _| published.iter().any(|key| key.kid() == kid.as_deref()));
            }
            for key in published {
                kept.entry(key.kid().map(str::to_owned)).or_insert(key);
            }
            Ok(kept.values().filter_map(again).collect())
        })
    }
}
