//! What tokens are made of, kept for a run or for several side by side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use token::{SigningKey, Stranger, Token, UnixTime};
use tokio::sync::OnceCell;

use crate::issuer::{Issuer, IssuerError};
use crate::tokens::{Purse, TokenTrouble};

/// So many tokens are kept at most.
const MOST: usize = 8192;

/// What tokens are made of. Runs that share it are handed out the same tokens, so that what they forge is the same too.
#[derive(Default)]
pub(crate) struct Stock {
    /// What was handed out to callers.
    pub(crate) handed_out: Purse,
    stranger: Mutex<Arc<OnceCell<Arc<Stranger>>>>,
    /// The issuer's keys as it publishes them, by their ids.
    published: Mutex<HashMap<String, Arc<Value>>>,
    /// Tokens by what they were made of; none: they are not kept, for a run alone hardly makes one twice.
    made: Option<Mutex<HashMap<Made, Token>>>,
}

/// What a token was made of.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Made {
    /// The token that it starts from.
    pub(crate) base: String,
    /// As JSON.
    pub(crate) recipe: String,
    pub(crate) now: UnixTime,
    /// The how-manieth in its run: what is random in a token is not the same twice in a run.
    pub(crate) number: usize,
}

impl std::fmt::Debug for Stock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stock").finish_non_exhaustive()
    }
}

impl Stock {
    /// One for several runs.
    pub(crate) fn shared() -> Self {
        Self { made: Some(Mutex::default()), ..Self::default() }
    }

    /// A key that no issuer publishes; made when it is first asked for, away from the threads that play.
    pub(crate) async fn stranger(&self, now: UnixTime) -> Result<Arc<Stranger>, TokenTrouble> {
        let make = || async {
            let made = tokio::task::spawn_blocking(move || SigningKey::generate(now)).await;
            let made = made.map_err(|error| TokenTrouble::Stranger(error.to_string()))?;
            made.map(Stranger::from).map(Arc::new).map_err(|error| TokenTrouble::Stranger(error.to_string()))
        };
        let cell = Arc::clone(&self.stranger.lock().unwrap_or_else(PoisonError::into_inner));
        cell.get_or_try_init(make).await.cloned()
    }

    /// Uses nothing again that a target may remember from before: the stranger is another, and callers ask anew.
    pub(crate) fn begin_anew(&self) {
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        self.handed_out.forget();
        if let Some(made) = &self.made {
            made.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
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

    /// Whether tokens are kept.
    pub(crate) fn keeps_tokens(&self) -> bool {
        self.made.is_some()
    }

    /// The token that was made of this, if it is kept.
    pub(crate) fn made(&self, of: &Made) -> Option<Token> {
        self.made.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).get(of).cloned()
    }

    /// Keeps a token that was made, until there are many: those that come again came early.
    pub(crate) fn keep(&self, of: Made, token: Token) {
        if let Some(made) = &self.made {
            let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
            if made.len() < MOST {
                made.insert(of, token);
            }
        }
    }
}
