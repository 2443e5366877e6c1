//! The mock issuer as a run sees it: an address. Whether it runs in the same process makes no difference.

mod disturb;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serve::CONTROL;
use token::{Algorithm, Lifetime, Recipe, Token, TokenVersion, Version};
use wire::{Client, Fetched, Trust, WireError};

use crate::stock::Stock;

/// How long an errand to the issuer may take; the first one may wait for a key that is being made.
const PATIENCE: Duration = Duration::from_secs(20);
/// The oldest version of the IMDS protocol, and the one most clients speak.
const IMDS_VERSION: &str = "2018-02-01";

/// Entra sets `iat` and `nbf` this many seconds before the moment of issue.
pub(crate) const BACKDATED: i64 = 300;
/// About as long as Entra's tokens live, in seconds.
pub(crate) const LIFETIME: i64 = 3600;

/// A mock issuer, by its control API, and the identity endpoint beside it.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    /// Under which URL targets know it.
    authority: String,
    /// Where managed identities ask for their tokens; none: they are minted.
    imds: Option<String>,
    client: Client,
    directory: Directory,
    /// What its tokens are made of, if runs share it.
    stock: Option<Arc<Stock>>,
}

/// Why the issuer did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// It cannot be reached.
    #[error("the mock issuer: {0}")]
    Wire(#[from] WireError),
    /// It refused.
    #[error("the mock issuer, asked for {what}, answered {status}: {said}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// HTTP status.
        status: u16,
        /// Its words.
        said: String,
    },
    /// It said something else than it should.
    #[error("the answer to {what} is not what a mock issuer says: {reason}")]
    Foreign {
        /// What was asked.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// What an issuer is asked for: the base token of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Ask {
    /// Name or client id.
    pub(crate) caller: String,
    /// Name or id.
    pub(crate) tenant: Option<String>,
    /// Name, App ID URI or client id.
    pub(crate) audience: Option<String>,
    /// None: as the API is registered.
    pub(crate) version: Option<VersionAsked>,
    /// How many seconds later than the issuer's own time it is in a case that is played apart; none: the case is not. Apart, nobody
    /// hands out what was kept from before: the identity endpoint keeps tokens for as long as the real one does.
    pub(crate) apart: Option<i64>,
}

/// [`Version`], as a part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum VersionAsked {
    V1,
    V2,
}

/// Who exists at the issuer.
#[derive(Debug, Deserialize)]
pub struct Directory {
    tenants: Vec<Tenant>,
}

