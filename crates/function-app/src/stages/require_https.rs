use authsettings::Answer;

use crate::{Call, Flow, platform};

/// Sends plain HTTP to HTTPS where `requireHttps` says so, before anything is read from the request.
///
/// Whether a request is plain is known from its connection; what a client says in `X-Forwarded-Proto` does not count.
pub fn require_https(call: &mut Call) -> Flow {
    match call.ask_beforehand() {
        Some(Answer::Redirect { status, location }) => {
            Flow::Break(platform::redirect(call.site.settings.knobs.os_profile, status, &location))
        }
        _ => Flow::Continue(()),
    }
}
