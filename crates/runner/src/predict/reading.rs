//! What a request may be taken to bear.

use authsettings::{Claim, Credential, Fact, Facts, Settings, Tenant};
use token::{Recipe, TokenVersion, Version};

use super::header::{Header, shaped};
use super::payload::{self, ISSUED_GROUPS, LONGEST_SKEW};
use super::world::{Issued, World};
use crate::issuer::VersionAsked;

/// For whom a token is issued, before anything is forged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Base {
    pub(super) caller: String,
    pub(super) audience: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) version: VersionAsked,
}

/// One way to read the credential of a request: the facts, in texts whose variables stand for what a world knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// None where no fact rests on who it is.
    pub(super) base: Option<Base>,
    pub(super) facts: Facts,
}

impl Reading {
    /// A credential of this kind that is no token.
    pub(super) fn without_token(credential: Credential) -> Self {
        Self { base: None, facts: Facts { credential, ..Facts::default() } }
    }

    /// A bearer token that no key verifies, or that is none.
    pub(super) fn invalid() -> Self {
        let facts = Facts { credential: Credential::Bearer, signed: Fact::No, ..Facts::default() };
        Self { base: None, facts }
    }

    /// The token of a recipe. `settled` is the version that the settings name. What an issuer does to its keys, and what a target
    /// remembers of them, nobody can foresee: behind that (`disturbed`) no signature is known to verify.
    pub(super) fn token(recipe: &Recipe, settled: Version, disturbed: bool) -> Self {
        let version = match recipe.version {
            TokenVersion::Settings => settled,
            TokenVersion::Other => settled.other(),
            TokenVersion::V1 => Version::V1,
            TokenVersion::V2 => Version::V2,
        };
        let header = Header::of(recipe);
        let mut facts = payload::facts(recipe, version);
        facts.credential = Credential::Bearer;
        facts.readable = facts.readable.and(header.readable).and(shaped(&recipe.forge));
        facts.signed = if disturbed { Fact::Unknown } else { header.signed(recipe) };
        let base = Base {
            caller: recipe.caller.clone(),
            audience: recipe.audience.clone(),
            tenant: recipe.tenant.clone(),
            version: version.into(),
        };
        Self { base: Some(base), facts }
    }

    /// The same, without what cannot matter: of a token that cannot be read, or that no key verifies, nothing else is looked at.
    pub(super) fn simplest(self) -> Self {
        let bearer = self.facts.credential == Credential::Bearer;
        if bearer && (self.facts.readable == Fact::No || self.facts.signed == Fact::No) {
            Self::invalid()
        } else {
            self
        }
    }

    /// The facts in one world, beside settings.
    pub(super) fn facts(&self, world: &World, issued: Option<&Issued>, settings: &Settings) -> Facts {
        let Some(issued) = issued else { return self.facts.clone() };
        let text = |text: &str| world.fill(text, issued);
        let one = |claim: &Claim<String>| match claim {
            Claim::Is(written) => text(written).map_or(Claim::Unknown, Claim::Is),
            other => other.clone(),
        };
        let all = |claim: &Claim<Vec<String>>| match claim {
            Claim::Is(written) => {
                let filled: Option<Vec<String>> = written.iter().map(|one| text(one)).collect();
                filled.map_or(Claim::Unknown, Claim::Is)
            }
            other => other.clone(),
        };
        let groups = match &self.facts.groups {
            Claim::Is(written) if *written == [ISSUED_GROUPS] => issued.groups.clone(),
            other => all(other),
        };
        Facts {
            credential: self.facts.credential,
            readable: self.facts.readable,
            signed: self.signed(world, issued, settings),
            expired: skewed(self.facts.expired, settings),
            premature: skewed(self.facts.premature, settings),
            issuer: one(&self.facts.issuer),
            audience: audience(all(&self.facts.audience), settings),
            client: one(&self.facts.client),
            object: one(&self.facts.object),
            tenant: one(&self.facts.tenant),
            groups,
        }
    }

    /// A key of another tenant's need not be among those of the target's own, unless it takes the tokens of any tenant.
    fn signed(&self, world: &World, issued: &Issued, settings: &Settings) -> Fact {
        let any = || settings.authority().is_some_and(|authority| authority.tenant == Tenant::Any);
        if world.is_own_tenant(issued) || any() { self.facts.signed } else { self.facts.signed.and(Fact::Unknown) }
    }
}

/// Readers differ over a list of several with the right one among them.
fn audience(audience: Claim<Vec<String>>, settings: &Settings) -> Claim<Vec<String>> {
    match &audience {
        Claim::Is(all) if all.len() > 1 && all.iter().any(|one| settings.audiences().any(|known| known == one)) => {
            Claim::Unknown
        }
        _ => audience,
    }
}

/// Where a longer skew is allowed than anybody allows, more is left open.
fn skewed(fact: Fact, settings: &Settings) -> Fact {
    if fact == Fact::Yes && settings.knobs.clock_skew_s > LONGEST_SKEW { Fact::Unknown } else { fact }
}
