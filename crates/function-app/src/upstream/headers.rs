//! Which headers go on to an upstream, and which come back.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serve::Request;

use crate::principal::is_identity_header;

/// Of one connection only (RFC 9110 section 7.6.1); trailers are not forwarded, so nothing announces them.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// Said anew. The body is whole by now, so that nobody has to invite it.
const SAID_ANEW: [&str; 6] =
    ["host", "content-length", "expect", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

/// A header as it is written.
type Line = (Vec<u8>, Vec<u8>);

/// The headers of a request as they go on.
///
/// `Host` is the one that the client asked for, as on App Service. `X-Forwarded-For` has the client's address behind whatever it
/// had before; `-Proto` and `-Host` say what was asked of the platform, whatever the client wrote there.
pub(super) fn onwards(request: &Request) -> Vec<Line> {
    let headers = &request.headers;
    let dropped = |name: &str| HOP_BY_HOP.contains(&name) || SAID_ANEW.contains(&name);
    // What the platform has injected is not the client's to take away.
    let named = |name: &str| !is_identity_header(name) && connection_names(headers, name);
    let passed = headers.iter().filter(|(name, _)| !dropped(name.as_str()) && !named(name.as_str()));

    let host = headers.get("host").map(HeaderValue::as_bytes).unwrap_or_default();
    let peer = request.peer.ip().to_canonical().to_string();
    let forwarded_for = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    let forwarded_for = forwarded_for.chain([peer.as_bytes()]).collect::<Vec<_>>().join(b", ".as_slice());
    let scheme: &[u8] = if request.https { b"https" } else { b"http" };

    let mut lines = vec![line("host", host)];
    lines.extend(passed.map(|(name, value)| line(name.as_str(), value.as_bytes())));
    lines.push(line("x-forwarded-for", &forwarded_for));
    lines.push(line("x-forwarded-proto", scheme));
    lines.push(line("x-forwarded-host", host));
    let announced = ["content-length", "transfer-encoding"].iter().any(|name| headers.contains_key(*name));
    if announced || !request.body.is_empty() {
        lines.push(line("content-length", request.body.len().to_string().as_bytes()));
    }
    lines
}

/// The headers of an answer as they go back. Of a body, only `HEAD` leaves the length to the header.
pub(super) fn back(answered: &[(String, Vec<u8>)], method: &Method) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in answered {
        let written = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value).ok());
        let (name, value) = written.ok_or_else(|| format!("its header {} is malformed", name.escape_debug()))?;
        headers.append(name, value);
    }
    let gone: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            HOP_BY_HOP.contains(&name.as_str())
                || connection_names(&headers, name.as_str())
                || (**name == http::header::CONTENT_LENGTH && method != Method::HEAD)
        })
        .cloned()
        .collect();
    for name in gone {
        headers.remove(name);
    }
    Ok(headers)
}

/// Whether a request asks to go on as a WebSocket. Any other protocol that a client offers may be passed over in silence
/// (RFC 9110 section 7.8).
pub(super) fn asks_for_web_socket(headers: &HeaderMap) -> bool {
    holds(headers, "upgrade", "websocket")
}

/// Whether `Connection` names this header as one of its connection only.
fn connection_names(headers: &HeaderMap, name: &str) -> bool {
    holds(headers, "connection", name)
}

/// Whether a list has a member. Members are compared without case.
fn holds(headers: &HeaderMap, list: &str, wanted: &str) -> bool {
    headers
        .get_all(list)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|member| member.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
}

fn line(name: &str, value: &[u8]) -> Line {
    (name.into(), value.into())
}
