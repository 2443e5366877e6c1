//! The keys of the tenants: made at start, published, rotated, retired.
//!
//! All tenants begin with the same keys, as in Entra, so that a token of another tenant differs by its issuer only. A tenant whose
//! keys are rotated or retired has its own from then on, and the others are not disturbed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use serve::{ServeError, StateFolder};
use token::{KeyError, SigningKey, UnixTime};
use tokio::sync::{Semaphore, SetOnce};
use tokio::task::{JoinSet, spawn_blocking};

use crate::kept::{load, restore_rings, save};
use crate::ring::{RetireError, Ring};
use crate::tenants::{Keyring, Tenancy};

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

/// Where the keys of all tenants come from.
pub(crate) struct Keys {
    /// What all tenants begin with; set once they are made.
    first: SetOnce<Result<Vec<Arc<SigningKey>>, Arc<KeysError>>>,
    /// What rotations take: the n-th of any tenant the n-th.
    later: Mutex<Vec<Later>>,
    /// They are made one after the other, in their order, so that the first comes soon and a core is left for the rest.
    turn: Semaphore,
    /// Where they are kept, if they are.
    state: Option<StateFolder>,
    /// How many are first ones; the files of later ones are numbered from there.
    count: usize,
}

/// A key for rotations, once it is made.
type Later = Arc<SetOnce<Result<Arc<SigningKey>, Arc<KeysError>>>>;

impl Keys {
    /// So many keys to begin with, at least one.
    pub(crate) fn new(count: usize, state: Option<StateFolder>) -> Self {
        let (first, later, turn) = (SetOnce::new(), Mutex::default(), Semaphore::new(1));
        Self { first, later, turn, state, count: count.max(1) }
    }

    /// Reads what the state folder has and makes the first keys that are missing, at once and on threads of their own.
    ///
    /// # Errors
    /// Where a kept key cannot be used. What goes wrong later is told to whoever waits for the keys.
    pub(crate) fn start(self: &Arc<Self>, tenancies: &[Arc<Tenancy>], now: UnixTime) -> Result<(), KeysError> {
        let state = self.state.as_ref();
        let kept = (1..=self.count).map(|number| load(state, number)).collect::<Result<Vec<_>, _>>()?;
        if !kept.iter().all(Option::is_some) {
            let keys = Arc::clone(self);
            tokio::spawn(async move {
                let made = complete(kept, keys.state.as_ref(), now).await;
                let _ = keys.first.set(made.map_err(Arc::new));
            });
            return Ok(());
        }
        let mut all: Vec<_> = kept.into_iter().flatten().collect();
        // A second call would find the keys there and leave them.
        let _ = self.first.set(Ok(all.clone()));
        let mut later = self.later();
        while let Some(key) = load(state, self.count + later.len() + 1)? {
            later.push(Arc::new(SetOnce::new_with(Some(Ok(Arc::clone(&key))))));
            all.push(key);
        }
        drop(later);
        state.map_or(Ok(()), |state| restore_rings(state, tenancies, &all))
    }

    /// Where the keys are kept.
    pub(crate) fn state(&self) -> Option<&StateFolder> {
        self.state.as_ref()
    }

    /// A tenant's keys; waits until the first ones are made.
    pub(crate) async fn ring(&self, tenancy: &Tenancy) -> Result<Arc<Ring>, Arc<KeysError>> {
        let first = self.first().await?;
        if let Some(ring) = &tenancy.keyring().ring {
            return Ok(Arc::clone(ring));
        }
        Ok(Arc::clone(tenancy.keyring_mut().ring(first)))
    }

    /// All keys of these tenants, once each; waits until the first ones are made.
    pub(crate) async fn all(&self, tenancies: &[Arc<Tenancy>]) -> Result<Vec<Arc<SigningKey>>, Arc<KeysError>> {
        let (mut all, mut known) = (Vec::new(), HashSet::new());
        for tenancy in tenancies {
            let ring = self.ring(tenancy).await?;
            all.extend(ring.keys().iter().filter(|key| known.insert(key.kid().to_owned())).map(Arc::clone));
        }
        Ok(all)
    }

    /// Waits until the first keys are made.
    pub(crate) async fn first(&self) -> Result<&[Arc<SigningKey>], Arc<KeysError>> {
        self.first.wait().await.as_deref().map_err(Arc::clone)
    }

    /// Whether the first keys are there.
    pub(crate) fn ready(&self) -> bool {
        matches!(self.first.get(), Some(Ok(_)))
    }

