//! The tenants as they are served: those of the directory, and those that were added while the mock runs.
//!
//! A tenant that is added is a copy of another under an id of its own. It costs no key and no start, so that whoever rotates keys
//! or breaks endpoints can have a tenant for himself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use crate::directory::{Credentials, Directory, FederatedIssuer, IdentityKind, Tenant};
use crate::ring::Ring;

/// All tenants.
pub(crate) struct Tenants {
    directory: Directory,
    /// Those of the directory, by position.
    first: Vec<Arc<Tenancy>>,
    added: RwLock<Added>,
}

/// Tenants that were added, by id.
type Added = HashMap<String, Arc<Tenancy>>;

/// A tenant and what becomes of it while it is served.
pub(crate) struct Tenancy {
    pub(crate) tenant: Tenant,
    pub(crate) fetches: Fetches,
    pub(crate) keys: RwLock<Keyring>,
}

/// The keys of a tenant.
#[derive(Default)]
pub(crate) struct Keyring {
    /// None: as all tenants begin.
    pub(crate) ring: Option<Arc<Ring>>,
    /// How often it was rotated.
    pub(crate) rotations: usize,
}

/// How often metadata was asked for, whatever came of it.
#[derive(Default)]
pub(crate) struct Fetches {
    pub(crate) jwks: Counter,
    pub(crate) discovery: Counter,
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

/// Why a tenant was not removed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemoveError {
    #[error("no tenant with the id {0} was added")]
    Unknown(String),
    #[error("tenant {0} is one of the directory's; only those that were added can be removed")]
    First(String),
}

impl Tenants {
    pub(crate) fn new(directory: Directory) -> Self {
        let first = directory.tenants().iter().cloned().map(Tenancy::new).collect();
        Self { directory, first, added: RwLock::default() }
    }

    /// Who existed from the start.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// All tenants, those of the directory first and in its order.
    pub(crate) fn all(&self) -> Vec<Arc<Tenancy>> {
        let mut added: Vec<_> = self.added().values().map(Arc::clone).collect();
        added.sort_by(|one, other| one.tenant.id.cmp(&other.tenant.id));
        self.first.iter().map(Arc::clone).chain(added).collect()
    }

    /// A tenant by id, or, if it is one of the directory, by domain or name; in any case.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Tenancy>> {
        match self.directory.position(name) {
            Some(position) => Some(Arc::clone(&self.first[position])),
            None => self.find_added(name),
        }
    }

    /// A tenant as a URL names it: by id or domain. A short name would work here and nowhere else.
    pub(crate) fn of_path(&self, segment: &str) -> Option<Arc<Tenancy>> {
        self.find(segment).filter(|found| found.tenant.is_in_path(segment))
    }

    /// Adds a copy of a tenant: the same applications, identities and assignments under an id of its own, which is its name too.
    /// It has no domain, since that could only lead to one of the two.
    pub(crate) fn add(&self, like: &Tenant) -> Arc<Tenancy> {
        let id = Uuid::new_v4().to_string();
        let mut tenant = Tenant { name: id.clone(), id: id.clone(), domain: None, ..like.clone() };
        for identity in &mut tenant.identities {
            identity.tenant.clone_from(&id);
            if let IdentityKind::ServicePrincipal(credentials) = &mut identity.kind {
                follow(credentials, &like.id, &id);
            }
        }
        let tenancy = Tenancy::new(tenant);
        self.added_mut().insert(id, Arc::clone(&tenancy));
        tenancy
    }

    /// Removes a tenant that was added.
    pub(crate) fn remove(&self, id: &str) -> Result<Arc<Tenancy>, RemoveError> {
        let removed = self.added_mut().remove(&id.to_lowercase());
        removed.ok_or_else(|| match self.directory.tenant(id) {
            Some(tenant) => RemoveError::First(tenant.name.clone()),
            None => RemoveError::Unknown(id.to_owned()),
        })
    }

    fn find_added(&self, id: &str) -> Option<Arc<Tenancy>> {
        let added = self.added();
        added.get(id).or_else(|| added.get(&id.to_lowercase())).map(Arc::clone)
    }

    fn added(&self) -> RwLockReadGuard<'_, Added> {
        // A tenant is in the map or it is not; a panic cannot leave it half there.
        self.added.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn added_mut(&self) -> RwLockWriteGuard<'_, Added> {
        self.added.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenancy {
    fn new(tenant: Tenant) -> Arc<Self> {
        Arc::new(Self { tenant, fetches: Fetches::default(), keys: RwLock::default() })
    }
}

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A copy trusts itself where its model does.
fn follow(credentials: &mut Credentials, model: &str, copy: &str) {
    for federated in &mut credentials.federated {
        if let FederatedIssuer::Tenant(tenant) = &mut federated.issuer
            && tenant == model
        {
            copy.clone_into(tenant);
        }
    }
}
