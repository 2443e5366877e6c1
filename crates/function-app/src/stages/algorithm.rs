use authsettings::Fact;

use crate::{Call, Flow};

/// The only algorithm that Entra's metadata names (`id_token_signing_alg_values_supported`).
const ALLOWED: &str = "RS256";

/// Compares `alg` with what is allowed, to the letter (RFC 8725 section 3.1). Keys are not even fetched for another.
pub fn algorithm(call: &mut Call) -> Flow {
    if let Some(token) = &call.token
        && token.header_text("alg") != Some(ALLOWED)
    {
        call.facts.signed = Fact::No;
    }
    Flow::Continue(())
}
