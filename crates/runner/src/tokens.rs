//! Makes the tokens of a run: by the issuer as its callers would ask for them, then forged as the recipe says.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use results::{Means, Redactor};
use scenario::Scenario;
use serde_json::Value;
use token::variables::UnknownVariable;
use token::{AppToken, ClientAuth, Forged, Jwk, Materials, Names, Need, Recipe, Signature, Token, UnixTime, forge};
use tokio::sync::OnceCell;

use crate::credentials::Wallet;
use crate::issuer::{Ask, BACKDATED, Issuer, IssuerError, LIFETIME};
use crate::roles::Roles;
use crate::stock::{Made, Stock};

/// So many tokens that were handed out are kept. Scenarios ask for few, but may write ever new audiences.
const KEPT: usize = 1024;
/// So many of them are hidden from what later cases tell, for an answer may repeat what an earlier case sent.
const HIDDEN: usize = 128;

/// Makes tokens. What an issuer hands out is asked for once and kept, as its callers keep it.
pub(crate) struct Tokens {
    issuer: Option<Arc<Issuer>>,
    roles: Roles,
    /// Real tokens of callers.
    wallet: Wallet,
    stock: Arc<Stock>,
    /// How often each recipe was used, where tokens are kept.
    used: Mutex<HashMap<String, usize>>,
    /// Hides what was handed out in this run.
    redactor: RwLock<Hiding>,
}

/// What was handed out, and what hides it.
struct Hiding {
    /// What is hidden in any case.
    known: Redactor,
    redactor: Arc<Redactor>,
    /// In the order in which they were handed out.
    tokens: VecDeque<Token>,
}

impl Hiding {
    /// Hides one more token. Of many, those that were handed out long ago are forgotten.
    fn hide(&mut self, token: &Token) {
        if self.tokens.contains(token) {
            return;
        }
        self.tokens.push_back(token.clone());
        if self.tokens.len() <= HIDDEN {
            // Cases that are under way share the one that there was.
            Arc::make_mut(&mut self.redactor).add_token(token.expose());
            return;
        }
        self.tokens.drain(..HIDDEN / 2);
        let mut redactor = self.known.beside();
        for token in &self.tokens {
            redactor.add_token(token.expose());
        }
        self.redactor = Arc::new(redactor);
    }
}

/// What was handed out to the callers of a run, or to those of a case with a tenant or a time of its own.
#[derive(Default)]
pub(crate) struct Purse {
    /// The tenant that stands in for the target's own.
    tenant: Option<String>,
    /// How many seconds the time of a case apart is ahead of the issuer's.
    apart: Option<Arc<AtomicI64>>,
    issued: Mutex<HashMap<Ask, Arc<OnceCell<Token>>>>,
}

impl Purse {
    /// An empty one for a case that is played apart, so many seconds ahead of the issuer.
    pub(crate) fn apart(tenant: Option<String>, ahead: Arc<AtomicI64>) -> Self {
        Self { tenant, apart: Some(ahead), issued: Mutex::default() }
    }

