use function_app::AuthLevel;

use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "function-still-asks-key",
    what: "the code was deployed unchanged, so the function asks for a key that the gateway does not send any more",
    setting: "authLevel",
    plant: |plan| {
        plan.auth_level = AuthLevel::Function;
    },
};
