//! What a run knows by name: the target, its keys, its callers, other APIs.

use std::collections::HashMap;

use authsettings::Settings;
use scenario::{Identity, Profile};
use token::Token;

use crate::credentials::Wallet;
use crate::issuer::Directory;
use crate::roles::Roles;
use crate::sink::Place;
use crate::tokens::claim;

/// Values by their names, such as `target.host` or `caller.listed`.
pub(crate) struct Known {
    values: HashMap<String, String>,
}

impl Known {
    /// Gathers what profile, directory and credentials say. `keys` are those of the Functions host, by name.
    pub(crate) fn new(
        profile: &Profile,
        roles: &Roles,
        directory: Option<&Directory>,
        keys: &[(String, String)],
        wallet: &Wallet,
    ) -> Self {
        let mut values = HashMap::new();
        let mut set = |name: String, value: Option<String>| {
            if let Some(value) = value {
                values.insert(name, value);
            }
        };
        let target = &profile.target;
        let id_of = |tenant: &str| directory.and_then(|all| all.tenant_id(tenant)).unwrap_or(tenant).to_owned();
        let own_tenant = roles.tenant().map(id_of);
        set("target.path".to_owned(), Some(target.path.clone()));
        set("target.excluded".to_owned(), target.excluded.as_ref().map(|door| door.path.clone()));
        set("target.keyed".to_owned(), target.keyed.as_ref().map(|door| door.path.clone()));
        set("target.warm-up".to_owned(), target.warm_up.as_ref().map(|door| door.path.clone()));
        set("target.audience".to_owned(), roles.audience().map(str::to_owned));
        set("target.tenant".to_owned(), own_tenant.clone());
        for (name, key) in keys {
            set(format!("key.{name}"), Some(key.clone()));
        }
        // Whom the directory has under the name of a role fills it where the profile names nobody; see `Roles::ask`.
        for (name, client_id, object_id) in directory.into_iter().flat_map(Directory::identities) {
            set(format!("caller.{name}"), Some(client_id.to_owned()));
            set(format!("object.{name}"), object_id.map(str::to_owned));
        }
        for caller in &profile.callers {
            let role = &caller.role;
            let (Identity::ClientId(name) | Identity::Name(name)) = &caller.identity;
            let listed = directory.and_then(|all| all.identities().find(|(known, id, _)| known == name || id == name));
            let written = matches!(caller.identity, Identity::ClientId(_)).then(|| name.clone());
            set(format!("caller.{role}"), listed.map(|(_, id, _)| id.to_owned()).or(written));
            let object = listed.and_then(|(_, _, object)| object.map(str::to_owned));
            set(format!("object.{role}"), object.or_else(|| claim(&wallet.of_role(role)?, "oid")));
            set(format!("tenant.{role}"), caller.tenant.as_deref().map(id_of).or_else(|| own_tenant.clone()));
        }
        for (name, audience) in directory.into_iter().flat_map(Directory::applications) {
            set(format!("api.{name}"), Some(audience.to_owned()));
        }
        for api in &profile.apis {
            set(format!("api.{}", api.name), Some(api.audience.clone()));
        }
        Self { values }
    }

    /// Adds what the settings say: the first identity and the first group that they list.
    pub(crate) fn with_settings(mut self, settings: Option<&Settings>) -> Self {
        let policy = settings.and_then(|settings| settings.entra.as_ref()?.policy.as_ref());
        let first =
            policy.map(|policy| [("settings.identity", &policy.identities), ("settings.group", &policy.groups)]);
        for (name, list) in first.into_iter().flatten() {
            self.values.extend(list.first().map(|one| (name.to_owned(), one.clone())));
        }
        self
    }

    /// Everything that is known.
    pub(crate) fn values(&self) -> &HashMap<String, String> {
        &self.values
    }

    /// What a name stands for.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

/// What names stand for in one step.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) known: &'a Known,
    /// The target's authority, as in `Host`.
    pub(crate) host: &'a str,
    /// The tenant that stands in for the target's, where the case has one of its own.
    pub(crate) tenant: Option<&'a str>,
    pub(crate) token: Option<&'a Token>,
    pub(crate) other_token: Option<&'a Token>,
    pub(crate) sink: Option<&'a Place>,
}

impl Values<'_> {
    /// The bytes that stand for a name.
    pub(crate) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            "token" => self.token.map(|token| token.expose_bytes().to_vec()),
            "other-token" => self.other_token.map(|token| token.expose_bytes().to_vec()),
            _ => self.text(name).map(String::into_bytes),
        }
    }

    /// The text that stands for a name, tokens apart.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match name {
            "target.host" => Some(self.host.to_owned()),
            "sink.url" => self.sink.map(Place::url),
            "sink.authority" => self.sink.map(|place| place.authority().to_owned()),
            "sink.path" => self.sink.map(Place::path),
            _ => {
                let value = self.known.get(name)?;
                let is_own = name.starts_with("tenant.") || name == "target.tenant";
                let moved = self.tenant.filter(|_| is_own && self.known.get("target.tenant") == Some(value));
                Some(moved.unwrap_or(value).to_owned())
            }
        }
    }
}

/// What to add to a profile so that a name stands for something.
pub(crate) fn advice(name: &str) -> String {
    let (space, member) = name.split_once('.').unwrap_or((name, ""));
    match (space, member) {
        ("target", "excluded" | "keyed") => {
            let what =
                if member == "keyed" { "a function that asks for a key" } else { "a path without authentication" };
            format!("the profile names no {member} path, {what}: add `target.{member}: {{ path: ..., marker: ... }}`")
        }
        ("gateway", _) => "the profile names no gateway: add `gateway: { url: ..., subscription-key: ... }`".to_owned(),
        ("previous", _) => {
            "the profile names no previous instance: add `previous: { url: ..., function-key: ... }`".to_owned()
        }
        ("target", "warm-up") => {
            "the profile names no warm-up path: add `target.warm-up: { path: ... }` where `WEBSITE_WARMUP_PATH` is set"
                .to_owned()
        }
        ("target", "scm") => {
            "the deployment site is not known: add `target.scm: https://NAME.scm.azurewebsites.net`".to_owned()
        }
        ("target", _) => format!("neither the profile nor the settings say what the target's `{member}` is"),
        ("settings", "identity" | "group") => {
            format!(
                "the settings list no {member}, or are not known: they do under `allowedPrincipals` where this matters"
            )
        }
        ("key", "gateway") => {
            "the profile names no subscription key: add `gateway.subscription-key: { env: NAME }`".to_owned()
        }
        ("key", "previous") => {
            "the profile names no key of the previous instance: add `previous.function-key: { env: NAME }`".to_owned()
        }
        ("key", _) => {
            format!("the profile names no key `{member}`: add `target.keys: {{ {member}: {{ env: NAME }} }}`")
        }
        ("caller", _) => {
            format!(
                "the client id of the caller `{member}` is not known: add `callers: {{ {member}: {{ client-id: ... }} }}`"
            )
        }
        ("object", _) => {
            format!("the object id of the caller `{member}` is not known: name an `issuer` whose directory has it")
        }
        ("tenant", _) => {
            format!(
                "the tenant of the caller `{member}` is not known: add `callers: {{ {member}: {{ tenant: ... }} }}`"
            )
        }
        ("api", _) => {
            format!("neither the profile nor the directory names the API `{member}`: add it to the profile's `apis`")
        }
        _ => format!("nothing is known by the name `{name}`"),
    }
}
