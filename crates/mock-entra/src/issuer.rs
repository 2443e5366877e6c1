//! The issuer: what it knows, and which path is answered by what.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::json;
use serve::{Faults, Journal, Request, Response, Service, respond};
use token::{Names, SigningKey, UnixTime, Version};
use tokio::sync::{OnceCell, SetOnce};
use uuid::Uuid;

use crate::directory::{Directory, Tenant};
use crate::form::Form;
use crate::keys::{Keys, KeysError, Ring, generate, jwks};
use crate::metadata::{ANY_TENANT, Realm};
use crate::{OAuthError, Secret, control, metadata, token_endpoint};

/// So many discovery documents are kept; there is one for each tenant, version and address that clients use.
const KEPT_DOCUMENTS: usize = 1024;

/// The issuer behind the listeners, and in the same process without them.
pub struct Issuer {
    directory: Directory,
    keys: Arc<Keys>,
    /// Known once the listeners are bound.
    place: SetOnce<Place>,
    documents: RwLock<HashMap<String, Bytes>>,
    stranger: OnceCell<SigningKey>,
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
    pub(crate) fn new(directory: Directory, control_token: Option<Secret>) -> Self {
        Self {
            keys: Arc::new(Keys::new(directory.tenants().len())),
            directory,
            place: SetOnce::new(),
            documents: RwLock::default(),
            stranger: OnceCell::new(),
            beside: RwLock::default(),
            journal: Arc::default(),
            faults: Arc::default(),
            control_token,
        }
    }

    /// Who exists here.
    pub fn directory(&self) -> &Directory {
        &self.directory
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

    pub(crate) fn settle(&self, place: Place) {
        // It is settled once, by whoever bound the listeners.
        let _ = self.place.set(place);
    }

    pub(crate) async fn place(&self) -> &Place {
        self.place.wait().await
    }

    /// A tenant's keys, once there are any.
    pub(crate) async fn ring(&self, tenant: &Tenant) -> Result<Arc<Ring>, OAuthError> {
        let position = self.directory.position(&tenant.id);
        let position = position.ok_or_else(|| OAuthError::unknown_tenant("invalid_request", &tenant.id))?;
        self.keys.ring(position).await.map_err(|error| OAuthError::broken(&error))
    }

    /// A key that is never published, made when it is first needed.
    pub(crate) async fn stranger(&self, now: UnixTime) -> Result<&SigningKey, KeysError> {
        self.stranger.get_or_try_init(|| generate(now)).await
    }

    async fn route(&self, request: &Request) -> Response {
        let path = request.path().trim_start_matches('/');
        let (segment, rest) = path.split_once('/').unwrap_or((path, ""));
        if segment == "_greenlight" {
            return control::respond(self, rest, request).await;
        }
        let version = match rest {
            "oauth2/token" => return token_endpoint::respond(self, segment, Version::V1, request).await,
            "oauth2/v2.0/token" => return token_endpoint::respond(self, segment, Version::V2, request).await,
            "v2.0/.well-known/openid-configuration" | "discovery/v2.0/keys" => Version::V2,
            ".well-known/openid-configuration" | "discovery/keys" => Version::V1,
            "discovery/instance" => return metadata_answer(self.instances(request).await, request),
            _ => return not_here(request),
        };
        if !matches!(request.method, Method::GET | Method::HEAD) {
            let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "metadata is read with GET\n");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
            return response;
        }
        let body = match self.realm(segment) {
            Err(error) => Err(error),
            Ok(realm) if rest.starts_with("discovery") => self.jwks(realm, version).await,
            Ok(realm) => Ok(self.document(realm, version, request).await),
        };
        metadata_answer(body, request)
    }

