use super::Mistake;
use crate::GatewayPolicy;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "gateway-still-sends-key",
    what: "the policy of the test revision still sends a function key, and no token",
    setting: "authentication-managed-identity",
    plant: |plan| {
        plan.policy = GatewayPolicy::FunctionKey;
    },
};
