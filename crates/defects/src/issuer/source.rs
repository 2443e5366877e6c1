//! Ways to get the authority's keys wrongly.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use authsettings::{Authority, Knobs};
use bytes::Bytes;
use function_app::published::{self, Published};
use function_app::stages::find_keys;
use function_app::{
    Chain, Documents, FetchedKeys, Flow, KeyCache, KeySource, PublicKey, Site, Stage, StageFuture, StageId,
};

/// A document on its way.
pub(super) type Got<'a> = Pin<Box<dyn Future<Output = Result<Bytes, String>> + Send + 'a>>;

/// Takes keys out of such a cache, which is made with the first request, in the place of the sound one.
pub(super) fn cached(chain: Chain, make: impl Fn(&Site) -> KeyCache + Send + Sync + 'static) -> Chain {
    chain.replace(StageId::Key, Box::new(Cached { make, cache: OnceLock::new() }))
}

/// Fetches keys with a flaw in one of the steps.
pub(super) fn fetched(chain: Chain, flaw: fn(&mut Fetcher)) -> Chain {
    cached(chain, move |site| {
        let mut fetcher = Fetcher::of(site);
        flaw(&mut fetcher);
        KeyCache::new(Box::new(fetcher), &site.settings.knobs)
    })
}

/// Fetches keys as it should, and does something else with what comes back.
pub(super) fn wrapped<S: KeySource>(chain: Chain, wrap: fn(Published) -> S) -> Chain {
    cached(chain, move |site| KeyCache::new(Box::new(wrap(sound(site))), &site.settings.knobs))
}

/// Fetches keys at other times.
pub(super) fn timed(chain: Chain, flaw: fn(&mut Knobs)) -> Chain {
    cached(chain, move |site| {
        let mut knobs = site.settings.knobs.clone();
        flaw(&mut knobs);
        KeyCache::new(Box::new(sound(site)), &knobs)
    })
}

/// The source without a flaw.
pub(super) fn sound(site: &Site) -> Published {
    Published::new(&site.settings, Arc::clone(&site.documents))
}

/// The same key another time.
pub(super) fn again(key: &PublicKey) -> Option<PublicKey> {
    PublicKey::read(key.jwk())
}

struct Cached<M> {
    make: M,
    cache: OnceLock<KeyCache>,
}

impl<M: Fn(&Site) -> KeyCache + Send + Sync> Stage for Cached<M> {
    fn run<'a>(&'a self, call: &'a mut function_app::Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            find_keys(call, self.cache.get_or_init(|| (self.make)(&site))).await;
            Flow::Continue(())
        })
    }
}

/// How keys are fetched, step by step.
pub(super) struct Fetcher {
    documents: Arc<dyn Documents>,
    authority: Option<(Authority, String)>,
    /// Gets a document.
    pub(super) get: for<'a> fn(&'a dyn Documents, &'a str) -> Got<'a>,
    /// Where the metadata say that the keys are.
    pub(super) place: fn(&[u8], &Authority) -> Result<String, String>,
    /// The keys in a key set.
    pub(super) keys: fn(&[u8]) -> Result<Vec<PublicKey>, String>,
}

impl Fetcher {
    /// Without a flaw.
    fn of(site: &Site) -> Self {
        Self {
            documents: Arc::clone(&site.documents),
            authority: site.settings.authority().zip(site.settings.metadata_url()),
            get: |documents, url| Box::pin(published::get(documents, url)),
            place: published::keys_url,
            keys: published::keys,
        }
    }
}

impl KeySource for Fetcher {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async move {
            let (authority, metadata) = self.authority.as_ref().ok_or("the settings name no authority")?;
            let metadata = (self.get)(&*self.documents, metadata).await?;
            let place = (self.place)(&metadata, authority)?;
            (self.keys)(&(self.get)(&*self.documents, &place).await?)
        })
    }
}
