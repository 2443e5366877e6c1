//! How the platform's own answers look.
//!
//! Source: published captures of App Service on Linux and Windows.

use authsettings::OsProfile;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serve::Response;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-middleware-request-id");
const SENTENCE: &str = "You do not have permission to view this directory or page.";

/// An answer without a body.
pub fn empty(status: u16) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// A refusal: without a body on Linux, with one sentence on Windows.
pub fn refusal(profile: OsProfile, status: u16, challenge: Option<&str>) -> Response {
    let mut response = match profile {
        OsProfile::Linux => stamped(empty(status)),
        OsProfile::Windows => {
            let mut response = empty(status);
            *response.body_mut() = Bytes::from_static(SENTENCE.as_bytes());
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            response
        }
    };
    insert(response.headers_mut(), WWW_AUTHENTICATE, challenge);
    response
}

/// A redirect.
pub fn redirect(profile: OsProfile, status: u16, location: &str) -> Response {
    let mut response = empty(status);
    if profile == OsProfile::Linux {
        response = stamped(response);
    }
    insert(response.headers_mut(), LOCATION, Some(location));
    response
}

fn stamped(mut response: Response) -> Response {
    insert(response.headers_mut(), REQUEST_ID, Some(&Uuid::new_v4().to_string()));
    response
}

/// Text that cannot stand in a header is left out.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
        headers.insert(name, value);
    }
}
