use authsettings::Fact;

use crate::{Call, Flow};

/// Verifies the signature over the very text that was sent.
pub fn signature(call: &mut Call) -> Flow {
    if let Some(token) = call.token.as_ref().filter(|_| call.facts.signed != Fact::No) {
        let verified = call.keys.iter().any(|key| key.verifies(&token.signed_text, &token.signature));
        call.facts.signed = verified.into();
    }
    Flow::Continue(())
}
