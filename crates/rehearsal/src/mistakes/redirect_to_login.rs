use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "redirect-to-login",
    what: "unauthenticated browsers are sent to a login page, where an API answers 401",
    setting: "unauthenticatedClientAction",
    plant: |plan| {
        plan.set("globalValidation.unauthenticatedClientAction", "RedirectToLoginPage");
    },
};
