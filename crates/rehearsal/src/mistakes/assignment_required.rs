use super::Mistake;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "assignment-required",
    what: "the registration demands that an app role is assigned, and the gateway's identity has none",
    setting: "appRoleAssignmentRequired",
    plant: |plan| {
        plan.application().assignment_required = true;
        let application = plan.application().client_id.clone();
        plan.gateway_identity().assignments.retain(|one| one.application != application);
    },
};
