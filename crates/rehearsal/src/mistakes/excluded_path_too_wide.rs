use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "excluded-path-too-wide",
    what: "everything below /api is excluded from authentication, where the health endpoint alone was meant",
    setting: "excludedPaths",
    plant: |plan| {
        plan.set("globalValidation.excludedPaths", vec!["/api/*"]);
    },
};
