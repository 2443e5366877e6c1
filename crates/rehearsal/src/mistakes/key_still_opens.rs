use function_app::AuthLevel;

use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "key-still-opens",
    what: "authentication allows anonymous requests because the function asks for a key, so the old key opens without a token",
    setting: "requireAuthentication",
    plant: |plan| {
        plan.set("globalValidation.requireAuthentication", false);
        plan.set("globalValidation.unauthenticatedClientAction", "AllowAnonymous");
        plan.auth_level = AuthLevel::Function;
    },
};
