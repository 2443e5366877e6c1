//! Who gave an answer, read from the answer alone.

use results::AnsweredBy;
use scenario::Marker;
use wire::Exchange;

use crate::judge::header;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribution {
    pub(crate) answered_by: AnsweredBy,
    /// Whether the function itself answered.
    pub(crate) function_answered: bool,
}

impl Attribution {
    /// Nobody did: the network.
    pub(crate) const NO_ANSWER: Self = Self { answered_by: AnsweredBy::Network, function_answered: false };
}

/// Attributes an answer.
///
/// The function is known by its marker. A 2xx counts as the function's answer too: without a marker there is nothing better, and
/// with one a success that lacks it still is no refusal.
pub(crate) fn attribute(exchange: &Exchange, marker: Option<&Marker>) -> Attribution {
    let marked = marker.is_some_and(|marker| bears(exchange, marker));
    let function_answered = marked || (200..300).contains(&exchange.status);
    let answered_by = if function_answered { AnsweredBy::App } else { refuser(exchange) };
    Attribution { answered_by, function_answered }
}

fn bears(exchange: &Exchange, marker: &Marker) -> bool {
    header(exchange, &marker.header).is_some_and(|value| marker.value.as_ref().is_none_or(|wanted| *wanted == value))
}

/// Who refused, by what only that one writes.
fn refuser(exchange: &Exchange) -> AnsweredBy {
    let has = |name| header(exchange, name).is_some();
    let challenged = header(exchange, "www-authenticate").is_some_and(|value| value.starts_with("Bearer realm="));
    // App Service Authentication numbers its answers and challenges with a realm; Windows answers 403 with a fixed page.
    if has("x-ms-middleware-request-id")
        || challenged
        || exchange.body.starts_with(b"You do not have permission to view this directory")
    {
        return AnsweredBy::Platform;
    }
    // API Management says which subscription or backend it minds; the front end says which address it forbids, or that nobody is behind it.
    if has("ocp-apim-trace-location") || has("x-ms-forbidden-ip") || [502, 503, 504].contains(&exchange.status) {
        return AnsweredBy::Gateway;
    }
    // The Functions host refuses a missing key with an empty 401 and no challenge.
    if exchange.status == 401 && exchange.body.is_empty() && !has("www-authenticate") {
        return AnsweredBy::Host;
    }
    AnsweredBy::Unknown
}
