use authsettings::OsProfile;
use http::header::{HeaderValue, SERVER};

use crate::{Call, Flow};

/// Says which server answered: on Linux always Kestrel, whichever layer the answer is from. A host that runs elsewhere says so
/// itself.
pub fn answer(call: &mut Call) -> Flow {
    if !call.forwarded && call.site.settings.knobs.os_profile == OsProfile::Linux {
        call.response.headers_mut().insert(SERVER, HeaderValue::from_static("Kestrel"));
    }
    Flow::Continue(())
}
