use super::Mistake;
use crate::plan::ISSUER;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "wrong-tenant",
    what: "the issuer in the settings is another tenant's",
    setting: "openIdIssuer",
    plant: |plan| {
        let tenant = plan.other_tenant().id.clone();
        plan.set(ISSUER, format!("https://login.microsoftonline.com/{tenant}/v2.0"));
    },
};
