//! Who fills the roles of a scenario, and what an issuer is then asked.

use authsettings::Settings;
use scenario::{Identity, Profile};
use token::{Recipe, TokenVersion, Version};

use crate::issuer::{Ask, Directory};

/// What profile and settings say about callers, audiences and token versions.
#[derive(Debug, Clone)]
pub(crate) struct Roles {
    profile: Profile,
    /// The version that the target is configured for; none where nobody said.
    version: Option<Version>,
    audience: Option<String>,
    tenant: Option<String>,
    /// What the settings accept as an audience.
    accepted: Vec<String>,
}

impl Roles {
    /// Takes them from a profile; what it leaves open comes from the settings.
    pub(crate) fn new(profile: &Profile, settings: Option<&Settings>) -> Self {
        let client_id = || settings.and_then(Settings::client_id).map(str::to_owned);
        Self {
            version: profile.token_version.or_else(|| settings.and_then(Settings::token_version).map(version)),
            audience: profile.audience.clone().or_else(client_id),
            tenant: profile.tenant.clone().or_else(|| settings.and_then(Settings::tenant)),
            accepted: settings.into_iter().flat_map(Settings::audiences).map(str::to_owned).collect(),
            profile: profile.clone(),
        }
    }

    /// The tenant whose tokens the target takes, by name or id.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The client id of the target's app registration.
    pub(crate) fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// What the roles are taken from.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What real tokens for the target are asked for: its App ID URI where the profile names it.
    pub(crate) fn resource(&self) -> Option<String> {
        self.profile.resource.clone().or_else(|| self.audience.clone())
    }

    /// The names of the target that a token for it may bear as its audience.
    pub(crate) fn own_audiences(&self) -> Vec<String> {
        let plain = self.audience.iter().flat_map(|id| [id.clone(), format!("api://{id}")]);
        plain.chain(self.profile.resource.clone()).chain(self.accepted.iter().cloned()).collect()
    }

    /// What an issuer is asked for the base token of a recipe.
    pub(crate) fn ask(&self, recipe: &Recipe) -> Ask {
        let caller = self.profile.caller(&recipe.caller);
        let name = caller.map_or(recipe.caller.as_str(), |caller| match &caller.identity {
            Identity::ClientId(name) | Identity::Name(name) => name,
        });
        let audience =
            recipe.audience.as_deref().map(|name| self.profile.api(name).map_or(name, |api| &api.audience).to_owned());
        let tenant = recipe.tenant.clone().or_else(|| caller.and_then(|caller| caller.tenant.clone()));
        Ask {
            caller: name.to_owned(),
            tenant: tenant.or_else(|| self.tenant.clone()),
            audience: audience.or_else(|| self.audience.clone()),
            version: match recipe.version {
                TokenVersion::Settings => self.version.map(Into::into),
                other => Some(self.version(other).into()),
            },
            apart: None,
        }
    }

    /// The version that a recipe's word stands for here. Entra's own default is v1, but who protects a Function App today names
    /// the v2 issuer, as the portal and the Terraform module do.
    pub(crate) fn version(&self, word: TokenVersion) -> Version {
        let settings = self.version.unwrap_or(Version::V2);
        match word {
            TokenVersion::Settings => settings,
            TokenVersion::Other => settings.other(),
            TokenVersion::V1 => Version::V1,
            TokenVersion::V2 => Version::V2,
        }
    }

    /// What keeps a recipe from being made by an issuer with this directory, and what would change it.
    pub(crate) fn lacks(&self, recipe: &Recipe, directory: &Directory) -> Option<String> {
        let ask = self.ask(recipe);
        if !directory.knows_caller(&ask.caller) {
            let (role, caller) = (&recipe.caller, &ask.caller);
            return Some(match self.profile.caller(role) {
                Some(_) => format!("the directory has no `{caller}`, which the profile names for the caller `{role}`"),
                None => format!("the profile names nobody for the caller `{role}`: add it to `callers`"),
            });
        }
        if let Some(tenant) = ask.tenant.filter(|tenant| !directory.knows_tenant(tenant)) {
            return Some(format!(
                "the directory has no tenant `{tenant}`: name one that it has, or give the issuer another directory"
            ));
        }
        let Some(audience) = ask.audience else {
            return Some("neither the profile nor the settings say what the target's `audience` is".to_owned());
        };
        if directory.knows_audience(&audience) {
            return None;
        }
        Some(match &recipe.audience {
            None => format!("the directory has no API `{audience}`, which is the target's `audience`"),
            Some(name) if *name == audience => {
                format!("neither the profile nor the directory names the API `{name}`: add it to the profile's `apis`")
            }
            Some(name) => format!("the directory has no API `{audience}`, which the profile names for `{name}`"),
        })
    }
}

fn version(named: authsettings::TokenVersion) -> Version {
    match named {
        authsettings::TokenVersion::V1 => Version::V1,
        authsettings::TokenVersion::V2 => Version::V2,
    }
}

#[cfg(test)]
mod tests;
