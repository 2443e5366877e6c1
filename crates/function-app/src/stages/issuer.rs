use authsettings::Claim;

use crate::{Call, Flow};

/// Reads `iss`. Which issuers are accepted is the settings' business.
pub fn issuer(call: &mut Call) -> Flow {
    if let Some(token) = &call.token {
        call.facts.issuer = token.claim_text("iss").map_or(Claim::Absent, |issuer| Claim::Is(issuer.to_owned()));
    }
    Flow::Continue(())
}
