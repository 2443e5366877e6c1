//! Which path is answered by what.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use serve::{Request, Response, Service, respond};
use token::Version;

use crate::answer::{answer, failure};
use crate::form::Form;
use crate::issuer::Issuer;
use crate::metadata::{ANY_TENANT, Realm};
use crate::ring::jwks;
use crate::tenants::{Fetches, Tenancy};
use crate::{OAuthError, control, metadata, token_endpoint};

/// So many discovery documents are kept; there is one for each tenant, version and address that clients use.
const KEPT_DOCUMENTS: usize = 1024;

impl Service for Issuer {
    async fn call(&self, request: Request) -> Response {
        self.route(&request).await
    }

    /// Counts what is fetched, here and not where it is answered: what faults keep from being answered counts too.
    fn arrived(&self, request: &Request) {
        let (segment, rest) = split(request.path());
        let Some((_, what)) = metadata_of(rest) else { return };
        let count = |fetches: &Fetches| match what {
            Metadata::Discovery => fetches.discovery.count(),
            Metadata::Jwks => fetches.jwks.count(),
        };
        if is_shared(segment) {
            count(&self.shared_fetches);
        } else if let Some(tenancy) = self.tenants().of_path(segment) {
            count(&tenancy.fetches);
        }
    }
}

/// What a client reads to validate tokens.
#[derive(Clone, Copy)]
enum Metadata {
    Discovery,
    Jwks,
}

/// The metadata at a path below a tenant.
fn metadata_of(rest: &str) -> Option<(Version, Metadata)> {
    match rest {
        "v2.0/.well-known/openid-configuration" => Some((Version::V2, Metadata::Discovery)),
        ".well-known/openid-configuration" => Some((Version::V1, Metadata::Discovery)),
        "discovery/v2.0/keys" => Some((Version::V2, Metadata::Jwks)),
        "discovery/keys" => Some((Version::V1, Metadata::Jwks)),
        _ => None,
    }
}

/// A path's first segment, which names the tenant, and the rest.
fn split(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_once('/').unwrap_or((path, ""))
}

impl Issuer {
    async fn route(&self, request: &Request) -> Response {
        let (segment, rest) = split(request.path());
        if segment == "_greenlight" {
            return control::respond(self, rest, request).await;
        }
        match rest {
            "oauth2/token" => return token_endpoint::respond(self, segment, Version::V1, request).await,
            "oauth2/v2.0/token" => return token_endpoint::respond(self, segment, Version::V2, request).await,
            "discovery/instance" => return metadata_answer(self.instances(request).await, request),
            _ => {}
        }
        let Some((version, what)) = metadata_of(rest) else { return not_here(request) };
        if !matches!(request.method, Method::GET | Method::HEAD) {
            let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "metadata is read with GET\n");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
            return response;
        }
        let body = match (self.whose(segment), what) {
            (Err(error), _) => Err(error),
            (Ok(tenancy), Metadata::Jwks) => self.jwks(tenancy.as_deref(), version).await,
            (Ok(tenancy), Metadata::Discovery) => {
                Ok(self.document(Realm::of(tenancy.as_deref(), segment), version, request).await)
            }
        };
        metadata_answer(body, request)
    }

    /// Whose metadata is asked for; none for that which all tenants share.
    fn whose(&self, segment: &str) -> Result<Option<Arc<Tenancy>>, OAuthError> {
        if is_shared(segment) {
            return Ok(None);
        }
        let tenancy = self.tenants().of_path(segment);
        tenancy.map(Some).ok_or_else(|| OAuthError::unknown_tenant("invalid_tenant", segment))
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
    async fn jwks(&self, tenancy: Option<&Tenancy>, version: Version) -> Result<Bytes, OAuthError> {
        let names = &self.place().await.names;
        let Some(tenancy) = tenancy else {
            let all = self.keys().all(&self.tenants().all()).await.map_err(|error| OAuthError::broken(&error))?;
            return Ok(jwks(&all, (version == Version::V2).then(|| names.issuer(ANY_TENANT, version)).as_deref()));
        };
        let ring = self.ring(tenancy).await?;
        Ok(match version {
            Version::V1 => ring.jwks_v1(),
            Version::V2 => ring.jwks_v2(|| names.issuer(&tenancy.tenant.id, version)),
        })
    }

    async fn instances(&self, request: &Request) -> Result<Bytes, OAuthError> {
        let form = Form::parse(request.query().unwrap_or_default().as_bytes()).ok_or_else(OAuthError::malformed)?;
        let endpoint = form.get("authorization_endpoint").ok_or_else(OAuthError::unknown_instance)?;
        let base = self.place().await.base(request);
        Ok(metadata::instances(&base, endpoint)?.to_string().into())
    }
}

/// Whether a path's first segment stands for all tenants.
pub(crate) fn is_shared(segment: &str) -> bool {
    matches!(segment, "common" | "organizations")
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

fn not_here(request: &Request) -> Response {
    let known = "discovery at /{tenant}/v2.0/.well-known/openid-configuration, keys at /{tenant}/discovery/v2.0/keys, tokens at \
                 /{tenant}/oauth2/v2.0/token, each also without /v2.0, and its control API at /_greenlight/status";
    let body = json!({"error": "not_found", "error_description": format!("nothing is at {}; this mock has {known}", request.path())});
    answer(StatusCode::NOT_FOUND, body.to_string())
}
