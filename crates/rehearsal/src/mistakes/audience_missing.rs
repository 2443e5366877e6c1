use token::Version;

use super::Mistake;
use crate::GatewayPolicy;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "audience-missing",
    what: "the gateway asks a token for the App ID URI, the registration issues v1 tokens whose audience that is, and the list of audiences has only the client id",
    setting: "allowedAudiences",
    plant: |plan| {
        plan.application().version = Version::V1;
        plan.policy = GatewayPolicy::identity("api://orders");
    },
};
