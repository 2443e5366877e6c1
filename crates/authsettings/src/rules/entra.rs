//! What a configuration says of Entra, as the rules look at it.

use super::words::{APPLICATIONS, AUDIENCES, CLIENT_ID, GROUPS, IDENTITIES, ISSUER, JWT_CLIENTS, JWT_GROUPS};
use crate::{Authority, Configuration, Property};

/// `identityProviders.azureActiveDirectory` of a configuration that relies on it.
pub(super) struct Entra<'a> {
    /// The app's own client id.
    pub client_id: Property<'a>,
    /// `openIdIssuer`.
    pub issuer: Property<'a>,
    /// `allowedAudiences`.
    pub audiences: Property<'a>,
    /// `allowedApplications` of the policy: client ids.
    pub applications: Property<'a>,
    /// `identities` of the policy: object ids.
    pub identities: Property<'a>,
    /// `groups` of the policy: object ids.
    pub groups: Property<'a>,
    /// `allowedClientApplications` of the claim checks: client ids.
    pub jwt_clients: Property<'a>,
    /// `allowedGroups` of the claim checks: object ids.
    pub jwt_groups: Property<'a>,
}

impl<'a> Entra<'a> {
    /// None where the provider is switched off, or where nothing is said of it: a GET shows every provider that nobody uses as
    /// enabled, with an empty registration.
    pub(super) fn of(configuration: &'a Configuration) -> Option<Self> {
        let entra = configuration.at("identityProviders.azureActiveDirectory");
        let is_off = entra.at("enabled").boolean() == Some(false);
        if is_off || (entra.at("registration").is_empty() && entra.at("validation").is_empty()) {
            return None;
        }
        Some(Self {
            client_id: configuration.at(CLIENT_ID),
            issuer: configuration.at(ISSUER),
            audiences: configuration.at(AUDIENCES),
            applications: configuration.at(APPLICATIONS),
            identities: configuration.at(IDENTITIES),
            groups: configuration.at(GROUPS),
            jwt_clients: configuration.at(JWT_CLIENTS),
            jwt_groups: configuration.at(JWT_GROUPS),
        })
    }

    /// Whether any list says who is let in. A list that is not known may.
    pub(super) fn names_callers(&self) -> bool {
        let lists = [self.applications, self.identities, self.groups, self.jwt_clients, self.jwt_groups];
        lists.into_iter().any(|list| !list.is_empty())
    }

    /// The lists of client ids, each with its path. A token must pass both.
    pub(super) fn client_lists(&self) -> [(&'static str, Property<'a>); 2] {
        [(APPLICATIONS, self.applications), (JWT_CLIENTS, self.jwt_clients)]
    }

    /// What the issuer names, if it is known and names anything.
    pub(super) fn authority(&self) -> Option<Authority> {
        Authority::parse(self.issuer.text()?)
    }

    /// Whether an audience is accepted, to the letter: it is listed or the client id, in which case does not count. None where what is
    /// not known decides that.
    pub(super) fn accepts_audience(&self, audience: &str) -> Option<bool> {
        let listed = self.audiences.texts().any(|(known, _)| known == audience);
        let own = self.client_id.text().is_some_and(|id| id.eq_ignore_ascii_case(audience));
        let open = self.audiences.is_open() || (self.client_id.is_open() && crate::authority::is_guid(audience));
        if listed || own { Some(true) } else { (!open).then_some(false) }
    }
}

/// Whether a list has an id, in whatever case: whether case counts is not for the rules to say.
pub(super) fn lists(list: Property<'_>, id: &str) -> bool {
    list.texts().any(|(known, _)| known.eq_ignore_ascii_case(id))
}

/// Whether two audiences differ by no more than case or a slash at the end; to the letter they do differ.
pub(super) fn is_nearly(one: &str, other: &str) -> bool {
    one != other && one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}
