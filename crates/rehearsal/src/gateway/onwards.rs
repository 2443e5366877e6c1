//! The request as it goes on to a backend, and the answer as it comes back.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serve::{Request, Response};
use wire::{Exchange, Origin, RequestBytes};

use super::{KEY_HEADER, KEY_PARAMETER};

/// Of one connection only (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
/// Said anew.
const SAID_ANEW: [&str; 4] = ["host", "content-length", "expect", "x-forwarded-for"];

/// The request with the backend's credential in place of the client's own header of that name, and without the subscription key.
pub(super) fn request(request: &Request, origin: &Origin, path: &str, credential: (&str, &str)) -> RequestBytes {
    let is_passed = |name: &str| {
        !HOP_BY_HOP.contains(&name)
            && !SAID_ANEW.contains(&name)
            && !name.eq_ignore_ascii_case(KEY_HEADER)
            && name != credential.0
    };
    let passed = request.headers.iter().filter(|(name, _)| is_passed(name.as_str()));
    let mut headers: Vec<(Vec<u8>, Vec<u8>)> =
        passed.map(|(name, value)| (name.as_str().into(), value.as_bytes().into())).collect();

    let peer = request.peer.ip().to_canonical().to_string();
    let before = request.headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    let forwarded_for = before.chain([peer.as_bytes()]).collect::<Vec<_>>().join(b", ".as_slice());
    headers.push((b"x-forwarded-for".into(), forwarded_for));
    headers.push((credential.0.into(), credential.1.into()));
    let target = format!("{path}{}", query(request.query()));
    RequestBytes::ordinary(request.method.as_str(), origin, target, headers, request.body.to_vec())
}

/// The answer as the backend gave it; none where it broke off or cannot be passed on.
pub(super) fn response(exchange: Exchange) -> Option<Response> {
    if exchange.truncated {
        return None;
    }
    let mut response = Response::new(exchange.body.into());
    *response.status_mut() = StatusCode::from_u16(exchange.status).ok().filter(|status| *status != 101)?;
    for (name, value) in exchange.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if !HOP_BY_HOP.contains(&name.as_str()) && name != header::CONTENT_LENGTH {
            response.headers_mut().append(name, HeaderValue::from_bytes(&value).ok()?);
        }
    }
    Some(response)
}

/// A parameter of a query, as it stands there.
pub(super) fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    pairs(query).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The query without the subscription key, to the byte.
fn query(query: Option<&str>) -> String {
    let is_key = |part: &&str| part.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case(KEY_PARAMETER));
    let Some(query) = query else { return String::new() };
    let kept: Vec<&str> = query.split('&').filter(|part| !is_key(part)).collect();
    if kept.is_empty() && !query.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query.unwrap_or_default().split('&').map(|part| part.split_once('=').unwrap_or((part, "")))
}
