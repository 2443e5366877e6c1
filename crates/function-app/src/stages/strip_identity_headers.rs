use http::HeaderName;

use crate::principal::is_identity_header;
use crate::{Call, Flow};

/// Takes away every identity header that the client sent, on every path: only the platform may set them.
///
/// Where authentication is off nobody takes them away, as on the real platform; an app that believes them is then open.
pub fn strip_identity_headers(call: &mut Call) -> Flow {
    if call.site.settings.enabled() {
        let headers = &mut call.request.headers;
        let sent: Vec<HeaderName> = headers.keys().filter(|name| is_identity_header(name.as_str())).cloned().collect();
        for name in sent {
            headers.remove(name);
        }
    }
    Flow::Continue(())
}
