//! The endpoint of App Service, Functions and Container Apps: 2019-08-01, and 2017-09-01 as it was before.
//!
//! After <https://learn.microsoft.com/azure/app-service/overview-managed-identity>. The errors are known from clients' tests and logs.

use http::{HeaderValue, Method, StatusCode, header};
use mock_entra::Issued;
use serde_json::{Value, json};
use serve::{Request, Response, respond};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::endpoint::{Endpoints, correlation_id};
use crate::identities::Selector;
use crate::query::Query;

/// Why there is no token: status and message.
type Refusal = (StatusCode, String);

/// The two versions of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// 2019-08-01.
    Current,
    /// 2017-09-01.
    Legacy,
}

/// `/msi/token`.
pub(crate) async fn token(endpoints: &Endpoints, request: &Request) -> Response {
    let (status, body) = match exchange(endpoints, request).await {
        Ok(body) => (StatusCode::OK, body),
        Err((status, message)) => {
            let id = correlation_id(request).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
            (status, json!({"statusCode": status.as_u16(), "message": message, "correlationId": id}))
        }
    };
    let mut response = respond(status, "application/json; charset=utf-8", body.to_string());
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

async fn exchange(endpoints: &Endpoints, request: &Request) -> Result<Value, Refusal> {
    let bad = |message: &str| (StatusCode::BAD_REQUEST, message.to_owned());
    if request.method != Method::GET {
        return Err((StatusCode::METHOD_NOT_ALLOWED, format!("The method {} is not allowed.", request.method)));
    }
    let query = Query::parse(request.query());
    let protocol = match query.get("api-version") {
        Some("2019-08-01") => Protocol::Current,
        Some("2017-09-01") => Protocol::Legacy,
        // The words are undocumented.
        other => return Err(bad(&format!("The api-version '{}' is not supported.", other.unwrap_or_default()))),
    };
    // Undocumented, status and words.
    let presented = request.header(protocol.header());
    if !presented.is_some_and(|presented| endpoints.identity_header.matches(presented)) {
        let message = format!("The header {} is missing or wrong.", protocol.header());
        return Err((StatusCode::UNAUTHORIZED, message));
    }
    let resource = query.get("resource").ok_or_else(|| bad("The parameter 'resource' is missing."))?;
    let none = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
    // Several selectors name no identity together; the words for that are undocumented.
    let selected = endpoints.served.selected(&query, protocol.selectors()).map_err(|_| bad(none))?;
    // Unlike IMDS, this endpoint never takes a user-assigned identity that was not asked for.
    let identity = selected.or_else(|| endpoints.served.system_assigned()).ok_or_else(|| bad(none))?;
    let issued = endpoints.tokens.get(identity, resource, request.at, false).await;
    // It tells nobody why Entra refused.
    let unexpected = "An unexpected error occured while fetching the AAD Token.";
    let issued = issued.map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, unexpected.to_owned()))?;
    Ok(protocol.body(&issued))
}

impl Protocol {
    fn header(self) -> &'static str {
        match self {
            Self::Current => "X-IDENTITY-HEADER",
            Self::Legacy => "secret",
        }
    }

    fn selectors(self) -> &'static [(&'static str, Selector)] {
        match self {
            Self::Current => &[
                ("client_id", Selector::Client),
                ("principal_id", Selector::Object),
                ("object_id", Selector::Object),
                ("mi_res_id", Selector::Resource),
            ],
            Self::Legacy => &[("clientid", Selector::Client)],
        }
    }

    fn body(self, issued: &Issued) -> Value {
        let token = issued.token.expose();
        match self {
            Self::Current => json!({
                "access_token": token,
                "expires_on": issued.expires_on.to_string(),
                "resource": issued.resource,
                "token_type": "Bearer",
                "client_id": issued.client_id,
                "not_before": issued.not_before.to_string(),
            }),
            Self::Legacy => json!({
                "access_token": token,
                "expires_on": legacy_date(issued.expires_on),
                "resource": issued.resource,
                "token_type": "Bearer",
            }),
        }
    }
}

/// `9/14/2017 12:05:09 PM +00:00`. Other forms were seen too; this is the documented one.
fn legacy_date(at: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, half) = match at.hour() {
        0 => (12, "AM"),
        hour @ 1..12 => (hour, "AM"),
        12 => (12, "PM"),
        hour => (hour - 12, "PM"),
    };
    let month = u8::from(at.month());
    format!("{month}/{}/{} {hour}:{:02}:{:02} {half} +00:00", at.day(), at.year(), at.minute(), at.second())
}
