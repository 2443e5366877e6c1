//! Who gave an answer, read from the answer alone.

use results::AnsweredBy;
use scenario::Marker;
use wire::Exchange;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribution {
    pub(crate) answered_by: AnsweredBy,
    pub(crate) function: Function,
}

/// What an answer shows of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    /// It answered.
    Answered,
    /// Something answered with success, but without the function's marker: neither the function's answer nor a refusal.
    Unmarked,
    /// Nothing.
    Silent,
}

impl Attribution {
    /// Nobody answered: the network.
    pub(crate) const NO_ANSWER: Self = Self { answered_by: AnsweredBy::Network, function: Function::Silent };
}

/// Attributes an answer. The function is known by its marker; where the profile names none, by any 2xx.
pub(crate) fn attribute(exchange: &Exchange, marker: Option<&Marker>) -> Attribution {
    let success = (200..300).contains(&exchange.status);
    let function = match marker {
        Some(marker) if bears(exchange, marker) => Function::Answered,
        Some(_) if success => Function::Unmarked,
        None if success => Function::Answered,
        _ => Function::Silent,
    };
    let answered_by = if function == Function::Answered { AnsweredBy::App } else { before_function(exchange) };
    Attribution { answered_by, function }
}

/// The values of a response header, one for each line of it; bytes that are no text are replaced.
pub(crate) fn header<'a>(exchange: &'a Exchange, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let name = name.to_owned();
    let lines = exchange.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(&name));
    lines.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}

fn bears(exchange: &Exchange, marker: &Marker) -> bool {
    header(exchange, &marker.header).any(|value| marker.value.as_ref().is_none_or(|wanted| *wanted == value))
}

/// Who answered before the function could, by what only that one writes.
fn before_function(exchange: &Exchange) -> AnsweredBy {
    if is_platform(exchange) {
        AnsweredBy::Platform
    } else if is_gateway(exchange) {
        AnsweredBy::Gateway
    } else if is_host(exchange) {
        AnsweredBy::Host
    } else {
        AnsweredBy::Unknown
    }
}

/// App Service Authentication numbers its answers on Linux and has one page for them on Windows; both challenge with a realm,
/// without a comma behind it, and send browsers to their login page.
fn is_platform(exchange: &Exchange) -> bool {
    let realm_alone = |challenge: &str| challenge.starts_with("Bearer realm=") && !challenge.contains(',');
    let login = |location: &str| location.to_ascii_lowercase().replace("%2f", "/").contains("/.auth/login/");
    header(exchange, "x-ms-middleware-request-id").next().is_some()
        || header(exchange, "www-authenticate").any(|challenge| realm_alone(&challenge))
        || header(exchange, "location").any(|location| login(&location))
        || exchange.body.starts_with(b"You do not have permission to view this directory")
}

/// API Management challenges for a subscription key, and writes its own errors in one form. The front end says which address it forbids, has a page for an app that it
/// does not let in, and speaks for one that does not answer.
fn is_gateway(exchange: &Exchange) -> bool {
    let page = |title: &str| exchange.body.windows(title.len()).any(|window| window == title.as_bytes());
    header(exchange, "www-authenticate").any(|challenge| challenge.starts_with("AzureApiManagementKey "))
        || header(exchange, "ocp-apim-trace-location").next().is_some()
        || exchange.body.starts_with(b"{ \"statusCode\": ")
        || header(exchange, "x-ms-forbidden-ip").next().is_some()
        || exchange.status == 403 && (page("Web App - Unavailable") || page("Error 403 - Forbidden"))
        || [502, 503, 504].contains(&exchange.status)
}

/// The Functions host refuses a missing key with 401, and nothing else.
fn is_host(exchange: &Exchange) -> bool {
    exchange.status == 401 && exchange.body.is_empty() && header(exchange, "www-authenticate").next().is_none()
}

#[cfg(test)]
pub(crate) mod tests;
