//! Real tokens of callers: which a run needs, how they are had, and whether they are what they should be.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use authsettings::Settings;
use scenario::{Credential, Identity, Profile, Scenario};
use serde_json::Value;
use token::{Recipe, Token, TokenVersion, UnixTime};

use crate::roles::Roles;

/// A real token that ends sooner is asked for again, in seconds.
const NEAR: i64 = 300;
/// How long ago a token must have ended so that no reader may still grant it for clocks that differ, in seconds.
const SKEW: i64 = 300;

/// Gets real tokens.
pub trait Credentials: Send + Sync {
    /// A token of the caller that fills a role, for an API by its client id or App ID URI. What was got before is given again until it
    /// is near its end. An error says in one line why there is none and what to do.
    fn token<'a>(
        &'a self,
        role: &'a str,
        audience: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + 'a>>;
}

/// Whose token, and for which other API; none: for the target.
type Whose = (String, Option<String>);

/// The real tokens of a run.
pub(crate) struct Wallet {
    source: Option<Arc<dyn Credentials>>,
    roles: Roles,
    /// What each gave, as it was asked for last.
    had: BTreeMap<Whose, Mutex<Result<Token, String>>>,
    /// Real tokens that were kept until they expired, by role.
    kept: Vec<(String, Token)>,
}

impl Wallet {
    /// Asks for the tokens that some scenarios need, all at once.
    pub(crate) async fn fill(
        source: Option<Arc<dyn Credentials>>,
        kept: Vec<(String, Token)>,
        roles: &Roles,
        scenarios: &[Arc<Scenario>],
        now: UnixTime,
    ) -> Self {
        let mut wallet = Self { source, roles: roles.clone(), had: BTreeMap::new(), kept };
        let Some(source) = wallet.source.clone() else { return wallet };
        let cases = scenarios.iter().flat_map(|scenario| scenario.cases());
        let mut wanted: Vec<Whose> =
            cases.flat_map(|case| case.recipes().filter_map(|one| wallet.whose(one)).collect::<Vec<_>>()).collect();
        wanted.sort();
        wanted.dedup();
        let mut asked = Vec::new();
        for whose in wanted {
            let (source, roles, of) = (Arc::clone(&source), roles.clone(), whose.clone());
            asked.push((whose, tokio::spawn(async move { ask(&*source, &roles, &of, now).await })));
        }
        for (whose, answer) in asked {
            let answer = answer.await.unwrap_or_else(|fault| Err(format!("greenlight itself failed here: {fault}")));
            wallet.had.insert(whose, Mutex::new(answer));
        }
        wallet
    }

    /// Whose real token a recipe starts from, where its caller has a credential: for the target or an API that is harmless, by the
    /// caller's own tenant, in the shape that the registration asks for.
    fn whose(&self, recipe: &Recipe) -> Option<Whose> {
        let plain = recipe.tenant.is_none() && recipe.version == TokenVersion::Settings;
        let credential = self.roles.profile().caller(&recipe.caller)?.credential.as_ref().filter(|_| plain)?;
        if let Some(name) = &recipe.audience {
            let may = self.roles.profile().api(name)?.harmless && !matches!(credential, Credential::Token(_));
            return may.then(|| (recipe.caller.clone(), Some(name.clone())));
        }
        Some((recipe.caller.clone(), None))
    }

    /// The real token that a recipe starts from; an error says why its caller's credential gave none. None: it has no such credential.
    pub(crate) fn of(&self, recipe: &Recipe) -> Option<Result<Token, String>> {
        let had = self.had.get(&self.whose(recipe)?)?;
        Some(had.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// The same, got anew where it is near its end.
    pub(crate) async fn fresh(&self, recipe: &Recipe, now: UnixTime) -> Option<Result<Token, String>> {
        let had = self.of(recipe)?;
        let near = |token: &Token| number(token, "exp").is_some_and(|exp| exp <= now.saturating_add(NEAR));
        let (Some(source), Some(whose), true) = (&self.source, self.whose(recipe), had.as_ref().is_ok_and(near)) else {
            return Some(had);
        };
        let Ok(token) = ask(&**source, &self.roles, &whose, now).await else { return Some(had) };
        if let Some(place) = self.had.get(&whose) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Ok(token.clone());
        }
        Some(Ok(token))
    }

    /// The token that was kept until it expired, where a recipe asks for no more than that its caller's token has expired. An error
    /// says why it does not do. None: there is none, or the recipe asks for more.
    pub(crate) fn expired(&self, recipe: &Recipe, now: UnixTime) -> Option<Result<Token, String>> {
        let since = recipe.lifetime.expires_in.filter(|since| *since < -SKEW)?;
        let bare = Recipe { caller: recipe.caller.clone(), lifetime: recipe.lifetime, ..Recipe::default() };
        let begins = recipe.lifetime.not_before_in.max(recipe.lifetime.issued_in);
        if *recipe != bare || begins.is_some_and(|begins| begins > since) {
            return None;
        }
        let (_, token) = self.kept.iter().find(|(role, _)| *role == recipe.caller)?;
        Some(match (number(token, "exp"), check(&self.roles, &recipe.caller, None, token)) {
            (_, Err(wrong)) => Err(wrong),
            (Some(exp), _) if exp <= now.saturating_add(since) => Ok(token.clone()),
            (Some(exp), _) => Err(format!(
                "the kept token of `{}` expires at {}, and this case needs one that has expired for {} s",
                recipe.caller,
                crate::run::rfc3339(exp),
                since.unsigned_abs()
            )),
            (None, _) => Err(format!("the kept token of `{}` does not say when it expires", recipe.caller)),
        })
    }

    /// Every real token that is there, to be hidden.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        let had = self.had.values().map(|had| had.lock().unwrap_or_else(PoisonError::into_inner).clone());
        had.filter_map(Result::ok).chain(self.kept.iter().map(|(_, token)| token.clone())).collect()
    }

