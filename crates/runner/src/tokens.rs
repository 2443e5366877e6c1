//! Makes the tokens of a run: by the issuer as its callers would ask for them, then forged as the recipe says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use results::Redactor;
use scenario::Scenario;
use token::{
    AppToken, ClientAuth, Forged, HmacSecret, Materials, Names, Recipe, SigningKey, Token, UnixTime, forge,
};
use tokio::sync::OnceCell;

use crate::issuer::{Ask, Issuer, IssuerError};
use crate::roles::Roles;

/// Makes tokens. What an issuer hands out is asked for once and kept for the run, as its callers keep it.
pub(crate) struct Tokens {
    issuer: Option<Arc<Issuer>>,
    roles: Roles,
    stranger: OnceCell<SigningKey>,
    issued: Mutex<HashMap<Ask, Arc<OnceCell<Token>>>>,
    redactor: RwLock<Redactor>,
}

/// Why a token could not be made. Never the target's fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenTrouble {
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("the token cannot be forged: {0}")]
    Forge(#[from] token::TokenError),
    #[error("a key for the tokens of a stranger could not be made: {0}")]
    Stranger(String),
    #[error("it needs a signature that the target trusts, and the run has no issuer")]
    NoIssuer,
}

impl Tokens {
    /// Makes tokens by an issuer, or only such as need no trusted signature.
    pub(crate) fn new(issuer: Option<Arc<Issuer>>, roles: Roles, redactor: Redactor) -> Self {
        Self { issuer, roles, stranger: OnceCell::new(), issued: Mutex::default(), redactor: RwLock::new(redactor) }
    }

    /// Hides every token that was handed out in this run, for an answer may repeat one that an earlier case sent. There are few:
    /// those that are made of them bear signatures of their own, and each case hides its own.
    pub(crate) fn redactor(&self) -> Redactor {
        self.redactor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes the stranger's key ahead of time, while others wait for the network. What goes wrong is told when the key is needed.
    pub(crate) async fn prepare(&self, now: UnixTime) {
        let _ = self.stranger(now).await;
    }

    /// Whether tokens of these scenarios need the stranger's key. Looks at the first case of each: a key that is then still missing
    /// is made when it is needed.
    pub(crate) fn want_stranger(&self, scenarios: &[Arc<Scenario>]) -> bool {
        let of_stranger = |recipe: &Recipe| self.issuer.is_none() || recipe.uses_stranger();
        scenarios.iter().filter_map(|scenario| scenario.cases().next()).any(|case| case.recipes().any(of_stranger))
    }

    /// Makes the token of a recipe.
    pub(crate) async fn make(&self, recipe: &Recipe, now: UnixTime) -> Result<Token, TokenTrouble> {
        if recipe.uses_stranger() {
            self.stranger(now).await?;
        }
        let base = match &self.issuer {
            Some(issuer) => self.issued(issuer, recipe).await?,
            None => self.composed(recipe, now).await?,
        };
        let public = match &self.issuer {
            Some(issuer) if recipe.uses_issuer_key() => Some(issuer.public_key(&base).await?),
            _ => None,
        };
        let forged = {
            let stranger = || self.stranger.get().expect("made above for the recipes that ask for it");
            forge(&base, recipe, &Materials { now, stranger: &stranger, issuer: public.as_ref() })?
        };
        match forged {
            Forged::Ready(token) => Ok(token),
            Forged::NeedsSignature { input, algorithm, unfinished } => {
                let issuer = self.issuer.as_ref().ok_or(TokenTrouble::NoIssuer)?;
                // Signed again by whoever issued it and with the same key, though the recipe may have written another tenant or
                // key id into it, and though the issuer may sign with a newer key by now.
                let tenant = claim(&base, "tid").or(self.roles.ask(recipe).tenant);
                let kid = base.open()?.0.kid();
                let signature = issuer.sign(&input, algorithm, tenant.as_deref(), kid.as_deref()).await?;
                Ok(unfinished.signed(&signature)?)
            }
        }
    }

    /// The token as the issuer hands it out.
    async fn issued(&self, issuer: &Issuer, recipe: &Recipe) -> Result<Token, IssuerError> {
        let ask = self.roles.ask(recipe);
        let slot = {
            let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(issued.entry(ask.clone()).or_default())
        };
        let hand_out = || async {
            let token = issuer.token(&ask).await?;
            let mut redactor = self.redactor.write().unwrap_or_else(PoisonError::into_inner);
            *redactor = redactor.with_token(token.expose());
            Ok(token)
        };
        slot.get_or_try_init(hand_out).await.cloned()
    }

    /// Where there is no issuer: a token as Entra would shape it, by a key that nobody publishes.
    async fn composed(&self, recipe: &Recipe, now: UnixTime) -> Result<Token, TokenTrouble> {
        let (ask, version) = (self.roles.ask(recipe), self.roles.version(recipe.version));
        let tenant = ask.tenant.unwrap_or_else(|| NOBODY.to_owned());
        let token = AppToken {
            version,
            issuer: Names::Entra.issuer(&tenant, version),
            tenant,
            audience: ask.audience.unwrap_or_else(|| NOBODY.to_owned()),
            client_id: ask.caller,
            client_auth: ClientAuth::Certificate,
            object_id: NOBODY.to_owned(),
            roles: Vec::new(),
            managed_identity: None,
            issued_at: now - BACKDATED,
            expires_at: now + LIFETIME,
            token_id: *uuid::Uuid::new_v4().as_bytes(),
        };
        Ok(token.mint(self.stranger(now).await?))
    }

    /// A key that no issuer publishes; made when it is first asked for, away from the threads that play.
    async fn stranger(&self, now: UnixTime) -> Result<&SigningKey, TokenTrouble> {
        let make = || async {
            let made = tokio::task::spawn_blocking(move || SigningKey::generate(now)).await;
            made.map_err(|error| TokenTrouble::Stranger(error.to_string()))?
                .map_err(|error| TokenTrouble::Stranger(error.to_string()))
        };
        self.stranger.get_or_try_init(make).await
    }
}

/// A claim of a token whose payload can be read.
pub(crate) fn claim(token: &Token, name: &str) -> Option<String> {
    let (draft, _) = token.open().ok()?;
    draft.payload_json().ok()?.get(name)?.as_str().map(str::to_owned)
}

/// Whether an HMAC is keyed with the issuer's public key.
pub(crate) fn is_public_key(secret: &HmacSecret) -> bool {
    !matches!(secret, HmacSecret::Empty | HmacSecret::Text(_))
}

/// Stands for ids that nobody told us.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// Entra sets `iat` and `nbf` this many seconds before the moment of issue.
const BACKDATED: UnixTime = 300;
/// About as long as Entra's tokens live.
const LIFETIME: UnixTime = 3600;

#[cfg(test)]
mod tests;
