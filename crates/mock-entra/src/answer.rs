//! Answers as Entra writes them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serve::{Request, Response, respond};
use uuid::Uuid;

use crate::OAuthError;

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
