use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "absent-allow-list",
    what: "the settings were written without defaultAuthorizationPolicy, so any application of the tenant enters",
    setting: "defaultAuthorizationPolicy",
    plant: |plan| {
        plan.remove("identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy");
    },
};