#[derive(Debug, Deserialize)]
struct Tenant {
    name: String,
    id: String,
    domain: Option<String>,
    applications: Vec<Application>,
    identities: Vec<Identity>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Application {
    name: String,
    client_id: String,
    uris: Vec<String>,
    token_version: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Identity {
    name: String,
    kind: String,
    client_id: String,
    object_id: Option<String>,
}

impl Issuer {
    /// Finds an issuer by the address that `greenlight serve` prints. `ca` is the certificate of its authority, without which it must
    /// be one that this machine trusts.
    pub async fn connect(control: &str, ca: Option<&str>) -> Result<Self, IssuerError> {
        #[derive(Deserialize)]
        struct Status {
            authority: Option<String>,
            #[serde(default)]
            beside: std::collections::HashMap<String, String>,
        }
        let trust = ca.map_or_else(Trust::default, |ca| Trust::Only(vec![ca.to_owned()]));
        let client = Client::new(&trust, &[], PATIENCE)?;
        let url = control.trim_end_matches('/').to_owned();
        let status: Status = read("its status", &client.get(&format!("{url}{CONTROL}status"), &[]).await?)?;
        let directory = read("its directory", &client.get(&format!("{url}{CONTROL}directory"), &[]).await?)?;
        let authority = status.authority.unwrap_or_else(|| url.clone());
        Ok(Self { url, authority, imds: status.beside.get("imds").cloned(), client, directory, stock: None })
    }

    /// For several runs, in one process and within a token's life: what was handed out or signed for one of them is there for the
    /// others, and so is the key of a stranger.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { stock: Some(Arc::new(Stock::shared())), ..self }
    }

    /// What its tokens are made of, if runs share it.
    pub(crate) fn stock(&self) -> Option<Arc<Stock>> {
        self.stock.clone()
    }

    /// Under which URL targets know it.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Who exists there.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The token that a caller is handed out: through the identity endpoint where the caller is a managed identity that is served
    /// there and the token is as the API is registered, as API Management would get it; else minted.
    pub(crate) async fn token(&self, ask: &Ask) -> Result<Token, IssuerError> {
        match (&self.imds, self.directory.served(ask)) {
            (Some(imds), Some((client_id, resource))) => self.identity_token(imds, client_id, resource).await,
            _ => self.minted(ask).await,
        }
    }

    async fn identity_token(&self, imds: &str, client_id: &str, resource: &str) -> Result<Token, IssuerError> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
        }
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let url = format!(
            "{imds}/metadata/identity/oauth2/token?api-version={IMDS_VERSION}&resource={}&client_id={}",
            encode(resource),
            encode(client_id)
        );
        let answer: Answer =
            read("a managed identity's token", &self.client.get(&url, &[("Metadata", "true")]).await?)?;
        Ok(Token::new(answer.access_token))
    }

    async fn minted(&self, ask: &Ask) -> Result<Token, IssuerError> {
        let version = match ask.version {
            None => TokenVersion::Settings,
            Some(VersionAsked::V1) => TokenVersion::V1,
            Some(VersionAsked::V2) => TokenVersion::V2,
        };
        // As long before and behind its time as Entra's tokens reach.
        let lifetime = match ask.apart {
            None | Some(0) => Lifetime::default(),
            Some(ahead) => Lifetime {
                issued_in: Some(ahead - BACKDATED),
                not_before_in: Some(ahead - BACKDATED),
                expires_in: Some(ahead + LIFETIME),
            },
        };
        let recipe = Recipe {
            lifetime,
            caller: ask.caller.clone(),
            audience: ask.audience.clone(),
            tenant: ask.tenant.clone(),
            version,
            ..Recipe::default()
        };
        self.mint(&recipe).await
    }

    /// The token of a recipe, forged by the issuer itself.
    pub async fn mint(&self, recipe: &Recipe) -> Result<Token, IssuerError> {
        #[derive(Deserialize)]
        struct Answer {
            token: String,
        }
        let answer: Answer = self.post("a token", "mint", &json!(recipe)).await?;
        Ok(Token::new(answer.token))
    }

    /// A signature by a tenant's key.
    pub(crate) async fn sign(
        &self,
        input: &[u8],
        algorithm: Algorithm,
        tenant: Option<&str>,
        kid: Option<&str>,
    ) -> Result<Vec<u8>, IssuerError> {
        #[derive(Deserialize)]
        struct Answer {
            signature: String,
        }
        let what = "a signature";
        let body = json!({
            "tenant": tenant.unwrap_or_else(|| self.directory.first_tenant()),
            "kid": kid,
            "algorithm": algorithm.name(),
            "input": BASE64_URL_SAFE_NO_PAD.encode(input),
        });
        let answer: Answer = match self.post(what, "sign", &body).await {
            // A connection that was kept open may have been closed in the meantime; to sign twice does no harm.
            Err(IssuerError::Wire(WireError::Reset { .. })) => self.post(what, "sign", &body).await?,
            answer => answer?,
        };
        let signature = BASE64_URL_SAFE_NO_PAD.decode(&answer.signature);
        signature.map_err(|error| IssuerError::Foreign { what, reason: error.to_string() })
    }

    /// A key by its id, as the issuer publishes it for a tenant, whose text differs from that for any tenant.
    pub(crate) async fn published(&self, tenant: &str, kid: &str) -> Result<Value, IssuerError> {
        #[derive(Deserialize)]
        struct Keys {
            keys: Vec<Value>,
        }
        let what = "its keys";
        let keys: Keys =
            read(what, &self.client.get(&format!("{}/{tenant}/discovery/v2.0/keys", self.url), &[]).await?)?;
        let missing = || IssuerError::Foreign { what, reason: "the token's key is not among them".to_owned() };
        keys.keys.into_iter().find(|key| key["kid"] == *kid).ok_or_else(missing)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        action: &str,
        body: &Value,
    ) -> Result<T, IssuerError> {
        read(what, &self.client.post_json(&format!("{}{CONTROL}{action}", self.url), body, &[]).await?)
    }
}

impl Directory {
    /// Whether a tenant has this name, id or domain.
    pub(crate) fn knows_tenant(&self, name: &str) -> bool {
        self.tenants.iter().any(|tenant| tenant.is(name))
    }

