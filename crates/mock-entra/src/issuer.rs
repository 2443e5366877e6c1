//! The issuer: what it knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use serve::{Faults, Journal, Request};
use token::{Names, Stranger, UnixTime};
use tokio::sync::{OnceCell, SetOnce};

use crate::directory::Directory;
use crate::kept::save_rings;
use crate::keys::{Keys, KeysError, generate};
use crate::ring::Ring;
use crate::tenants::{Fetches, Tenancy, Tenants};
use crate::{OAuthError, Secret};

/// The issuer behind the listeners, and in the same process without them.
pub struct Issuer {
    tenants: Tenants,
    /// Of metadata that all tenants share.
    pub(crate) shared_fetches: Fetches,
    keys: Arc<Keys>,
    /// Known once the listeners are bound.
    place: SetOnce<Place>,
    pub(crate) documents: RwLock<HashMap<String, Bytes>>,
    stranger: OnceCell<Stranger>,
    /// URLs of what runs beside the issuer, by name, for its clients to find.
    beside: RwLock<BTreeMap<&'static str, String>>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) control_token: Option<Secret>,
}

/// Where the issuer is reached and what it calls itself.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) names: Names,
    pub(crate) https: String,
    pub(crate) http: Option<String>,
}

impl Place {
    /// The address by which a client came: endpoints that it is told must be reachable for it in the same way.
    pub(crate) fn base(&self, request: &Request) -> String {
        let scheme = if request.https { "https" } else { "http" };
        let plain = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        match request.header("host").filter(plain) {
            Some(host) => format!("{scheme}://{host}"),
            None => self.https.clone(),
        }
    }
}

impl Issuer {
    pub(crate) fn new(directory: Directory, keys: Keys, control_token: Option<Secret>) -> Self {
        Self {
            keys: Arc::new(keys),
            tenants: Tenants::new(directory),
            shared_fetches: Fetches::default(),
            place: SetOnce::new(),
            documents: RwLock::default(),
            stranger: OnceCell::new(),
            beside: RwLock::default(),
            journal: Arc::default(),
            faults: Arc::default(),
            control_token,
        }
    }

    /// Who existed here from the start. Tenants that the control API added are not in it.
    pub fn directory(&self) -> &Directory {
        self.tenants.directory()
    }

    pub(crate) fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Makes what runs beside the issuer known to the clients of the control API: `imds` and its URL.
    pub fn announce(&self, name: &'static str, url: String) {
        self.beside.write().unwrap_or_else(PoisonError::into_inner).insert(name, url);
    }

    pub(crate) fn beside(&self) -> BTreeMap<&'static str, String> {
        self.beside.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Keeps which keys are published, where keys are kept at all.
    pub(crate) fn keep_rings(&self) -> Result<(), KeysError> {
        let Some(state) = self.keys.state() else { return Ok(()) };
        save_rings(state, self.directory(), &self.tenants.all())
    }

    pub(crate) fn settle(&self, place: Place) {
        // It is settled once, by whoever bound the listeners.
        let _ = self.place.set(place);
    }

    pub(crate) async fn place(&self) -> &Place {
        self.place.wait().await
    }

    /// A tenant's keys, once there are any.
    pub(crate) async fn ring(&self, tenancy: &Tenancy) -> Result<Arc<Ring>, OAuthError> {
        self.keys.ring(tenancy).await.map_err(|error| OAuthError::broken(&error))
    }

    /// A key that is never published, made when it is first needed.
    pub(crate) async fn stranger(&self, now: UnixTime) -> Result<&Stranger, KeysError> {
        self.stranger.get_or_try_init(|| async { generate(now).await.map(Stranger::from) }).await
    }
}
