//! The keys of the tenants: made at start, published, rotated, retired.
//!
//! All tenants begin with the same keys, as in Entra, so that a token of another tenant differs by its issuer only. A tenant whose
//! keys are rotated or retired has its own from then on, and the others are not disturbed.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use serde::Serialize;
use serve::{ServeError, StateFolder};
use token::{Jwk, KeyError, SigningKey, UnixTime};
use tokio::sync::SetOnce;
use tokio::task::{JoinSet, spawn_blocking};

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A key could not be made or read back.
    #[error("signing key: {0}")]
    Key(#[from] KeyError),
    /// The state folder failed.
    #[error(transparent)]
    State(#[from] ServeError),
}

/// Why a key could not be retired.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RetireError {
    #[error("no published key has the id {0}; status lists those that are")]
    Unknown(String),
    #[error("{0} is the last key; rotate first")]
    Last(String),
}

/// The keys of all tenants, by the tenants' positions in the directory.
pub(crate) struct Keys {
    /// What all tenants begin with; set once they are made.
    first: SetOnce<Result<Vec<Arc<SigningKey>>, Arc<KeysError>>>,
    rings: Vec<RwLock<Option<Arc<Ring>>>>,
}

/// The keys of one tenant at one moment.
pub(crate) struct Ring {
    /// All that are published; never empty.
    keys: Vec<Arc<SigningKey>>,
    signing: Arc<SigningKey>,
    v1: OnceLock<Bytes>,
    v2: OnceLock<Bytes>,
}

impl Keys {
    pub(crate) fn new(tenants: usize) -> Self {
        Self { first: SetOnce::new(), rings: (0..tenants).map(|_| RwLock::default()).collect() }
    }

    /// Reads the keys of a state folder and makes those that are missing, at once and on threads of their own.
    ///
    /// # Errors
    /// Where a kept key cannot be used. What goes wrong later is told to whoever waits for the keys.
    pub(crate) fn prepare(
        self: &Arc<Self>,
        count: usize,
        state: Option<&StateFolder>,
        now: UnixTime,
    ) -> Result<(), KeysError> {
        let kept = (1..=count.max(1)).map(|number| load(state, number)).collect::<Result<Vec<_>, _>>()?;
        if kept.iter().all(Option::is_some) {
            // A second call would find the keys there and leave them.
            let _ = self.first.set(Ok(kept.into_iter().flatten().collect()));
            return Ok(());
        }
        let (keys, state) = (Arc::clone(self), state.cloned());
        tokio::spawn(async move {
            let _ = keys.first.set(complete(kept, state, now).await.map_err(Arc::new));
        });
        Ok(())
    }

    /// A tenant's keys; waits until the first ones are made.
    pub(crate) async fn ring(&self, tenant: usize) -> Result<Arc<Ring>, Arc<KeysError>> {
        let first = self.first.wait().await.as_ref().map_err(Arc::clone)?;
        if let Some(ring) = &*self.rings[tenant].read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(ring));
        }
        let mut ring = self.rings[tenant].write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(ring.get_or_insert_with(|| Arc::new(Ring::first(first)))))
    }

    /// All keys of all tenants, once each; waits until the first ones are made.
    pub(crate) async fn all(&self) -> Result<Vec<Arc<SigningKey>>, Arc<KeysError>> {
        let mut all: Vec<Arc<SigningKey>> = Vec::new();
        for tenant in 0..self.rings.len() {
            for key in &self.ring(tenant).await?.keys {
                if all.iter().all(|known| known.kid() != key.kid()) {
                    all.push(Arc::clone(key));
                }
            }
        }
        Ok(all)
    }

    /// Whether the first keys are there.
    pub(crate) fn ready(&self) -> bool {
        matches!(self.first.get(), Some(Ok(_)))
    }

    /// Publishes a new key in these tenants and signs with it from now on; the old ones stay published.
    pub(crate) async fn rotate(&self, tenants: &[usize], now: UnixTime) -> Result<String, Arc<KeysError>> {
        let key = Arc::new(generate(now).await.map_err(Arc::new)?);
        for tenant in tenants {
            let ring = self.ring(*tenant).await?;
            let keys = ring.keys.iter().chain([&key]).map(Arc::clone).collect();
            self.replace(*tenant, Ring::new(keys, Arc::clone(&key)));
        }
        Ok(key.kid().to_owned())
    }

    /// Takes a key of a tenant out of publication. If it was the one that signs, the newest that is left does.
    pub(crate) fn retire(&self, tenant: usize, ring: &Ring, kid: &str) -> Result<(), RetireError> {
        ring.find(kid).ok_or_else(|| RetireError::Unknown(kid.to_owned()))?;
        let left: Vec<_> = ring.keys.iter().filter(|key| key.kid() != kid).map(Arc::clone).collect();
        let newest = left.last().ok_or_else(|| RetireError::Last(kid.to_owned()))?;
        let signing = Arc::clone(if ring.signing.kid() == kid { newest } else { &ring.signing });
        self.replace(tenant, Ring::new(left, signing));
        Ok(())
    }

    fn replace(&self, tenant: usize, ring: Ring) {
        *self.rings[tenant].write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(ring));
    }
}

