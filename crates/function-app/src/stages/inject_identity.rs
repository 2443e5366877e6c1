use authsettings::Identity;
use http::{HeaderName, HeaderValue};

use crate::principal::identity_headers;
use crate::{Call, Flow};

/// Puts the caller's identity into headers for the app. The token itself stays where it was.
pub fn inject_identity(call: &mut Call) -> Flow {
    if let (Some(Identity::Caller), Some(token)) = (call.identity, &call.token) {
        for (name, value) in identity_headers(&token.payload, call.site.settings.map_claims()) {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                call.request.headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    Flow::Continue(())
}
