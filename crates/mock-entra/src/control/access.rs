//! Who may use the control API.
//!
//! It can mint any token, so it is for this machine only: not for other machines, not for what a proxy forwards, not for web pages
//! that a browser on this machine has open. A configured token opens it to whoever presents that.

use http::{StatusCode, header};
use serve::Request;

use crate::Secret;

/// Headers that only a proxy or a browser adds.
const GIVEAWAYS: [&str; 6] = ["origin", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// Lets a request pass, or says why not and what to do.
pub(super) fn admit(request: &Request, token: Option<&Secret>) -> Result<(), (StatusCode, String)> {
    if let Some(presented) = bearer(request) {
        return match token {
            Some(token) if token.matches(presented) => Ok(()),
            Some(_) => {
                Err((StatusCode::UNAUTHORIZED, "the bearer token is not the configured control token".to_owned()))
            }
            None => Err((StatusCode::UNAUTHORIZED, "no control token is configured, so none can be right".to_owned())),
        };
    }
    let Some(reason) = suspicion(request) else { return Ok(()) };
    let message = format!(
        "the control API is for programs on the same machine, and this request {reason}; to allow it, configure a control token and \
         send it as `Authorization: Bearer ...`"
    );
    Err((StatusCode::FORBIDDEN, message))
}

fn suspicion(request: &Request) -> Option<String> {
    let peer = request.peer.ip().to_canonical();
    if !peer.is_loopback() {
        return Some(format!("came from {peer}"));
    }
    if let Some(name) = GIVEAWAYS.iter().find(|name| request.headers.contains_key(**name)) {
        return Some(format!("bears the header {name}"));
    }
    // A page of a host name that was made to point here would come with that name.
    let host = request.header("host").unwrap_or_default();
    (!is_local(host)).then(|| format!("is addressed to the host `{host}`"))
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
