//! Real tokens of a profile's callers.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::pin::Pin;
use std::sync::Arc;

use scenario::{Caller, Credential, Identity, Profile};
use token::Token;

use crate::files;
use crate::secrets;
use crate::trouble::Trouble;

#[cfg(feature = "credentials")]
mod asked;

/// Where the real tokens of a profile's callers come from, and what must be hidden for it.
pub(crate) struct Real {
    by_role: HashMap<String, Source>,
    secrets: Vec<String>,
}

/// Where the tokens of one caller come from.
enum Source {
    /// Somebody got one already.
    HandedIn(Token),
    #[cfg(feature = "credentials")]
    Asked(credentials::Credential),
    /// They cannot be had; the text says why and what to do.
    Nowhere(String),
}

impl Real {
    /// Prepares the credentials of the callers whose roles are wanted. Nobody is asked for a token yet. A secret that the profile names
    /// and that is not there is an error; a credential that does not work here is one of its own, told when it is needed.
    pub(crate) fn prepare(profile: &Profile, wanted: impl Fn(&str) -> bool) -> Result<Self, Trouble> {
        let mut real = Self { by_role: HashMap::new(), secrets: Vec::new() };
        let mut surroundings = None;
        for caller in profile.callers.iter().filter(|caller| wanted(&caller.role)) {
            let Some(credential) = &caller.credential else { continue };
            let source = match credential {
                Credential::Token(secret) => {
                    let what = format!("the token of the caller `{}`", caller.role);
                    Source::HandedIn(read(&secrets::value(secret, &what)?, &what)?)
                }
                other => real.asked(caller, other, profile, &mut surroundings)?,
            };
            real.by_role.insert(caller.role.clone(), source);
        }
        // What shows an app to its identity endpoint is read by Azure's SDK itself.
        real.secrets.extend(env::var("IDENTITY_HEADER").ok().filter(|_| !real.by_role.is_empty()));
        Ok(real)
    }

    #[cfg(feature = "credentials")]
    fn asked(
        &mut self,
        caller: &Caller,
        credential: &Credential,
        profile: &Profile,
        surroundings: &mut Option<credentials::Surroundings>,
    ) -> Result<Source, Trouble> {
        let around = match surroundings {
            Some(around) => around,
            none => none.insert(asked::surroundings(profile)?),
        };
        let proof = match asked::proof(caller, credential, &mut self.secrets)? {
            Ok(proof) => proof,
            Err(lacking) => return Ok(Source::Nowhere(lacking)),
        };
        let tenant = caller.tenant.as_deref().or(profile.tenant.as_deref());
        let client_id = match &caller.identity {
            Identity::ClientId(id) => Some(id.as_str()),
            Identity::Name(_) => None,
        };
        Ok(match credentials::Credential::new(proof, tenant, client_id, around) {
            Ok(credential) => Source::Asked(credential),
            Err(error) => Source::Nowhere(error.to_string()),
        })
    }

    #[cfg(not(feature = "credentials"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the shape of the one that can ask")]
    fn asked(&mut self, _: &Caller, _: &Credential, _: &Profile, _: &mut Option<()>) -> Result<Source, Trouble> {
        let lacking = "this greenlight was built without the feature `credentials`: build it with default features";
        Ok(Source::Nowhere(lacking.to_owned()))
    }

    /// What must not appear in any output, beside the tokens.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.secrets.clone()
    }

    /// For a run.
    pub(crate) fn into_credentials(self) -> Option<Arc<dyn runner::Credentials>> {
        if self.by_role.is_empty() { None } else { Some(Arc::new(self)) }
    }

    async fn one(&self, role: &str, audience: &str) -> Result<Token, String> {
        match self.by_role.get(role) {
            None => Err("the profile names none".to_owned()),
            Some(Source::HandedIn(token)) => Ok(token.clone()),
            Some(Source::Nowhere(reason)) => Err(reason.clone()),
            #[cfg(feature = "credentials")]
            Some(Source::Asked(credential)) => credential.token(audience).await.map_err(|error| error.to_string()),
        }
    }
}

impl runner::Credentials for Real {
    fn token<'a>(
        &'a self,
        role: &'a str,
        audience: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + 'a>> {
        Box::pin(self.one(role, audience))
    }
}

/// The tokens that were kept until they expired, by role.
pub(crate) fn kept(profile: &Profile) -> Result<Vec<(String, Token)>, Trouble> {
    let kept = profile.callers.iter().filter_map(|caller| Some((caller, caller.kept.as_deref()?)));
    let token = |(caller, file): (&Caller, &std::path::Path)| {
        // It is not there before the first is kept.
        if fs::metadata(file).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            let hint = "keep one now by `greenlight token keep`, and run again when it has expired";
            let message =
                format!("{} is not there; it should hold a token of the caller `{}`", file.display(), caller.role);
            return Err(Trouble::usage(message).hint(hint));
        }
        let text = files::read(file)?.text.clone();
        Ok((caller.role.clone(), read(text.trim(), &file.display().to_string())?))
    };
    kept.map(token).collect()
}

/// A token that somebody got. `what` says which.
fn read(text: &str, what: &str) -> Result<Token, Trouble> {
    let token = Token::new(text.strip_prefix("Bearer ").unwrap_or(text));
    token.open().map_err(|error| Trouble::usage(format!("{what}: {error}")))?;
    Ok(token)
}
