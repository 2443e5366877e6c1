use super::Mistake;
use crate::GatewayPolicy;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "gateway-other-identity",
    what: "the policy names a user-assigned identity, and the settings list the system-assigned one",
    setting: "client-id",
    plant: |plan| {
        let client_id = Some(plan.identity("reporting").client_id.clone());
        let resource = plan.application().client_id.clone();
        plan.policy = GatewayPolicy::Identity { resource, client_id };
    },
};