    fn realm<'a>(&'a self, segment: &'a str) -> Result<Realm<'a>, OAuthError> {
        if matches!(segment, "common" | "organizations") {
            return Ok(Realm { segment, tenant: ANY_TENANT });
        }
        let tenant = self.directory.tenant_of_path(segment);
        let tenant = tenant.ok_or_else(|| OAuthError::unknown_tenant("invalid_tenant", segment))?;
        Ok(Realm { segment: &tenant.id, tenant: &tenant.id })
    }

    /// A discovery document, written once for each address that clients come by.
    async fn document(&self, realm: Realm<'_>, version: Version, request: &Request) -> Bytes {
        let place = self.place().await;
        let base = place.base(request);
        let key = format!("{base}/{}/{version:?}", realm.segment);
        if let Some(document) = self.documents.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return document.clone();
        }
        let document = Bytes::from(metadata::document(&base, realm, &place.names, version).to_string());
        let mut documents = self.documents.write().unwrap_or_else(PoisonError::into_inner);
        if documents.len() >= KEPT_DOCUMENTS {
            documents.clear();
        }
        documents.insert(key, document.clone());
        document
    }

    /// The key set of a tenant, or of all of them for shared metadata.
    async fn jwks(&self, realm: Realm<'_>, version: Version) -> Result<Bytes, OAuthError> {
        let names = &self.place().await.names;
        let issuer = || names.issuer(realm.tenant, Version::V2);
        let Some(position) = self.directory.position(realm.tenant) else {
            let all = self.keys.all().await.map_err(|error| OAuthError::broken(&error))?;
            return Ok(jwks(&all, (version == Version::V2).then(issuer).as_deref()));
        };
        let ring = self.keys.ring(position).await.map_err(|error| OAuthError::broken(&error))?;
        Ok(if version == Version::V2 { ring.jwks_v2(issuer) } else { ring.jwks_v1() })
    }

    async fn instances(&self, request: &Request) -> Result<Bytes, OAuthError> {
        let form = Form::parse(request.query().unwrap_or_default().as_bytes()).ok_or_else(OAuthError::malformed)?;
        let endpoint = form.get("authorization_endpoint").ok_or_else(OAuthError::unknown_instance)?;
        let base = self.place().await.base(request);
        Ok(metadata::instances(&base, endpoint)?.to_string().into())
    }
}

impl Service for Issuer {
    async fn call(&self, request: Request) -> Response {
        self.route(&request).await
    }
}

fn metadata_answer(body: Result<Bytes, OAuthError>, request: &Request) -> Response {
    let mut response = match body {
        Ok(body) => answer(StatusCode::OK, body),
        Err(error) => failure(&error, request),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400, private"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// An answer with the headers that all of Entra's bear. `Strict-Transport-Security` is left out on purpose: a browser would
/// remember it for everything else on localhost.
pub(crate) fn answer(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = respond(status, "application/json; charset=utf-8", body);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("x-ms-ests-server"), HeaderValue::from_static("greenlight mock"));
    let mut buffer = Uuid::encode_buffer();
    if let Ok(id) = HeaderValue::from_str(Uuid::new_v4().hyphenated().encode_lower(&mut buffer)) {
        headers.insert(HeaderName::from_static("x-ms-request-id"), id);
    }
    response
}

/// The answer to a request that failed.
pub(crate) fn failure(error: &OAuthError, request: &Request) -> Response {
    answer(error.status, error.to_json(request.at, correlation_id(&request.headers)).to_string())
}

fn correlation_id(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get("client-request-id")?.to_str().ok()?;
    Uuid::try_parse(sent).is_ok().then_some(sent)
}

fn not_here(request: &Request) -> Response {
    let known = "discovery at /{tenant}/v2.0/.well-known/openid-configuration, keys at /{tenant}/discovery/v2.0/keys, tokens at \
                 /{tenant}/oauth2/v2.0/token, each also without /v2.0, and its control API at /_greenlight/status";
    let body = json!({"error": "not_found", "error_description": format!("nothing is at {}; this mock has {known}", request.path())});
    answer(StatusCode::NOT_FOUND, body.to_string())
}
