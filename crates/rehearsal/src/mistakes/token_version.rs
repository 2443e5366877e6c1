use authsettings::IssuerAcceptance;
use token::Version;

use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "token-version",
    what: "the registration was left at v1 tokens, the settings name the v2 issuer, and the platform takes the issuer to the letter",
    setting: "requestedAccessTokenVersion",
    plant: |plan| {
        plan.application().version = Version::V1;
        plan.knobs.issuer_acceptance = IssuerAcceptance::StrictMetadata;
    },
};
