use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::{AuthLevel, Call, Flow, Route, platform};

/// Asks for the key that the route needs: 401 without a body or a challenge where it is missing or opens too little.
///
/// An identity never stands in for a key, nor a key for an identity. Source: `FunctionInvocationMiddleware` and
/// `AuthenticationLevelHandler` of the Functions host.
pub fn host_key(call: &mut Call) -> Flow {
    let keys = &call.site.keys;
    let sent = sent_key(call);
    let level = sent.as_deref().map_or(AuthLevel::Anonymous, |key| keys.level(key));
    let refused = match &call.route {
        Some(Route::Function(at)) => {
            let needed = call.site.functions.get(*at).map_or(AuthLevel::Admin, |function| function.auth_level);
            (level < needed).then_some(401)
        }
        Some(Route::Webhook) => match sent.as_deref() {
            None => Some(401),
            Some(key) if keys.is_system(key) || level == AuthLevel::Admin => None,
            Some(_) => Some(403),
        },
        Some(Route::Admin) if is_ping(call) => None,
        Some(Route::Admin) | None => (level < AuthLevel::Admin).then_some(401),
    };
    refused.map_or(Flow::Continue(()), |status| Flow::Break(platform::empty(status)))
}

/// The key in the header `x-functions-key`, else in the query's first `code`.
pub fn sent_key(call: &Call) -> Option<Cow<'_, str>> {
    if let Some(key) = call.request.header("x-functions-key").filter(|key| !key.is_empty()) {
        return Some(key.into());
    }
    let code = call.request.query()?.split('&').find_map(|pair| pair.strip_prefix("code="))?;
    Some(percent_decode_str(code).decode_utf8_lossy())
}

/// Load balancers ask whether the host is alive; that needs no key.
fn is_ping(call: &Call) -> bool {
    call.path.eq_ignore_ascii_case("/admin/host/ping")
}
