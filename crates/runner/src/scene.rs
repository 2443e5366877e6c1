//! Where one case is played: where all others are, or at a tenant and a target of its own.

use std::any::Any;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scenario::{Act, Case, Document, KeyChange, Trouble};
use serve::Clock;
use token::{Token, UnixTime};
use tokio::sync::OnceCell;
use wire::Origin;

use crate::compose::Destination;
use crate::issuer::{Issuer, IssuerError};
use crate::known::Values;
use crate::player::Player;
use crate::sink::Place;
use crate::tokens::{Purse, TokenTrouble};

/// Where one case is played.
pub(crate) struct Scene<'a> {
    player: &'a Player,
    own: Option<Own<'a>>,
}

/// What a case has for itself.
struct Own<'a> {
    issuer: &'a Issuer,
    /// The id of the tenant that it may disturb.
    tenant: String,
    /// Whether the tenant was made for it.
    made: bool,
    purse: Purse,
    /// How many seconds its clock is ahead of the run's.
    ahead: Arc<AtomicI64>,
    clock: Clock,
    /// Whose token a key set's variables are about.
    caller: String,
    troubles: Vec<(Document, Trouble)>,
    /// Started with the first request, so that what is done to the issuer before it meets a target that knows nothing yet.
    /// Kept until the case ends; nobody ever takes the lock.
    target: OnceCell<(Destination, Mutex<Box<dyn Any + Send>>)>,
}

/// Why a case could not go on. Never the target's fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SceneTrouble {
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("what the issuer should say cannot be made: {0}")]
    Token(#[from] TokenTrouble),
    #[error("a target for this case alone could not be started: {0}")]
    Laboratory(String),
    #[error("what the issuer should say cannot be made: {0}")]
    Octets(#[from] token::OctetsError),
}

impl<'a> Scene<'a> {
    /// Opens the scene of a case.
    pub(crate) async fn open(player: &'a Player, case: &Case) -> Result<Self, SceneTrouble> {
        let Some(issuer) = player.issuer.as_deref().filter(|_| case.needs_own()) else {
            return Ok(Self { player, own: None });
        };
        let directory = issuer.directory();
        let like = player.roles.tenant().and_then(|name| directory.tenant_id(name)).unwrap_or(directory.first_tenant());
        let made = player.laboratory.is_some();
        let tenant = if made { issuer.new_tenant(like).await? } else { like.to_owned() };
        let ahead = Arc::new(AtomicI64::new(0));
        let (run, offset) = (Arc::clone(&player.clock), Arc::clone(&ahead));
        let purse = Purse::apart(made.then(|| tenant.clone()), Arc::clone(&ahead));
        let caller = case.recipes().next().map(|recipe| recipe.caller.clone()).unwrap_or_default();
        let own = Own {
            issuer,
            tenant,
            made,
            purse,
            ahead,
            clock: Arc::new(move || run().saturating_add(offset.load(Ordering::Relaxed))),
            caller,
            troubles: Vec::new(),
            target: OnceCell::new(),
        };
        Ok(Self { player, own: Some(own) })
    }

    /// Gives back what the case had for itself. What cannot be given back any more harms nobody: names are never used again.
    pub(crate) async fn close(self) {
        let Some(own) = self.own else { return };
        if !own.troubles.is_empty() {
            self.player.troubled(&own.tenant, false);
            // That of a tenant that was made for the case goes with it.
            if !own.made {
                let _ = own.issuer.end_trouble(&own.tenant).await;
            }
        }
        if let Some((destination, _keep)) = own.target.into_inner() {
            self.player.sender.close(&destination.origin);
        }
        if own.made {
            let _ = own.issuer.drop_tenant(&own.tenant).await;
        }
    }

    /// Where its requests go.
    pub(crate) async fn destination(&self) -> Result<&Destination, SceneTrouble> {
        let shared = &self.player.destination;
        let (Some(own), Some(laboratory)) = (&self.own, &self.player.laboratory) else { return Ok(shared) };
        let start = || async {
            let specimen = laboratory.app(&own.tenant, Arc::clone(&own.clock)).await;
            let specimen = specimen.map_err(SceneTrouble::Laboratory)?;
            let origin = Origin::new(specimen.url.https, &specimen.url.host, specimen.url.port);
            Ok((Destination { origin, ..shared.clone() }, Mutex::new(specimen.keep)))
        };
        own.target.get_or_try_init(start).await.map(|(destination, _)| destination)
    }

    /// What time it is here.
    pub(crate) fn now(&self) -> UnixTime {
        self.own.as_ref().map_or_else(|| (self.player.clock)(), |own| (own.clock)())
    }

    /// What was handed out here, if that is kept apart.
    pub(crate) fn purse(&self) -> Option<&Purse> {
        self.own.as_ref().map(|own| &own.purse)
    }

    /// The values of names here.
    pub(crate) fn values<'b>(
        &'b self,
        host: &'b str,
        tokens: (Option<&'b Token>, Option<&'b Token>),
        sink: Option<&'b Place>,
    ) -> Values<'b> {
        let tenant = self.own.as_ref().filter(|own| own.made).map(|own| own.tenant.as_str());
        Values { known: &self.player.known, host, tenant, token: tokens.0, other_token: tokens.1, sink }
    }

    /// How often the keys of the target's issuer were fetched until now.
    pub(crate) async fn key_fetches(&self) -> Result<u64, SceneTrouble> {
        match &self.own {
            Some(own) => Ok(own.issuer.key_fetches(&own.tenant).await?),
            None => Ok(0),
        }
    }

    /// Lets time go by: it is set where the target is the case's own, and waited for elsewhere.
    pub(crate) async fn wait(&self, seconds: i64) {
        match &self.own {
            Some(own) if own.made => drop(own.ahead.fetch_add(seconds, Ordering::Relaxed)),
            _ => tokio::time::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or_default())).await,
        }
        if let Some(own) = &self.own {
            own.purse.forget();
        }
    }

    /// Does something to the issuer.
    pub(crate) async fn act(&mut self, act: &Act, sink: Option<&Place>) -> Result<(), SceneTrouble> {
        let (host, now) = (self.player.destination.origin.authority(), self.now());
        let filled = match (act, &self.own) {
            (Act::Trouble { document, trouble }, Some(own)) => {
                let values = self.values(&host, (None, None), sink);
                Some((*document, own.filled(self.player, trouble, &values, now).await?))
            }
            _ => None,
        };
        let player = self.player;
        let Some(own) = &mut self.own else { return Ok(()) };
        // Documents are changed as they are without any trouble.
        if !own.troubles.is_empty() {
            own.issuer.end_trouble(&own.tenant).await?;
        }
        match act {
            Act::Rotate => own.issuer.rotate(&own.tenant).await?,
            Act::Retire => own.issuer.retire(&own.tenant).await?,
            Act::Restore => own.troubles.clear(),
            Act::Trouble { document, .. } => own.troubles.retain(|(known, _)| known != document),
        }
        if matches!(act, Act::Rotate | Act::Retire) {
            own.purse.forget();
        }
        own.troubles.extend(filled);
        let mut rules = Vec::new();
        for (document, trouble) in &own.troubles {
            rules.extend(own.issuer.rules(&own.tenant, *document, trouble).await?);
        }
        player.troubled(&own.tenant, !rules.is_empty());
        if !rules.is_empty() {
            own.issuer.set_trouble(&own.tenant, &rules).await?;
        }
        Ok(())
    }
}

