//! Which path is answered by what.

use std::sync::PoisonError;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use serve::{Request, Response, Service, respond};
use token::Version;

use crate::answer::{answer, failure};
use crate::form::Form;
use crate::issuer::Issuer;
use crate::keys::jwks;
use crate::metadata::{ANY_TENANT, Realm};
use crate::{OAuthError, control, metadata, token_endpoint};

/// So many discovery documents are kept; there is one for each tenant, version and address that clients use.
const KEPT_DOCUMENTS: usize = 1024;

impl Service for Issuer {
    async fn call(&self, request: Request) -> Response {
        self.route(&request).await
    }
}

impl Issuer {
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
        let tenant = self.directory().tenant_of_path(segment);
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
        let Some(position) = self.directory().position(realm.tenant) else {
            let all = self.keys().all().await.map_err(|error| OAuthError::broken(&error))?;
            return Ok(jwks(&all, (version == Version::V2).then(issuer).as_deref()));
        };
        let ring = self.keys().ring(position).await.map_err(|error| OAuthError::broken(&error))?;
        Ok(if version == Version::V2 { ring.jwks_v2(issuer) } else { ring.jwks_v1() })
    }

    async fn instances(&self, request: &Request) -> Result<Bytes, OAuthError> {
        let form = Form::parse(request.query().unwrap_or_default().as_bytes()).ok_or_else(OAuthError::malformed)?;
        let endpoint = form.get("authorization_endpoint").ok_or_else(OAuthError::unknown_instance)?;
        let base = self.place().await.base(request);
        Ok(metadata::instances(&base, endpoint)?.to_string().into())
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

fn not_here(request: &Request) -> Response {
    let known = "discovery at /{tenant}/v2.0/.well-known/openid-configuration, keys at /{tenant}/discovery/v2.0/keys, tokens at \
                 /{tenant}/oauth2/v2.0/token, each also without /v2.0, and its control API at /_greenlight/status";
    let body = json!({"error": "not_found", "error_description": format!("nothing is at {}; this mock has {known}", request.path())});
    answer(StatusCode::NOT_FOUND, body.to_string())
}