    /// The real token of a role for the target.
    pub(crate) fn of_role(&self, role: &str) -> Option<Token> {
        let had = self.had.get(&(role.to_owned(), None))?;
        had.lock().unwrap_or_else(PoisonError::into_inner).clone().ok()
    }

    /// What could not be had, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        let had = self.had.values().map(|had| had.lock().unwrap_or_else(PoisonError::into_inner).clone());
        had.filter_map(Result::err).collect()
    }
}

/// Asks for a token and looks whether it is what it should be.
async fn ask(source: &dyn Credentials, roles: &Roles, whose: &Whose, now: UnixTime) -> Result<Token, String> {
    let (role, api) = whose;
    let audience = match api {
        None => roles.resource().ok_or_else(|| NO_AUDIENCE.to_owned())?,
        Some(name) => roles.profile().api(name).map(|api| api.audience.clone()).unwrap_or_default(),
    };
    let token = source.token(role, &audience).await;
    let token = token.map_err(|reason| format!("the credential of `{role}` gave no token: {reason}"))?;
    check(roles, role, api.as_deref(), &token)?;
    match number(&token, "exp") {
        Some(exp) if exp > now => Ok(token),
        Some(exp) => {
            let at = crate::run::rfc3339(exp);
            Err(format!("the credential of `{role}` gave a token that expired at {at}: get a new one"))
        }
        None => Err(format!("the credential of `{role}` gave a token that does not say when it expires")),
    }
}

/// Holds a real token against whom and what it should be for. What is meant for somebody else is never sent.
pub(crate) fn check(roles: &Roles, role: &str, api: Option<&str>, token: &Token) -> Result<(), String> {
    let of = format!("the credential of `{role}` gave");
    let draft = token.open().map_err(|error| format!("{of} no token: {error}"))?.0;
    let claims = draft.payload_json().map_err(|error| format!("{of} no token: {error}"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (wanted, whom) = match api {
        None => (roles.own_audiences(), "the target".to_owned()),
        Some(name) => {
            (roles.profile().api(name).map(|api| api.audience.clone()).into_iter().collect(), format!("`{name}`"))
        }
    };
    if wanted.is_empty() {
        return Err(NO_AUDIENCE.to_owned());
    }
    let Some(audience) = text("aud") else { return Err(format!("{of} a token that is for nobody")) };
    // App ID URI and client id are two names of one API, and its registration decides which of them a token bears. Of the target
    // all are known that count, of another API the one that was asked for.
    let is_uri = |name: &str| name.contains("://");
    let may_be_same = api.is_some() && wanted.iter().all(|one| is_uri(one) != is_uri(audience));
    if !may_be_same && !wanted.iter().any(|one| one.eq_ignore_ascii_case(audience)) {
        let hint =
            if api.is_none() && is_uri(audience) { "; if that is its App ID URI, say so by `resource`" } else { "" };
        return Err(format!("{of} a token for {audience:?}, not for {whom}: it is not sent{hint}"));
    }
    let named = roles.profile().caller(role).map(|caller| &caller.identity);
    if let (Some(Identity::ClientId(expected)), Some(client)) = (named, text("azp").or(text("appid")))
        && !expected.eq_ignore_ascii_case(client)
    {
        return Err(format!("{of} a token of the client {client}, and the profile says {expected}: it is not sent"));
    }
    Ok(())
}

/// Gets the real token of a role for a profile's target, as a run would. An error says why there is none, or why it would not be sent.
pub async fn real_token(
    profile: &Profile,
    settings: Option<&Settings>,
    role: &str,
    credentials: &dyn Credentials,
    now: UnixTime,
) -> Result<Token, String> {
    ask(credentials, &Roles::new(profile, settings), &(role.to_owned(), None), now).await
}

const NO_AUDIENCE: &str = "real tokens are sent only where they are meant to go, and neither the profile nor the settings say what the \
                           target's `audience` is: add it to the profile";

fn number(token: &Token, name: &str) -> Option<i64> {
    token.open().ok()?.0.payload_json().ok()?.get(name)?.as_i64()
}

#[cfg(test)]
mod tests;
