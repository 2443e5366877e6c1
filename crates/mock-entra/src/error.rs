//! The errors that callers of Entra really meet: status, code and words.
//!
//! Texts after <https://learn.microsoft.com/entra/identity-platform/reference-error-codes> and recorded answers. Entra's own advice
//! is not to branch on numbers or words; tests of a caller's logs and messages need them all the same.

use std::fmt;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use token::UnixTime;
use uuid::Uuid;

/// An error of the token or metadata endpoints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("AADSTS{code}: {message}")]
pub struct OAuthError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The word of RFC 6749, e.g. `invalid_client`.
    pub error: &'static str,
    /// The number behind `AADSTS`.
    pub code: u32,
    /// The sentences behind the number.
    pub message: String,
}

impl OAuthError {
    /// The JSON of the answer. A correlation id is the client's own where it sent one.
    ///
    /// The description is one line, as Entra writes it since about 2024. Before, CR LF stood where the ids begin and between them;
    /// clients that were never tried against that cannot read it (`azure_identity` 1.0 for Rust).
    pub fn to_json(&self, at: UnixTime, correlation_id: Option<&str>) -> Value {
        let (trace, at) = (Uuid::new_v4().to_string(), timestamp(at));
        let correlation = correlation_id.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let ids = format!("Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}");
        json!({
            "error": self.error,
            "error_description": format!("{self} {ids}"),
            "error_codes": [self.code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        })
    }

    fn bad_request(error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, code, message: message.into() }
    }

    fn invalid_client(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", code, message: message.into() }
    }

    /// The token endpoint says `invalid_request`, discovery `invalid_tenant`.
    pub(crate) fn unknown_tenant(error: &'static str, tenant: &str) -> Self {
        let advice = "Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your \
                      subscription administrator, this may happen if there are no active subscriptions for the tenant.";
        Self::bad_request(error, 90_002, format!("Tenant '{tenant}' not found. {advice}"))
    }

    pub(crate) fn shared_tenant() -> Self {
        let message = "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or \
                       tenant-specific endpoint.";
        Self::bad_request("invalid_request", 9_001_023, message)
    }

    pub(crate) fn unknown_instance() -> Self {
        Self::bad_request("invalid_instance", 50_049, "Unknown or invalid instance.")
    }

    pub(crate) fn only_post(method: &http::Method) -> Self {
        let message = format!("The endpoint only accepts POST requests. Received a {method} request.");
        Self { status: StatusCode::METHOD_NOT_ALLOWED, ..Self::bad_request("invalid_request", 900_561, message) }
    }

    pub(crate) fn malformed() -> Self {
        Self::bad_request("invalid_request", 9_002_313, "Invalid request. Request is malformed or invalid.")
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        let message = format!("The request body must contain the following parameter: '{parameter}'.");
        Self::bad_request("invalid_request", 900_144, message)
    }

    pub(crate) fn unsupported_grant(grant: &str) -> Self {
        let message = format!("The app requested an unsupported grant type '{grant}'.");
        Self::bad_request("unsupported_grant_type", 70_003, message)
    }

    pub(crate) fn resource_on_v2() -> Self {
        Self::bad_request("invalid_request", 901_002, "The 'resource' request parameter isn't supported.")
    }

    pub(crate) fn scope_without_default(scope: &str) -> Self {
        let message = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default \
             suffixed to the resource identifier (application ID URI)."
        );
        Self::bad_request("invalid_scope", 1_002_012, message)
    }

    pub(crate) fn several_scopes(scope: &str) -> Self {
        let message =
            format!("The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid.");
        Self::bad_request("invalid_scope", 70_011, message)
    }

    pub(crate) fn unknown_client(client: &str, tenant: &str) -> Self {
        let message = format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. {NOT_INSTALLED} You may have sent \
             your authentication request to the wrong tenant."
        );
        Self::bad_request("unauthorized_client", 700_016, message)
    }

    pub(crate) fn unknown_resource(resource: &str, tenant: &str) -> Self {
        let message = format!(
            "The resource principal named {resource} was not found in the tenant named {tenant}. {NOT_INSTALLED} You might have \
             sent your authentication request to the wrong tenant."
        );
        Self::bad_request("invalid_resource", 500_011, message)
    }

    pub(crate) fn not_assigned(client: &str, name: &str, resource: &str, resource_name: &str) -> Self {
        let message = format!(
            "Application '{client}'({name}) is not assigned to a role for the application '{resource}'({resource_name})."
        );
        Self::bad_request("invalid_grant", 501_051, message)
    }

    pub(crate) fn no_credential() -> Self {
        let message =
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
        Self::invalid_client(7_000_216, message)
    }

    pub(crate) fn bad_secret(client: &str) -> Self {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
             secret ID, for a secret added to app '{client}'."
        );
        Self::invalid_client(7_000_215, message)
    }

    pub(crate) fn expired_secret(client: &str) -> Self {
        let message = format!(
            "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your \
             app, or consider using certificate credentials for added security."
        );
        Self::invalid_client(7_000_222, message)
    }

    pub(crate) fn unreadable_assertion(reason: &str) -> Self {
        Self::invalid_client(50_027, format!("JWT token is invalid or malformed. [Reason - {reason}]"))
    }

    pub(crate) fn unsigned_assertion(reason: &str) -> Self {
        let message = format!("Client assertion contains an invalid signature. [Reason - {reason}]");
        Self::invalid_client(700_027, message)
    }

    pub(crate) fn untimely_assertion(at: UnixTime, from: Option<f64>, until: Option<f64>) -> Self {
        let show = |time: Option<f64>| time.map_or_else(|| "(none)".to_owned(), instant);
        let message = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of \
             assertion {}. Review the documentation at \
             https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .",
            timestamp(at).replace(' ', "T"),
            show(from),
            show(until)
        );
        Self::invalid_client(700_024, message)
    }

    pub(crate) fn assertion_for_another_audience() -> Self {
        Self::invalid_client(700_023, "Client assertion audience claim does not match Realm issuer.")
    }

    pub(crate) fn assertion_of_another_client() -> Self {
        let message = "Client assertion application identifier doesn't match 'client_id' parameter.";
        Self::invalid_client(700_021, message)
    }

    /// No federated credential has this issuer (700211), audience (700212) or subject (700213).
    pub(crate) fn no_federated_record(code: u32, what: &str, value: &str) -> Self {
        let message = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated identity \
             credential Subject, Audience and Issuer against the presented assertion. \
             https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        );
        Self::invalid_client(code, message)
    }

    /// Not one of Entra's: the mock itself has failed.
    pub(crate) fn broken(reason: &dyn fmt::Display) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            code: 90_033,
            message: format!("the mock issuer has no keys: {reason}"),
        }
    }
}

const NOT_INSTALLED: &str = "This can happen if the application has not been installed by the administrator of the tenant or \
                             consented to by any user in the tenant.";

/// As Entra writes it: `2026-01-09 02:02:12Z`.
fn timestamp(at: UnixTime) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    format!("{date} {:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
}

#[expect(clippy::cast_possible_truncation, reason = "whole seconds are all that is shown, and the cast saturates")]
fn instant(seconds: f64) -> String {
    timestamp(seconds as i64).replace(' ', "T")
}
