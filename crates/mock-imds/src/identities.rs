use mock_entra::{Identity, IdentityKind};

use crate::query::Query;

/// The managed identities of the resource that the endpoints belong to. All are of one tenant.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) tenant_id: String,
    pub(crate) identities: Vec<Identity>,
}

/// By which of its ids a request names an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selector {
    Client,
    Object,
    Resource,
}

/// Why no identity is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unchosen {
    /// More than one selector.
    SeveralSelectors,
    /// None has that id, or there is none at all.
    NotFound,
    /// No selector, and several that it could be.
    Ambiguous,
}

impl Served {
    /// The identity that a request names by one of these parameters; none if it names none.
    pub(crate) fn selected(
        &self,
        query: &Query,
        selectors: &[(&str, Selector)],
    ) -> Result<Option<&Identity>, Unchosen> {
        let mut given = selectors.iter().filter_map(|(name, selector)| Some((*selector, query.get(name)?)));
        let Some((selector, id)) = given.next() else { return Ok(None) };
        if given.next().is_some() {
            return Err(Unchosen::SeveralSelectors);
        }
        let found =
            self.identities.iter().find(|one| selector.id(one).is_some_and(|known| known.eq_ignore_ascii_case(id)));
        found.map(Some).ok_or(Unchosen::NotFound)
    }

    /// The system-assigned identity. A resource has one at most; of several served the first is taken.
    pub(crate) fn system_assigned(&self) -> Option<&Identity> {
        self.identities.iter().find(|one| matches!(one.kind, IdentityKind::SystemAssigned { .. }))
    }

    /// The only identity there is.
    pub(crate) fn only(&self) -> Result<&Identity, Unchosen> {
        match &self.identities[..] {
            [] => Err(Unchosen::NotFound),
            [only] => Ok(only),
            _ => Err(Unchosen::Ambiguous),
        }
    }
}

impl Selector {
    /// What an identity is called by this selector. A system-assigned identity is no resource and has no resource id.
    fn id(self, identity: &Identity) -> Option<&str> {
        match (self, &identity.kind) {
            (Self::Client, _) => Some(&identity.client_id),
            (Self::Object, _) => Some(&identity.object_id),
            (Self::Resource, IdentityKind::UserAssigned { id, .. }) => Some(id),
            (Self::Resource, _) => None,
        }
    }
}
