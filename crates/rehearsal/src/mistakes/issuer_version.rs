use authsettings::IssuerAcceptance;

use super::Mistake;
use crate::plan::ISSUER;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "issuer-version",
    what: "the settings name the v1 issuer, the registration issues v2 tokens, and the platform takes the issuer to the letter",
    setting: "openIdIssuer",
    plant: |plan| {
        let issuer = format!("https://sts.windows.net/{}/", plan.tenant().id);
        plan.set(ISSUER, issuer);
        plan.knobs.issuer_acceptance = IssuerAcceptance::StrictMetadata;
    },
};