impl Ring {
    fn first(keys: &[Arc<SigningKey>]) -> Self {
        let signing = Arc::clone(keys.first().expect("at least one key is made"));
        Self::new(keys.to_vec(), signing)
    }

    fn new(keys: Vec<Arc<SigningKey>>, signing: Arc<SigningKey>) -> Self {
        Self { keys, signing, v1: OnceLock::new(), v2: OnceLock::new() }
    }

    /// The key that signs.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// A published key by its id.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid() == kid).map(|key| &**key)
    }

    /// The ids of all published keys.
    pub(crate) fn kids(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.kid()).collect()
    }

    /// The JWKS of the v1 endpoint, written once.
    pub(crate) fn jwks_v1(&self) -> Bytes {
        self.v1.get_or_init(|| jwks(&self.keys, None)).clone()
    }

    /// The JWKS of the v2 endpoint, whose keys name their issuer, written once.
    pub(crate) fn jwks_v2(&self, issuer: impl FnOnce() -> String) -> Bytes {
        self.v2.get_or_init(|| jwks(&self.keys, Some(&issuer()))).clone()
    }
}

/// A JWK set (RFC 7517 section 5). Only what [`Jwk`] has can get into it, and that has public members only.
pub(crate) fn jwks(keys: &[Arc<SigningKey>], issuer: Option<&str>) -> Bytes {
    #[derive(Serialize)]
    struct Set {
        keys: Vec<Jwk>,
    }
    let with_issuer = |jwk: Jwk| match issuer {
        Some(issuer) => jwk.with_issuer(issuer),
        None => jwk,
    };
    let set = Set { keys: keys.iter().map(|key| with_issuer(key.jwk())).collect() };
    serde_json::to_vec(&set).expect("a set of texts can always be written").into()
}

/// Makes the keys that were not kept, side by side, and keeps them.
async fn complete(
    kept: Vec<Option<Arc<SigningKey>>>,
    state: Option<StateFolder>,
    now: UnixTime,
) -> Result<Vec<Arc<SigningKey>>, KeysError> {
    let mut made = JoinSet::new();
    for (index, key) in kept.into_iter().enumerate() {
        let state = state.clone();
        made.spawn(async move {
            let Some(key) = key else {
                let key = generate(now).await?;
                save(state.as_ref(), index + 1, &key)?;
                return Ok((index, Arc::new(key)));
            };
            Ok((index, key))
        });
    }
    let mut keys = made.join_all().await.into_iter().collect::<Result<Vec<_>, KeysError>>()?;
    keys.sort_by_key(|(index, _)| *index);
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// Makes a key on a thread of its own: it takes long enough to be missed by whoever else is served.
pub(crate) async fn generate(now: UnixTime) -> Result<SigningKey, KeysError> {
    let made = spawn_blocking(move || SigningKey::generate(now)).await;
    // The thread is only lost when the runtime ends or the generator panics.
    Ok(made.unwrap_or(Err(KeyError::Generate))?)
}

fn load(state: Option<&StateFolder>, number: usize) -> Result<Option<Arc<SigningKey>>, KeysError> {
    let Some(state) = state else { return Ok(None) };
    let [key, certificate] = names(number);
    let (Some(key), Some(certificate)) = (state.read(&key)?, state.read(&certificate)?) else { return Ok(None) };
    Ok(Some(Arc::new(SigningKey::from_der(&key, &certificate)?)))
}

fn save(state: Option<&StateFolder>, number: usize, key: &SigningKey) -> Result<(), KeysError> {
    let Some(state) = state else { return Ok(()) };
    let [key_name, certificate_name] = names(number);
    let (private, certificate) = key.to_der()?;
    state.write(&key_name, private.expose())?;
    Ok(state.write(&certificate_name, &certificate)?)
}

fn names(number: usize) -> [String; 2] {
    [format!("signing-{number}.key"), format!("signing-{number}.cer")]
}
