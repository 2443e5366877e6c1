//! Who is who for a prediction.

use std::collections::HashMap;

use authsettings::{Authority, Claim, Expected, Settings, TokenVersion};
use scenario::{BaseUrl, Profile};
use token::variables::fill;
use token::{Recipe, Version};

use super::reading::Base;
use crate::issuer::{Directory, Issuer, VersionAsked};
use crate::known::Known;
use crate::roles::Roles;

/// Who is who for a prediction, and what names stand for: what a run knows, or what settings alone tell.
#[derive(Debug, Clone)]
pub struct World {
    values: HashMap<String, String>,
    people: HashMap<String, Person>,
    /// Names, client ids and URIs of APIs, and the client id of each.
    apis: HashMap<String, String>,
    /// The id of the tenant whose tokens the target takes.
    tenant: String,
    /// What callers ask tokens for: the client id of the target's registration, or its URI.
    audience: String,
    version: Version,
    /// Under which names the issuer speaks of itself.
    names: Authority,
    https: bool,
    host: String,
    /// Whether names that are not known stand for somebody whom nobody lists.
    invents: bool,
}

/// A caller as its tokens name it.
#[derive(Debug, Clone)]
struct Person {
    client: Option<String>,
    object: Option<String>,
    tenant: String,
    groups: Claim<Vec<String>>,
}

/// What an issuer puts into the token of one caller.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    issuer: String,
    audience: String,
    client: Option<String>,
    object: Option<String>,
    tenant: String,
    pub(super) groups: Claim<Vec<String>>,
}

/// Ids that no list holds.
const NOBODYS_CLIENT: &str = "6d1f0a3c-2b94-4e57-9c08-71d5e2a6b3f4";
const NOBODYS_OBJECT: &str = "c2a7e915-4f63-4b0d-8e1a-d93b5f7046c8";
const LISTED_CLIENT: &str = "0e58b7d4-91c3-4a26-b7f0-35c2d9e8164a";
const LISTED_OBJECT: &str = "9b3c6f20-d714-48e5-a1b9-2e8075c4fd61";
const OTHER_TENANT: &str = "f4d90e6b-5a27-4c81-93b2-08e7c1d65a3f";
const OWN_TENANT: &str = "38a5c1e7-0d4b-4f92-8b63-c7f2e9145d08";
const OTHER_API: &str = "51c8f2b0-7e3d-4690-ad14-6b09e3d7f825";

impl World {
    /// What settings alone tell, for a look at a configuration that nothing runs under. The listed caller is the first that is
    /// expected, else the first that is listed, with the first object id that is, or else the first group; everybody else is in
    /// no list.
    pub fn of_settings(settings: &Settings, expected: &Expected) -> Self {
        let entra = settings.entra.as_ref();
        let policy = entra.and_then(|entra| entra.policy.as_ref());
        let first = |list: Option<&Vec<String>>| list.and_then(|list| list.first().cloned());
        let checks = entra.map(|entra| &entra.claim_checks);
        let listed_client = first(policy.and_then(|policy| policy.applications.as_ref()))
            .or_else(|| first(checks.map(|checks| &checks.client_applications)));
        let identity = first(policy.map(|policy| &policy.identities));
        let group = first(policy.map(|policy| &policy.groups));
        let checked = first(checks.map(|checks| &checks.groups));
        let version = settings.token_version().map_or(Version::V2, version);
        let tenant = settings.tenant().or_else(|| expected.tenant.clone()).unwrap_or_else(|| OWN_TENANT.to_owned());
        let client_id = settings.client_id().unwrap_or(OTHER_API).to_owned();
        // In v2 tokens the audience is a client id, whatever was asked for.
        let asked = expected.audience.clone().filter(|asked| version == Version::V1 || !asked.contains("://"));
        let audience = asked.unwrap_or_else(|| client_id.clone());
        // Of principals and groups one is enough, so that whoever is listed itself is taken to be in no group that need not be.
        let groups: Vec<String> = group.clone().filter(|_| identity.is_none()).into_iter().chain(checked).collect();
        let listed = Person {
            client: Some(first(Some(&expected.callers)).or(listed_client).unwrap_or_else(|| LISTED_CLIENT.to_owned())),
            object: Some(identity.clone().unwrap_or_else(|| LISTED_OBJECT.to_owned())),
            tenant: tenant.clone(),
            groups: if groups.is_empty() { Claim::Absent } else { Claim::Is(groups) },
        };
        let excluded = settings.validation.excluded_paths.iter().find(|path| !path.contains('*')).cloned();
        let values = [
            ("target.path", Some("/api/orders".to_owned())),
            ("target.host", Some("func.example.net".to_owned())),
            ("target.excluded", excluded),
            ("target.audience", Some(audience.clone())),
            ("target.tenant", Some(tenant.clone())),
            ("tenant.foreign", Some(OTHER_TENANT.to_owned())),
            ("caller.listed", listed.client.clone()),
            ("object.listed", listed.object.clone()),
            ("settings.identity", identity),
            ("settings.group", group),
        ];
        let values = values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let foreign = Person { tenant: OTHER_TENANT.to_owned(), ..Person::of_nobody(&tenant) };
        Self {
            values,
            people: HashMap::from([("listed".to_owned(), listed), ("foreign".to_owned(), foreign)]),
            apis: HashMap::new(),
            tenant,
            audience,
            version,
            names: settings.authority().unwrap_or_else(entra_names),
            https: true,
            host: "func.example.net".to_owned(),
            invents: true,
        }
    }

