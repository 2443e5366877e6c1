//! When keys are fetched, and how long they are believed.
//!
//! The rules are those of `ConfigurationManager` in Microsoft.IdentityModel.Protocols: fetched when first needed; again after
//! the automatic interval; for an unknown key id at once the first time, and then at most once in the minimal interval. What
//! was fetched last stays in use while nothing newer can be had. While nothing was ever had, attempts are spaced by 1, 2, 4 ...
//! seconds up to the minimal interval. Time is the request's.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authsettings::Knobs;
use serve::UnixTime;

use crate::published::PublicKey;

/// The keys of an authority, or why they could not be had.
pub type FetchedKeys<'a> = Pin<Box<dyn Future<Output = Result<Vec<PublicKey>, String>> + Send + 'a>>;

/// Where a cache has its keys from.
pub trait KeySource: Send + Sync + 'static {
    /// The keys that are published now.
    fn fetch(&self) -> FetchedKeys<'_>;
}

/// The published keys of one authority. Any number of requests may ask; one of them fetches.
pub struct KeyCache {
    source: Box<dyn KeySource>,
    min_interval: i64,
    auto_interval: i64,
    state: Mutex<State>,
    fetching: tokio::sync::Mutex<()>,
}

struct State {
    keys: Arc<[Arc<PublicKey>]>,
    /// When the next fetch is due.
    due: UnixTime,
    /// When a fetch was last asked for because of an unknown key id.
    asked: Option<UnixTime>,
    failures: u32,
    last_error: Option<String>,
}

impl KeyCache {
    /// A cache that has fetched nothing yet.
    pub fn new(source: Box<dyn KeySource>, knobs: &Knobs) -> Self {
        Self {
            source,
            min_interval: knobs.jwks_refresh_min_interval_s,
            auto_interval: knobs.jwks_refresh_auto_s,
            state: Mutex::new(State {
                keys: Arc::new([]),
                due: UnixTime::MIN,
                asked: None,
                failures: 0,
                last_error: None,
            }),
            fetching: tokio::sync::Mutex::new(()),
        }
    }

    /// The keys, fetched if that is due. While another request fetches, those that are there already will do.
    pub async fn keys(&self, now: UnixTime) -> Arc<[Arc<PublicKey>]> {
        if self.is_due(now) {
            if let Ok(alone) = self.fetching.try_lock() {
                self.fetch(alone, now).await;
            } else if self.state().keys.is_empty() {
                self.fetch(self.fetching.lock().await, now).await;
            }
        }
        Arc::clone(&self.state().keys)
    }

    /// The keys, after one that is not among them was asked for: fetched again if that may be.
    pub async fn newer_keys(&self, now: UnixTime) -> Arc<[Arc<PublicKey>]> {
        {
            let mut state = self.state();
            if state.failures == 0 && state.asked.is_none_or(|asked| now >= asked.saturating_add(self.min_interval)) {
                state.asked = Some(now);
                state.due = now;
            }
        }
        if self.is_due(now) {
            self.fetch(self.fetching.lock().await, now).await;
        }
        Arc::clone(&self.state().keys)
    }

    /// Why the last fetch failed, if it did.
    pub fn last_error(&self) -> Option<String> {
        self.state().last_error.clone()
    }

    /// Fetches, unless whoever was alone before has done so.
    async fn fetch(&self, _alone: tokio::sync::MutexGuard<'_, ()>, now: UnixTime) {
        if self.is_due(now) {
            let fetched = self.source.fetch().await;
            self.settle(now, fetched);
        }
    }

    fn settle(&self, now: UnixTime, fetched: Result<Vec<PublicKey>, String>) {
        let mut state = self.state();
        let wait = match fetched {
            Ok(keys) => {
                state.keys = keys.into_iter().map(Arc::new).collect();
                (state.failures, state.last_error) = (0, None);
                self.auto_interval
            }
            Err(error) => {
                let first_tries = 1 << state.failures.min(20);
                state.failures += 1;
                state.last_error = Some(error);
                if state.keys.is_empty() { self.min_interval.min(first_tries) } else { self.min_interval }
            }
        };
        state.due = now.saturating_add(wait.max(1));
    }

    fn is_due(&self, now: UnixTime) -> bool {
        now >= self.state().due
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves it whole, so that a panic elsewhere does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
