use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "allow-anonymous",
    what: "unauthenticated requests are allowed, as they were while the instance was tried out",
    setting: "unauthenticatedClientAction",
    plant: |plan| {
        plan.set("globalValidation.requireAuthentication", false);
        plan.set("globalValidation.unauthenticatedClientAction", "AllowAnonymous");
    },
};