    /// Where the answer to an ask is, or will be.
    fn slot(&self, ask: &Ask) -> Arc<OnceCell<Token>> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = issued.get(ask) {
            return Arc::clone(slot);
        }
        if issued.len() >= KEPT {
            issued.clear();
        }
        Arc::clone(issued.entry(ask.clone()).or_default())
    }

    /// Empties it: what was handed out under an old key is asked for again.
    pub(crate) fn forget(&self) {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
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
    #[error(transparent)]
    Unknown(#[from] UnknownVariable),
}

impl Tokens {
    /// Makes tokens by an issuer and of real ones, or only such as need no trusted signature.
    pub(crate) fn new(issuer: Option<Arc<Issuer>>, roles: Roles, wallet: Wallet, redactor: &Redactor) -> Self {
        let mut hidden = redactor.beside();
        for token in wallet.tokens() {
            hidden.add_token(token.compact());
        }
        let stock = issuer.as_deref().and_then(Issuer::stock).unwrap_or_default();
        let hiding = Hiding { redactor: Arc::new(hidden.beside()), known: hidden, tokens: VecDeque::new() };
        Self { issuer, roles, wallet, stock, used: Mutex::default(), redactor: RwLock::new(hiding) }
    }

    /// Hides every token that was handed out in this run, for an answer may repeat one that an earlier case sent. There are few:
    /// those that are made of them bear signatures of their own, and each case hides its own.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        Arc::clone(&self.redactor.read().unwrap_or_else(PoisonError::into_inner).redactor)
    }

    /// Makes the stranger's key ahead of time, while others wait for the network. What goes wrong is told when the key is needed.
    pub(crate) async fn prepare(&self, now: UnixTime) {
        let _ = self.stock.stranger(now).await;
    }

    /// Uses nothing again that a target may remember from the cases before.
    pub(crate) fn begin_anew(&self) {
        self.stock.begin_anew();
    }

    /// Whether tokens of these scenarios need the stranger's key. Looks at the first case of each: a key that is then still missing
    /// is made when it is needed.
    pub(crate) fn want_stranger(&self, scenarios: &[Arc<Scenario>]) -> bool {
        let of_stranger = |recipe: &Recipe| self.issuer.is_none() || recipe.uses_stranger();
        scenarios.iter().filter_map(|scenario| scenario.cases().next()).any(|case| case.recipes().any(of_stranger))
    }

    /// The stranger's public key, as a key set would have it; none where it cannot be made.
    pub(crate) async fn stranger_jwk(&self, now: UnixTime) -> Option<Jwk> {
        self.stock.stranger(now).await.ok().map(|stranger| stranger.key().jwk())
    }

    /// Makes the token of a recipe, its variables filled. `purse` is that of the case, if it has one of its own.
    pub(crate) async fn make(
        &self,
        recipe: &Recipe,
        now: UnixTime,
        purse: Option<&Purse>,
    ) -> Result<Token, TokenTrouble> {
        if let Some(expired) = self.expired(recipe, now) {
            return Ok(expired);
        }
        let base = self.base(recipe, now, purse.unwrap_or(&self.stock.handed_out)).await?;
        // Nothing is ever made again for a tenant that one case has for itself.
        if purse.is_some() || !self.stock.keeps_tokens() {
            return self.forged(recipe, &base, now).await;
        }
        let recipe_text = serde_json::to_string(recipe).unwrap_or_default();
        let number = {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            let used = used.entry(recipe_text.clone()).or_default();
            *used += 1;
            *used
        };
        let made = Made { base: base.expose().to_owned(), recipe: recipe_text, now, number };
        if let Some(token) = self.stock.made(&made) {
            return Ok(token);
        }
        let token = self.forged(recipe, &base, now).await?;
        self.stock.keep(made, token.clone());
        Ok(token)
    }

    /// Forges a token as its recipe says.
    async fn forged(&self, recipe: &Recipe, base: &Token, now: UnixTime) -> Result<Token, TokenTrouble> {
        let stranger = if recipe.uses_stranger() { Some(self.stock.stranger(now).await?) } else { None };
        let published = match &self.issuer {
            Some(issuer) if recipe.uses_issuer_key() => {
                let tenant = claim(base, "tid").unwrap_or_else(|| "common".to_owned());
                Some(self.stock.published(issuer, &tenant, &kid(base).unwrap_or_default()).await?)
            }
            _ => None,
        };
        let forged = {
            let stranger = || stranger.as_deref().expect("made above for the recipes that ask for it");
            forge(base, recipe, &Materials { now, stranger: &stranger, issuer: published.as_deref() })?
        };
        match forged {
            Forged::Ready(token) => Ok(token),
            Forged::NeedsSignature { input, algorithm, unfinished } => {
                let issuer = self.issuer.as_ref().ok_or(TokenTrouble::NoIssuer)?;
                // Signed again by whoever issued it and with the same key, though the recipe may have written another tenant or
                // key id into it, and though the issuer may sign with a newer key by now.
                let tenant = claim(base, "tid").or(self.roles.ask(recipe).tenant);
                let signature = issuer.sign(&input, algorithm, tenant.as_deref(), kid(base).as_deref()).await?;
                Ok(unfinished.signed(&signature)?)
            }
        }
    }

    /// A JSON value with its variables filled, as they would be in a claim of this caller's token.
    pub(crate) async fn fill(
        &self,
        value: Value,
        caller: &str,
        lookup: &(dyn Fn(&str) -> Option<String> + Sync),
        now: UnixTime,
        purse: Option<&Purse>,
    ) -> Result<Value, TokenTrouble> {
        const CLAIM: &str = "filled";
        let mut recipe = Recipe { caller: caller.to_owned(), ..Recipe::default() };
        recipe.claims = vec![(CLAIM.to_owned(), Some(value))];
        recipe.forge.signature = Signature::Garbage;
        recipe.fill(lookup)?;
        let (draft, _) = self.make(&recipe, now, purse).await?.open()?;
        Ok(draft.payload_json()?.get(CLAIM).cloned().unwrap_or_default())
    }

    /// The real tokens of the run.
    pub(crate) fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// How the token of a recipe comes to be where it is sent to the target that all cases share.
    pub(crate) fn means(&self, recipe: &Recipe, now: UnixTime) -> Means {
        match recipe.need() {
            Need::Forgeable => Means::Forged,
            Need::Issued if self.has_real(recipe) => Means::Real,
            Need::Mintable if self.expired(recipe, now).is_some() => Means::Real,
            Need::Issued | Need::Mintable => Means::Minted,
        }
    }

    /// Whether a recipe starts from a real token that is there.
    pub(crate) fn has_real(&self, recipe: &Recipe) -> bool {
        self.is_of_real(recipe) && matches!(self.wallet.of(recipe), Some(Ok(_)))
    }

    /// The real token that was kept until it expired, where nobody can mint such a one.
    fn expired(&self, recipe: &Recipe, now: UnixTime) -> Option<Token> {
        if self.issuer.is_some() {
            return None;
        }
        self.wallet.expired(recipe, now)?.ok()
    }

    /// Whether a recipe may start from a real token: what the issuer is to sign, or to show the key of, must be its own.
    fn is_of_real(&self, recipe: &Recipe) -> bool {
        self.issuer.is_none() || !(recipe.need() == Need::Mintable || recipe.uses_issuer_key())
    }

    /// The token that a recipe starts from: what the caller would send.
    async fn base(&self, recipe: &Recipe, now: UnixTime, purse: &Purse) -> Result<Token, TokenTrouble> {
        if self.is_of_real(recipe)
            && purse.tenant.is_none()
            && let Some(Ok(token)) = self.wallet.fresh(recipe, now).await
        {
            self.hide(&token);
            return Ok(token);
        }
        match &self.issuer {
            Some(issuer) => Ok(self.issued(issuer, recipe, purse).await?),
            None => self.composed(recipe, now).await,
        }
    }

    /// Hides a token in whatever is told from now on.
    fn hide(&self, token: &Token) {
        let read = || self.redactor.read().unwrap_or_else(PoisonError::into_inner);
        if !read().tokens.contains(token) {
            self.redactor.write().unwrap_or_else(PoisonError::into_inner).hide(token);
        }
    }

    /// The token as the issuer hands it out.
    async fn issued(&self, issuer: &Issuer, recipe: &Recipe, purse: &Purse) -> Result<Token, IssuerError> {
        let mut ask = self.roles.ask(recipe);
        ask.apart = purse.apart.as_ref().map(|ahead| ahead.load(Ordering::Relaxed));
        if let Some(own) = &purse.tenant
            && issuer.directory().is_same_tenant(ask.tenant.as_deref(), self.roles.tenant())
        {
            ask.tenant = Some(own.clone());
        }
        let slot = purse.slot(&ask);
        let token = slot.get_or_try_init(|| issuer.token(&ask)).await?;
        // What is sent to a target of one case alone nobody else can repeat, and the case itself hides what it sends.
        if purse.tenant.is_some() {
            return Ok(token.clone());
        }
        self.hide(token);
        Ok(token.clone())
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
        Ok(token.mint(self.stock.stranger(now).await?.key()))
    }
}

/// A claim of a token whose payload can be read.
pub(crate) fn claim(token: &Token, name: &str) -> Option<String> {
    let (draft, _) = token.open().ok()?;
    draft.payload_json().ok()?.get(name)?.as_str().map(str::to_owned)
}

fn kid(token: &Token) -> Option<String> {
    token.open().ok()?.0.kid()
}

/// Stands for ids that nobody told us.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
#[cfg(test)]
mod tests;
