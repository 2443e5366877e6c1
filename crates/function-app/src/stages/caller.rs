use authsettings::Claim;

use crate::{Call, Flow, Jws};

/// Reads who calls: client, object id, tenant and groups.
pub fn caller(call: &mut Call) -> Flow {
    if let Some(token) = &call.token {
        let text = |name: &str| token.claim_text(name).map_or(Claim::Absent, |text| Claim::Is(text.to_owned()));
        call.facts.client = client(token).map_or(Claim::Absent, |client| Claim::Is(client.to_owned()));
        call.facts.object = text("oid");
        // A tenant may be left out; something else in its place is the id of none.
        let tenant = token.payload.get("tid").map(|tenant| tenant.as_str().unwrap_or_default());
        call.facts.tenant = tenant.map_or(Claim::Absent, |tenant| Claim::Is(tenant.to_owned()));
        call.facts.groups = token.claim_texts("groups").map_or(Claim::Absent, Claim::Is);
    }
    Flow::Continue(())
}

/// The claim that names the client in tokens of this version; a token that does not say which it is may use either.
fn client(token: &Jws) -> Option<&str> {
    match token.claim_text("ver") {
        Some("1.0") => token.claim_text("appid"),
        Some("2.0") => token.claim_text("azp"),
        _ => token.claim_text("azp").or_else(|| token.claim_text("appid")),
    }
}
