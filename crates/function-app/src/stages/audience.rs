use authsettings::Claim;

use crate::{Call, Flow};

/// Reads `aud`: a text or a list of texts (RFC 7519 section 4.1.3). Anything else is no audience.
pub fn audience(call: &mut Call) -> Flow {
    if let Some(token) = &call.token {
        let audience = match token.claim_text("aud") {
            Some(one) => Some(vec![one.to_owned()]),
            None => token.claim_texts("aud"),
        };
        call.facts.audience = audience.map_or(Claim::Absent, Claim::Is);
    }
    Flow::Continue(())
}
