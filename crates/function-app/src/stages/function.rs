use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use serve::{Response, respond};

use crate::principal::is_identity_header;
use crate::{Call, Flow, FunctionSpec, MARKER, Route, platform};

/// Answers: the function with its marker and the principal it was given, the host's own API with as little as it can.
pub fn function(call: &mut Call) -> Flow {
    let function = match call.route {
        Some(Route::Function(at)) => call.site.functions.get(at),
        _ => None,
    };
    Flow::Break(match (function, call.path.to_ascii_lowercase().as_str()) {
        (Some(function), _) => answer(function, call),
        (None, "/admin/host/ping") => platform::empty(200),
        (None, "/admin/host/status") => respond(StatusCode::OK, "application/json", r#"{"state":"Running"}"#),
        (None, _) => platform::empty(404),
    })
}

/// Shows the identity headers as they arrived: what the platform let through can be seen in the answer.
fn answer(function: &FunctionSpec, call: &Call) -> Response {
    let header = |name: &str| call.request.header(name);
    let received: Map<String, Value> = call
        .request
        .headers
        .iter()
        .filter(|(name, _)| is_identity_header(name.as_str()))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let principal = ["x-ms-client-principal", "x-ms-client-principal-id"].iter().any(|name| header(name).is_some());
    let principal = principal.then(|| {
        json!({
            "id": header("x-ms-client-principal-id"),
            "name": header("x-ms-client-principal-name"),
            "idp": header("x-ms-client-principal-idp"),
        })
    });
    let body = json!({ "function": function.name, "principal": principal, "identity_headers": received });
    let mut response = respond(StatusCode::OK, "application/json; charset=utf-8", body.to_string());
    if let Ok(marker) = HeaderValue::from_str(&function.marker) {
        response.headers_mut().insert(MARKER, marker);
    }
    response
}
