//! The token endpoints, v1 and v2: client credentials in, token or error out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::json;
use serve::{Request, Response};
use token::Version;

use crate::answer::{answer, failure};
use crate::authenticate::{Authenticator, Presented};
use crate::directory::{Credentials, Identity, Tenant};
use crate::form::{Form, decode};
use crate::issue::Issued;
use crate::issuer::Issuer;
use crate::routes::is_shared;
use crate::{OAuthError, Secret};

const NEVER_STORED: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
    (header::EXPIRES, HeaderValue::from_static("-1")),
    (HeaderName::from_static("x-ms-clitelem"), HeaderValue::from_static("1,0,0,,")),
];

/// Answers a request to `/{segment}/oauth2/token` or `/{segment}/oauth2/v2.0/token`. The endpoint's version shapes the answer and
/// the parameters; the token's version is the resource's business.
pub(crate) async fn respond(issuer: &Issuer, segment: &str, endpoint: Version, request: &Request) -> Response {
    let mut response = match exchange(issuer, segment, endpoint, request).await {
        Ok(granted) => answer(http::StatusCode::OK, body(&granted, endpoint)),
        Err(error) => failure(&error, request),
    };
    response.headers_mut().extend(NEVER_STORED);
    if response.status() == http::StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

async fn exchange(issuer: &Issuer, segment: &str, endpoint: Version, request: &Request) -> Result<Issued, OAuthError> {
    if request.method != Method::POST {
        return Err(OAuthError::only_post(&request.method));
    }
    let form = Form::parse(&request.body).ok_or_else(OAuthError::malformed)?;
    if is_shared(segment) {
        return Err(OAuthError::shared_tenant());
    }
    let tenancy = issuer.tenants().of_path(segment);
    let tenancy = tenancy.ok_or_else(|| OAuthError::unknown_tenant("invalid_request", segment))?;
    match form.get("grant_type") {
        None => return Err(OAuthError::missing("grant_type")),
        Some("client_credentials") => {}
        Some(other) => return Err(OAuthError::unsupported_grant(other)),
    }
    let basic = basic(&request.headers);
    let client_id = form.get("client_id").or(basic.as_ref().map(|(id, _)| id.as_str()));
    let client_id = client_id.ok_or_else(|| OAuthError::missing("client_id"))?;
    let resource = resource(&form, endpoint)?;
    let presented = presented(&form, basic.as_ref()).ok_or_else(OAuthError::no_credential)?;
    let (identity, credentials) = client(&tenancy.tenant, client_id)?;

    let place = issuer.place().await;
    let authenticator = Authenticator {
        issuer,
        names: &place.names,
        base: &place.base(request),
        tenant: &tenancy.tenant,
        client_id,
        credentials,
        at: request.at,
    };
    let client_auth = authenticator.check(&presented).await?;
    issuer.grant(&tenancy, identity, resource, client_auth, request.at).await
}

/// The service principal with this client id. Managed identities have no registration that could be found.
fn client<'a>(tenant: &'a Tenant, client_id: &str) -> Result<(&'a Identity, &'a Credentials), OAuthError> {
    let found = tenant.identities.iter().find(|one| one.client_id.eq_ignore_ascii_case(client_id));
    let found = found.and_then(|identity| Some((identity, identity.credentials()?)));
    found.ok_or_else(|| OAuthError::unknown_client(client_id, &tenant.name))
}

/// The resource that is asked for: `scope` without `/.default` on v2, `resource` on v1.
fn resource<'a>(form: &'a Form<'_>, endpoint: Version) -> Result<&'a str, OAuthError> {
    if endpoint == Version::V1 {
        return form.get("resource").ok_or_else(|| OAuthError::missing("resource"));
    }
    if form.get("resource").is_some() {
        return Err(OAuthError::resource_on_v2());
    }
    let scope = form.get("scope").ok_or_else(|| OAuthError::missing("scope"))?;
    if scope.trim().contains(' ') {
        return Err(OAuthError::several_scopes(scope));
    }
    // Once only: `https://host//.default` asks for `https://host/`.
    scope.trim().strip_suffix("/.default").ok_or_else(|| OAuthError::scope_without_default(scope))
}

fn presented<'a>(form: &'a Form<'_>, basic: Option<&(String, Secret)>) -> Option<Presented<'a>> {
    if let Some(assertion) = form.get("client_assertion") {
        return Some(Presented::Assertion { kind: form.get("client_assertion_type"), assertion });
    }
    let posted = form.get("client_secret").map(Secret::new);
    posted.or_else(|| basic.map(|(_, secret)| secret.clone())).map(Presented::Secret)
}

/// Client id and secret of HTTP Basic authentication; both are form-encoded inside (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let (scheme, credentials) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((decode(id)?.into_owned(), Secret::new(decode(secret)?)))
}

/// v2 says its numbers as numbers, v1 as texts: SDKs depend on each.
fn body(issued: &Issued, endpoint: Version) -> Bytes {
    let body = match endpoint {
        Version::V2 => json!({
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
            "ext_expires_in": issued.expires_in,
            "access_token": issued.token.expose(),
        }),
        Version::V1 => json!({
            "token_type": "Bearer",
            "expires_in": issued.expires_in.to_string(),
            "ext_expires_in": issued.expires_in.to_string(),
            "expires_on": issued.expires_on.to_string(),
            "not_before": issued.not_before.to_string(),
            "resource": issued.resource,
            "access_token": issued.token.expose(),
        }),
    };
    body.to_string().into()
}
