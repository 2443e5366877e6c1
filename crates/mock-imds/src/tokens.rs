use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mock_entra::{Identity, Issued, Issuer, OAuthError};

/// A cached token is handed out until so many seconds before it expires: clients take a later one for expired already.
const SPARE: i64 = 300;
/// So many tokens are kept. Spellings of a resource differ, so a client could ask for ever new ones.
const KEPT: usize = 1024;

/// The tokens of the back end that all three endpoints share. It hands out the same one for the same identity and resource as
/// long as it lives, which is 24 hours: that is why a new role shows so late
/// (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations>).
pub(crate) struct Tokens {
    issuer: Arc<Issuer>,
    kept: Mutex<HashMap<(String, String), Issued>>,
}

impl Tokens {
    pub(crate) fn new(issuer: Arc<Issuer>) -> Self {
        Self { issuer, kept: Mutex::default() }
    }

    /// A token for a resource, from the cache if there is one and the cache is not bypassed. `expires_in` counts from `at`.
    pub(crate) async fn get(
        &self,
        identity: &Identity,
        resource: &str,
        at: i64,
        bypass: bool,
    ) -> Result<Issued, OAuthError> {
        let key = (identity.client_id.clone(), resource.to_owned());
        if !bypass && let Some(issued) = self.fresh(&key, at) {
            return Ok(issued);
        }
        let issued = self.issuer.managed_identity_token(identity, resource, at).await?;
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, issued.clone());
        Ok(issued)
    }

    fn fresh(&self, key: &(String, String), at: i64) -> Option<Issued> {
        let kept = self.kept();
        let issued = kept.get(key)?;
        let usable = (issued.not_before..issued.expires_on - SPARE).contains(&at);
        // As Entra counts: a second less than there is.
        usable.then(|| Issued { expires_in: issued.expires_on - at - 1, ..issued.clone() })
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(String, String), Issued>> {
        // An entry is in the map or it is not; a panic cannot leave it half there.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
