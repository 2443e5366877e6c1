use super::Mistake;
use crate::GatewayPolicy;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "gateway-still-at-old",
    what: "the test revision was copied from the current one and still leads to the old instance with its key",
    setting: "set-backend-service",
    plant: |plan| {
        plan.policy = GatewayPolicy::OldInstance;
    },
};
