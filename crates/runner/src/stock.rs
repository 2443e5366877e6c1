//! What tokens are made of, kept for a run or for several side by side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use token::{Algorithm, SigningKey, UnixTime};
use tokio::sync::OnceCell;

use crate::issuer::{Issuer, IssuerError};
use crate::tokens::{Purse, TokenTrouble};

/// What tokens are made of. Runs that share it are handed out the same tokens, so that what they forge is the same too.
#[derive(Default)]
pub(crate) struct Stock {
    /// What was handed out to callers.
    pub(crate) handed_out: Purse,
    stranger: Mutex<Arc<OnceCell<Arc<SigningKey>>>>,
    /// The issuer's keys as it publishes them, by their ids.
    published: Mutex<HashMap<String, Arc<Value>>>,
    /// Signatures by what was signed; none: they are not kept, for a run alone hardly has anything signed twice.
    signed: Option<Mutex<HashMap<Signed, Vec<u8>>>>,
}

/// What was signed, and with which key.
#[derive(PartialEq, Eq, Hash)]
struct Signed {
    kid: Option<String>,
    algorithm: &'static str,
    input: Vec<u8>,
}

impl std::fmt::Debug for Stock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stock").finish_non_exhaustive()
    }
}

impl Stock {
    /// One for several runs.
    pub(crate) fn shared() -> Self {
        Self { signed: Some(Mutex::default()), ..Self::default() }
    }

    /// A key that no issuer publishes; made when it is first asked for, away from the threads that play.
    pub(crate) async fn stranger(&self, now: UnixTime) -> Result<Arc<SigningKey>, TokenTrouble> {
        let make = || async {
            let made = tokio::task::spawn_blocking(move || SigningKey::generate(now)).await;
            let made = made.map_err(|error| TokenTrouble::Stranger(error.to_string()))?;
            made.map(Arc::new).map_err(|error| TokenTrouble::Stranger(error.to_string()))
        };
        let cell = Arc::clone(&self.stranger.lock().unwrap_or_else(PoisonError::into_inner));
        cell.get_or_try_init(make).await.cloned()
    }

    /// Uses nothing again that a target may remember from before: the stranger is another, and callers ask anew.
    pub(crate) fn begin_anew(&self) {
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        self.handed_out.forget();
    }

    /// A key by its id, as the issuer publishes it for a tenant. Asked for once.
    pub(crate) async fn published(&self, issuer: &Issuer, tenant: &str, kid: &str) -> Result<Arc<Value>, IssuerError> {
        let name = format!("{tenant}/{kid}");
        let known = self.published.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = Arc::new(issuer.published(tenant, kid).await?);
        self.published.lock().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::clone(&key));
        Ok(key)
    }

    /// A signature by a tenant's key.
    pub(crate) async fn sign(
        &self,
        issuer: &Issuer,
        input: &[u8],
        algorithm: Algorithm,
        tenant: Option<&str>,
        kid: Option<&str>,
    ) -> Result<Vec<u8>, IssuerError> {
        let sign = issuer.sign(input, algorithm, tenant, kid);
        let Some(signed) = &self.signed else { return sign.await };
        let what = Signed { kid: kid.map(str::to_owned), algorithm: algorithm.name(), input: input.to_vec() };
        let known = signed.lock().unwrap_or_else(PoisonError::into_inner).get(&what).cloned();
        if let Some(signature) = known {
            return Ok(signature);
        }
        let signature = sign.await?;
        signed.lock().unwrap_or_else(PoisonError::into_inner).insert(what, signature.clone());
        Ok(signature)
    }
}