    /// What a run knows.
    pub(crate) fn of_run(
        profile: &Profile,
        roles: &Roles,
        known: &Known,
        issuer: Option<&Issuer>,
        url: &BaseUrl,
    ) -> Self {
        let directory = issuer.map(Issuer::directory);
        let names = issuer.and_then(|issuer| Authority::parse(&format!("{}/common", issuer.authority())));
        let mut world = Self {
            values: known.values().clone(),
            people: HashMap::new(),
            apis: directory.into_iter().flat_map(Directory::aliases).collect(),
            tenant: known.get("target.tenant").unwrap_or_default().to_owned(),
            audience: roles.audience().unwrap_or_default().to_owned(),
            version: roles.version(token::TokenVersion::Settings),
            names: names.unwrap_or_else(entra_names),
            https: url.https,
            host: url.host.clone(),
            invents: false,
        };
        let roles_named = profile.callers.iter().map(|caller| caller.role.as_str());
        let listed = directory.into_iter().flat_map(Directory::identities).map(|(name, _, _)| name);
        for role in roles_named.chain(listed) {
            let ask = roles.ask(&Recipe { caller: role.to_owned(), ..Recipe::default() });
            let id_of = |name: &str| directory.and_then(|all| all.tenant_id(name)).unwrap_or(name).to_owned();
            let person = Person {
                client: known.get(&format!("caller.{role}")).map(str::to_owned),
                object: known.get(&format!("object.{role}")).map(str::to_owned),
                tenant: ask.tenant.as_deref().map_or_else(|| world.tenant.clone(), id_of),
                // The mock knows no groups; those of a real caller are not known.
                groups: if directory.is_some() { Claim::Absent } else { Claim::Unknown },
            };
            world.people.insert(role.to_owned(), person);
        }
        world
    }

    /// The version whose issuer the settings name.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// The path of the protected function.
    pub(crate) fn function_path(&self) -> Option<String> {
        self.value("target.path")
    }

    pub(super) fn https(&self) -> bool {
        self.https
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// What a name stands for.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.values.get(name) {
            return Some(value.clone());
        }
        let invented = match name.split_once('.')?.0 {
            "caller" => NOBODYS_CLIENT,
            "object" => NOBODYS_OBJECT,
            "tenant" => &self.tenant,
            "api" => OTHER_API,
            _ => return None,
        };
        self.invents.then(|| invented.to_owned())
    }

    /// A text of a token with its variables filled; none where one is not known.
    pub(super) fn fill(&self, text: &str, issued: &Issued) -> Option<String> {
        if !text.as_bytes().contains(&b'$') {
            return Some(text.to_owned());
        }
        let value = |name: &str| match name.strip_prefix("issued.") {
            Some(claim) => issued.claim(claim).map(str::to_owned),
            None => self.value(name),
        };
        only_variable(text).map_or_else(|| fill(text, &value).ok(), value)
    }

    /// A text of a request with its variables filled; none where one is not known.
    pub(super) fn fill_text(&self, text: &str) -> Option<String> {
        if !text.as_bytes().contains(&b'$') {
            return Some(text.to_owned());
        }
        let value = |name: &str| self.value(name);
        only_variable(text).map_or_else(|| fill(text, &value).ok(), value)
    }

    /// What the issuer puts into a token before anything is forged; none where it is not known who that is.
    pub(super) fn issued(&self, base: &Base) -> Option<Issued> {
        let invented = || self.invents.then(|| Person::of_nobody(&self.tenant));
        let person = self.people.get(&base.caller).cloned().or_else(invented)?;
        let tenant = base.tenant.clone().unwrap_or(person.tenant);
        let version = if base.version == VersionAsked::V1 { TokenVersion::V1 } else { TokenVersion::V2 };
        Some(Issued {
            issuer: self.names.issuer(&tenant, version),
            audience: self.audience(base)?,
            client: person.client,
            object: person.object,
            tenant,
            groups: person.groups,
        })
    }

    /// v2 tokens name the client id of the API; in v1 tokens stands what was asked for.
    fn audience(&self, base: &Base) -> Option<String> {
        let asked = match &base.audience {
            None => self.audience.clone(),
            Some(name) if self.apis.contains_key(name) || name.contains("://") => name.clone(),
            Some(name) => self.value(&format!("api.{name}"))?,
        };
        match self.apis.get(&asked) {
            Some(client_id) if base.version == VersionAsked::V2 || !asked.contains("://") => Some(client_id.clone()),
            _ => Some(asked),
        }
    }

    /// Whether a token is of the tenant whose tokens the target takes.
    pub(super) fn is_own_tenant(&self, issued: &Issued) -> bool {
        issued.tenant == self.tenant
    }
}

/// The variable that a text is made of, where it is made of nothing else, as most are.
fn only_variable(text: &str) -> Option<&str> {
    text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).filter(|name| !name.contains(['}', '$', ':']))
}

impl Person {
    fn of_nobody(tenant: &str) -> Self {
        Self {
            client: Some(NOBODYS_CLIENT.to_owned()),
            object: Some(NOBODYS_OBJECT.to_owned()),
            tenant: tenant.to_owned(),
            groups: Claim::Absent,
        }
    }
}

impl Issued {
    fn claim(&self, name: &str) -> Option<&str> {
        match name {
            "iss" => Some(&self.issuer),
            "aud" => Some(&self.audience),
            "tid" => Some(&self.tenant),
            "azp" | "appid" => self.client.as_deref(),
            "oid" | "sub" => self.object.as_deref(),
            _ => None,
        }
    }
}

fn version(named: TokenVersion) -> Version {
    match named {
        TokenVersion::V1 => Version::V1,
        TokenVersion::V2 => Version::V2,
    }
}

fn entra_names() -> Authority {
    Authority::parse("https://login.microsoftonline.com/common").expect("it names a host and a tenant")
}
