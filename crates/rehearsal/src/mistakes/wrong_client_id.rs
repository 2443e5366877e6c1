use super::Mistake;
use crate::plan::OTHER_API;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "wrong-client-id",
    what: "the settings were copied from another app and name its registration",
    setting: "clientId",
    plant: |plan| {
        plan.set("identityProviders.azureActiveDirectory.registration.clientId", OTHER_API);
        plan.set("identityProviders.azureActiveDirectory.validation.allowedAudiences", vec![OTHER_API]);
    },
};
