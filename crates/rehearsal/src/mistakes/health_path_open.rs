use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "health-path-open",
    what: "the path that health probes ask is excluded from authentication, and it is the function's own",
    setting: "excludedPaths",
    plant: |plan| {
        plan.set("globalValidation.excludedPaths", vec!["/api/orders"]);
    },
};