    /// Sees to it that the keys of so many rotations are made or being made.
    pub(crate) fn prepare(self: &Arc<Self>, count: usize, now: UnixTime) {
        let mut later = self.later();
        while later.len() < count {
            let slot = Later::default();
            later.push(Arc::clone(&slot));
            let (keys, number) = (Arc::clone(self), self.count + later.len());
            tokio::spawn(async move {
                // The semaphore is never closed, and it lets in whoever came first.
                let _turn = keys.turn.acquire().await;
                let _ = slot.set(make(keys.state.as_ref(), number, now).await.map_err(Arc::new));
            });
        }
    }

    /// Publishes the next key in these tenants and signs with it from now on; the old ones stay published. The n-th rotation of a
    /// tenant takes the n-th key, whatever others have had; of several tenants at once, the next that none of them has had.
    pub(crate) async fn rotate(
        self: &Arc<Self>,
        tenancies: &[Arc<Tenancy>],
        now: UnixTime,
    ) -> Result<String, Arc<KeysError>> {
        let number = self.claim(tenancies);
        self.prepare(number, now);
        let slot = Arc::clone(&self.later()[number - 1]);
        let key = slot.wait().await.as_ref().map_err(Arc::clone)?;
        let first = self.first().await?;
        for tenancy in tenancies {
            let mut keyring = tenancy.keyring_mut();
            let rotated = keyring.ring(first).rotated(key);
            keyring.ring = Some(Arc::new(rotated));
        }
        Ok(key.kid().to_owned())
    }

    /// Takes a key of a tenant out of publication, the oldest unless one is named.
    pub(crate) async fn retire(&self, tenancy: &Tenancy, kid: Option<&str>) -> Result<Arc<Ring>, RetireError> {
        let first = self.first().await?;
        let mut keyring = tenancy.keyring_mut();
        let ring = Arc::new(keyring.ring(first).retired(kid)?);
        keyring.ring = Some(Arc::clone(&ring));
        Ok(ring)
    }

    /// Numbers the next rotation of these tenants. Two at once get two numbers.
    fn claim(&self, tenancies: &[Arc<Tenancy>]) -> usize {
        let _one_at_a_time = self.later();
        let number = 1 + tenancies.iter().map(|tenancy| tenancy.keyring().rotations).max().unwrap_or_default();
        for tenancy in tenancies {
            tenancy.keyring_mut().rotations = number;
        }
        number
    }

    fn later(&self) -> MutexGuard<'_, Vec<Later>> {
        // The list only grows, by one slot at a time.
        self.later.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenancy {
    pub(crate) fn keyring(&self) -> RwLockReadGuard<'_, Keyring> {
        // A ring is replaced in one step; a panic cannot leave it half changed.
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keyring_mut(&self) -> RwLockWriteGuard<'_, Keyring> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keyring {
    fn ring(&mut self, first: &[Arc<SigningKey>]) -> &Arc<Ring> {
        self.ring.get_or_insert_with(|| Arc::new(Ring::first(first)))
    }
}

/// Makes the keys that were not kept, side by side, and keeps them.
async fn complete(
    kept: Vec<Option<Arc<SigningKey>>>,
    state: Option<&StateFolder>,
    now: UnixTime,
) -> Result<Vec<Arc<SigningKey>>, KeysError> {
    let mut made = JoinSet::new();
    for (index, key) in kept.into_iter().enumerate() {
        let state = state.cloned();
        made.spawn(async move {
            match key {
                Some(key) => Ok((index, key)),
                None => Ok((index, make(state.as_ref(), index + 1, now).await?)),
            }
        });
    }
    let mut keys = made.join_all().await.into_iter().collect::<Result<Vec<_>, KeysError>>()?;
    keys.sort_by_key(|(index, _)| *index);
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// Makes a key and keeps it.
async fn make(state: Option<&StateFolder>, number: usize, now: UnixTime) -> Result<Arc<SigningKey>, KeysError> {
    let key = generate(now).await?;
    save(state, number, &key)?;
    Ok(Arc::new(key))
}

/// Makes a key on a thread of its own: it takes long enough to be missed by whoever else is served.
pub(crate) async fn generate(now: UnixTime) -> Result<SigningKey, KeysError> {
    let made = spawn_blocking(move || SigningKey::generate(now)).await;
    // The thread is only lost when the runtime ends or the generator panics.
    Ok(made.unwrap_or(Err(KeyError::Generate))?)
}
