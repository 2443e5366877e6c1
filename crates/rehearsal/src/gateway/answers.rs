//! What API Management answers itself.

use http::{HeaderValue, StatusCode, header};
use serve::{Response, respond};
use uuid::Uuid;

use super::KEY_HEADER;

const JSON: &str = "application/json";

/// No API, revision or operation is there.
pub(super) fn not_found() -> Response {
    envelope(StatusCode::NOT_FOUND, "Resource not found")
}

/// No subscription key was presented.
pub(super) fn missing_key(realm: &str) -> Response {
    let advice = "Make sure to include subscription key when making requests to an API.";
    challenge(realm, &format!("Access denied due to missing subscription key. {advice}"))
}

/// The presented subscription key is none.
pub(super) fn invalid_key(realm: &str) -> Response {
    let advice = "Make sure to provide a valid key for an active subscription.";
    challenge(realm, &format!("Access denied due to invalid subscription key. {advice}"))
}

/// A policy or the way to the backend failed.
pub(super) fn internal() -> Response {
    let activity = Uuid::new_v4();
    let body = format!(r#"{{ "statusCode": 500, "message": "Internal server error", "activityId": "{activity}" }}"#);
    respond(StatusCode::INTERNAL_SERVER_ERROR, JSON, body)
}

fn challenge(realm: &str, message: &str) -> Response {
    let mut response = envelope(StatusCode::UNAUTHORIZED, message);
    // A realm comes from the client's `Host`, which may hold what no header may.
    let realm = realm.replace(['"', '\\'], "");
    let challenge = format!(r#"AzureApiManagementKey realm="{realm}",name="{KEY_HEADER}",type="header""#);
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// To the blank as recorded: answers are told apart by it.
fn envelope(status: StatusCode, message: &str) -> Response {
    respond(status, JSON, format!(r#"{{ "statusCode": {}, "message": "{message}" }}"#, status.as_u16()))
}
