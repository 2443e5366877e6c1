use serde_json::Value;

use crate::{Call, Flow};

/// Compares `exp` with the time of the request, less the allowed skew. Entra writes whole seconds: an `exp` that is missing or
/// anything but a whole number of 64 bits is as good as past.
pub fn expiry(call: &mut Call) -> Flow {
    if let Some(token) = &call.token {
        let skew = call.site.settings.knobs.clock_skew_s;
        let expires = token.payload.get("exp").and_then(Value::as_i64);
        call.facts.expired = expires.is_none_or(|expires| expires.saturating_add(skew) < call.request.at).into();
    }
    Flow::Continue(())
}