impl Own<'_> {
    /// The trouble with its variables filled.
    async fn filled(
        &self,
        player: &Player,
        trouble: &Trouble,
        values: &Values<'_>,
        now: UnixTime,
    ) -> Result<Trouble, SceneTrouble> {
        let lookup = |name: &str| values.text(name);
        let fill = |value: serde_json::Value| player.tokens.fill(value, &self.caller, &lookup, now, Some(&self.purse));
        let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(match trouble {
            Trouble::Redirect(place) => Trouble::Redirect(text(fill(place.as_str().into()).await?)),
            Trouble::Body { body, media_type } => {
                let mut pieces = Vec::new();
                for piece in &body.0 {
                    pieces.push(match piece {
                        token::Piece::Text(written) => token::Piece::Text(text(fill(written.as_str().into()).await?)),
                        other => other.clone(),
                    });
                }
                Trouble::Body { body: token::Octets(pieces), media_type: media_type.clone() }
            }
            Trouble::Change(changes) => Trouble::Change(changed(changes, &fill).await?),
            Trouble::Headers(headers) => {
                let mut filled = Vec::new();
                for (name, value) in headers {
                    filled.push((name.clone(), text(fill(value.as_str().into()).await?)));
                }
                Trouble::Headers(filled)
            }
            Trouble::Keys(keys) => {
                let all = |keys: &[serde_json::Value]| fill(keys.to_vec().into());
                let list = |keys: serde_json::Value| keys.as_array().cloned().unwrap_or_default();
                Trouble::Keys(KeyChange {
                    change: changed(&keys.change, &fill).await?,
                    first: list(all(&keys.first).await?),
                    last: list(all(&keys.last).await?),
                    ..keys.clone()
                })
            }
            other => other.clone(),
        })
    }
}

/// Changes with their variables filled.
async fn changed<F: Future<Output = Result<serde_json::Value, TokenTrouble>>>(
    changes: &[(String, Option<serde_json::Value>)],
    fill: &impl Fn(serde_json::Value) -> F,
) -> Result<Vec<(String, Option<serde_json::Value>)>, TokenTrouble> {
    let mut filled = Vec::new();
    for (name, value) in changes {
        filled.push((
            name.clone(),
            match value {
                Some(value) => Some(fill(value.clone()).await?),
                None => None,
            },
        ));
    }
    Ok(filled)
}