    /// Whether somebody has this name or client id.
    pub(crate) fn knows_caller(&self, caller: &str) -> bool {
        self.tenants.iter().flat_map(|tenant| &tenant.identities).any(|one| one.is(caller))
    }

    /// Whether an API has this name, client id or URI.
    pub(crate) fn knows_audience(&self, audience: &str) -> bool {
        self.tenants.iter().flat_map(|tenant| &tenant.applications).any(|one| one.is(audience))
    }

    /// The client id and the resource to ask the identity endpoint for, where it serves this.
    fn served<'a>(&'a self, ask: &'a Ask) -> Option<(&'a str, &'a str)> {
        if ask.apart.is_some() {
            return None;
        }
        // The identity endpoint is that of one tenant, the first.
        let tenant = self.tenants.first()?;
        if ask.tenant.as_ref().is_some_and(|asked| !tenant.is(asked)) {
            return None;
        }
        let identity = tenant.identities.iter().find(|one| one.is(&ask.caller) && one.kind != "service-principal")?;
        let audience = ask.audience.as_deref()?;
        let application = tenant.applications.iter().find(|one| one.is(audience))?;
        let registered = if application.token_version == 1 { VersionAsked::V1 } else { VersionAsked::V2 };
        if ask.version.is_some_and(|asked| asked != registered) {
            return None;
        }
        Some((&identity.client_id, if application.name == audience { &application.client_id } else { audience }))
    }

    /// The id of a tenant of this name, id or domain.
    pub(crate) fn tenant_id(&self, name: &str) -> Option<&str> {
        self.tenants.iter().find(|tenant| tenant.is(name)).map(|tenant| tenant.id.as_str())
    }

    /// Whether both are the same tenant; none is the first.
    pub(crate) fn is_same_tenant(&self, one: Option<&str>, other: Option<&str>) -> bool {
        let id = |name: Option<&str>| self.tenant_id(name.unwrap_or(self.first_tenant())).map(str::to_owned);
        one == other || id(one).is_some_and(|one| Some(one) == id(other))
    }

    /// Name, client id and object id of everybody.
    pub(crate) fn identities(&self) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
        let all = self.tenants.iter().flat_map(|tenant| &tenant.identities);
        all.map(|one| (one.name.as_str(), one.client_id.as_str(), one.object_id.as_deref()))
    }

    /// Name and client id of every API.
    pub(crate) fn applications(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.tenants.iter().flat_map(|tenant| &tenant.applications);
        all.map(|one| (one.name.as_str(), one.client_id.as_str()))
    }

    /// Every name, client id and URI of every API, and its client id.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (String, String)> {
        self.tenants.iter().flat_map(|tenant| &tenant.applications).flat_map(|one| {
            let own = [one.name.clone(), one.client_id.clone(), format!("api://{}", one.client_id)];
            own.into_iter().chain(one.uris.iter().cloned()).map(|alias| (alias, one.client_id.clone()))
        })
    }

    pub(crate) fn first_tenant(&self) -> &str {
        self.tenants.first().map_or("", |tenant| tenant.id.as_str())
    }
}

impl Tenant {
    fn is(&self, name: &str) -> bool {
        self.name == name || self.id == name || self.domain.as_deref() == Some(name)
    }
}

impl Application {
    fn is(&self, audience: &str) -> bool {
        let own = audience.strip_prefix("api://") == Some(&self.client_id);
        own || self.name == audience || self.client_id == audience || self.uris.iter().any(|uri| uri == audience)
    }
}

impl Identity {
    fn is(&self, caller: &str) -> bool {
        self.name == caller || self.client_id == caller
    }
}

impl From<Version> for VersionAsked {
    fn from(version: Version) -> Self {
        match version {
            Version::V1 => Self::V1,
            Version::V2 => Self::V2,
        }
    }
}

fn read<T: DeserializeOwned>(what: &'static str, answer: &Fetched) -> Result<T, IssuerError> {
    if answer.status != 200 {
        return Err(IssuerError::Refused { what, status: answer.status, said: said(&answer.body) });
    }
    serde_json::from_slice(&answer.body).map_err(|error| IssuerError::Foreign { what, reason: error.to_string() })
}

/// Why the issuer refused, in its words, as its endpoints write them.
fn said(body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let told = ["error_description", "error"].iter().find_map(|member| json[member].as_str());
    told.map_or_else(|| String::from_utf8_lossy(body), Into::into).chars().take(300).collect()
}
