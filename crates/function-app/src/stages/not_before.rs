use serde_json::Value;

use crate::{Call, Flow};

/// Compares `nbf` with the time of the request and the allowed skew, and with `exp`: a token that ends before it starts is
/// never valid. A missing `nbf` is fine (RFC 7519 section 4.1.5), one that is no whole number is not.
pub fn not_before(call: &mut Call) -> Flow {
    if let Some(token) = &call.token {
        let skew = call.site.settings.knobs.clock_skew_s;
        let expires = token.payload.get("exp").and_then(Value::as_i64);
        call.facts.premature = match token.payload.get("nbf").map(Value::as_i64) {
            None => false,
            Some(None) => true,
            Some(Some(starts)) => {
                starts > call.request.at.saturating_add(skew) || expires.is_some_and(|expires| expires < starts)
            }
        }
        .into();
    }
    Flow::Continue(())
}
