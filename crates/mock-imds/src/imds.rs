//! The Instance Metadata Service of a virtual machine: strict about headers, all strings in its answers.
//!
//! After <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token> and
//! `specification/imds` of azure-rest-api-specs.

use http::{HeaderValue, Method, StatusCode, header};
use mock_entra::{Issued, OAuthError};
use serde_json::{Value, json};
use serve::{Request, Response, respond};

use crate::endpoint::{Endpoints, correlation_id};
use crate::identities::{Selector, Unchosen};
use crate::query::Query;

/// How a request names one of several identities. `mi_res_id` is how App Service spells the third, and newer clients everywhere.
const SELECTORS: [(&str, Selector); 4] = [
    ("client_id", Selector::Client),
    ("object_id", Selector::Object),
    ("msi_res_id", Selector::Resource),
    ("mi_res_id", Selector::Resource),
];

/// A refusal: status and body.
pub(crate) type Refusal = (StatusCode, Value);

/// `/metadata/identity/oauth2/token`.
pub(crate) async fn token(endpoints: &Endpoints, request: &Request) -> Response {
    let result = match admit(request) {
        Ok(query) => issue(endpoints, request, &query).await,
        Err(refusal) => Err(refusal),
    };
    answer(result)
}

/// `/metadata/identity/info`: the tenant that the machine belongs to.
pub(crate) fn info(endpoints: &Endpoints, request: &Request) -> Response {
    answer(admit(request).map(|_| json!({"tenantId": endpoints.served.tenant_id})))
}

/// Everything else below `/metadata`. That the paths of its second version are among it tells clients to use the first version.
pub(crate) fn not_found() -> Response {
    answer(Err(refusal(StatusCode::NOT_FOUND, "not_found", "The requested resource does not exist")))
}

/// The guards against requests that a program was tricked into: a header that no redirect or form can set, and none that a proxy
/// adds.
pub(crate) fn admit(request: &Request) -> Result<Query, Refusal> {
    if request.method != Method::GET {
        let words = format!("Method {} is not allowed", request.method);
        return Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &words));
    }
    if request.header("metadata") != Some("true") {
        return Err(invalid("Required metadata header not specified"));
    }
    // That it is refused is documented; status and words are not.
    if request.headers.contains_key("x-forwarded-for") {
        return Err(invalid("Requests with an X-Forwarded-For header are not allowed"));
    }
    let query = Query::parse(request.query());
    // Undocumented for this endpoint, the words too.
    match query.get("api-version") {
        None => Err(invalid("Required query variable 'api-version' is missing")),
        Some(version) if !is_date(version) => Err(invalid("Query variable 'api-version' is not a supported version")),
        Some(_) => Ok(query),
    }
}

/// The token for an admitted request.
pub(crate) async fn issue(endpoints: &Endpoints, request: &Request, query: &Query) -> Result<Value, Refusal> {
    // The words are undocumented.
    let resource = query.get("resource").ok_or_else(|| invalid("Required query variable 'resource' is missing"))?;
    let served = &endpoints.served;
    let identity = match served.selected(query, &SELECTORS) {
        Ok(Some(selected)) => Ok(selected),
        Ok(None) => served.system_assigned().map_or_else(|| served.only(), Ok),
        Err(unchosen) => Err(unchosen),
    };
    let identity = identity.map_err(|unchosen| {
        invalid(match unchosen {
            // That they exclude each other is documented, the words are not.
            Unchosen::SeveralSelectors => "Only one of client_id, object_id and msi_res_id may be specified",
            Unchosen::NotFound => "Identity not found",
            Unchosen::Ambiguous => {
                "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token \
                 request"
            }
        })
    })?;
    let bypass = query.get("bypass_cache") == Some("true");
    let issued = endpoints.tokens.get(identity, resource, request.at, bypass).await;
    issued.map(|issued| body(&issued)).map_err(|error| failed(&error, request))
}

fn body(issued: &Issued) -> Value {
    json!({
        "access_token": issued.token.expose(),
        "client_id": issued.client_id,
        "expires_in": issued.expires_in.to_string(),
        "expires_on": issued.expires_on.to_string(),
        "ext_expires_in": issued.expires_in.to_string(),
        "not_before": issued.not_before.to_string(),
        "resource": issued.resource,
        "token_type": "Bearer",
    })
}

/// Entra's own refusal is passed on; where Entra fails, IMDS has words of its own.
fn failed(error: &OAuthError, request: &Request) -> Refusal {
    if error.status.is_server_error() {
        let words = "Failed to retrieve token from the Active directory. For details see logs of the mock issuer";
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "unknown", words);
    }
    (StatusCode::BAD_REQUEST, error.to_json(request.at, correlation_id(request)))
}

pub(crate) fn refusal(status: StatusCode, error: &str, description: &str) -> Refusal {
    (status, json!({"error": error, "error_description": description}))
}

fn invalid(description: &str) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// An answer as IMDS signs it; clients tell by the `Server` header that it is no proxy's.
pub(crate) fn answer(result: Result<Value, Refusal>) -> Response {
    let (status, body) = result.map_or_else(|refusal| refusal, |body| (StatusCode::OK, body));
    let mut response = respond(status, "application/json; charset=utf-8", body.to_string());
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("IMDS/150.870.65.1854"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

/// `2018-02-01` and its like. Which dates are versions changes every few months, so any date is one.
fn is_date(text: &str) -> bool {
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<_> = text.split('-').collect();
    matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}
