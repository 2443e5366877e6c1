//! The published keys of one tenant at one moment, and the key sets that show them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Serialize;
use token::{Jwk, SigningKey};

use crate::keys::KeysError;

/// Why a key could not be retired.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RetireError {
    #[error("no published key has the id {0}; status lists those that are")]
    Unknown(String),
    #[error("{0} is the last key; rotate first")]
    Last(String),
    #[error(transparent)]
    NoKeys(#[from] Arc<KeysError>),
}

/// The keys of one tenant at one moment.
pub(crate) struct Ring {
    /// All that are published, oldest first; never empty.
    keys: Vec<Arc<SigningKey>>,
    signing: Arc<SigningKey>,
    v1: OnceLock<Bytes>,
    v2: OnceLock<Bytes>,
}

impl Ring {
    /// The keys that all tenants begin with, of which the first signs.
    pub(crate) fn first(keys: &[Arc<SigningKey>]) -> Self {
        let signing = Arc::clone(keys.first().expect("at least one key is made"));
        Self::new(keys.to_vec(), signing)
    }

    pub(crate) fn new(keys: Vec<Arc<SigningKey>>, signing: Arc<SigningKey>) -> Self {
        Self { keys, signing, v1: OnceLock::new(), v2: OnceLock::new() }
    }

    /// With one more key, which signs from now on; the old ones stay published.
    pub(crate) fn rotated(&self, key: &Arc<SigningKey>) -> Self {
        Self::new(self.keys.iter().chain([key]).map(Arc::clone).collect(), Arc::clone(key))
    }

    /// Without a key, the oldest unless one is named. If it was the one that signs, the newest that is left does.
    pub(crate) fn retired(&self, kid: Option<&str>) -> Result<Self, RetireError> {
        let kid = kid.unwrap_or_else(|| self.keys[0].kid());
        self.find(kid).ok_or_else(|| RetireError::Unknown(kid.to_owned()))?;
        let left: Vec<_> = self.keys.iter().filter(|key| key.kid() != kid).map(Arc::clone).collect();
        let newest = left.last().ok_or_else(|| RetireError::Last(kid.to_owned()))?;
        let signing = Arc::clone(if self.signing.kid() == kid { newest } else { &self.signing });
        Ok(Self::new(left, signing))
    }

    /// All that are published, oldest first.
    pub(crate) fn keys(&self) -> &[Arc<SigningKey>] {
        &self.keys
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
