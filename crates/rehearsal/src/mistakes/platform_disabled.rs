use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "platform-disabled",
    what: "authentication is configured and not switched on",
    setting: "platform.enabled",
    plant: |plan| {
        plan.set("platform.enabled", false);
    },
};
