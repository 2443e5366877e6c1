use super::Mistake;
use crate::GatewayPolicy;
use crate::plan::OTHER_API;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "wrong-resource",
    what: "the gateway's policy asks a token for another API",
    setting: "resource",
    plant: |plan| {
        plan.policy = GatewayPolicy::identity(OTHER_API);
    },
};
