use super::Mistake;
use crate::plan::ALLOWED_APPLICATIONS;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "allow-list-object-id",
    what: "the list of allowed applications holds the object id of the gateway's identity in place of its client id",
    setting: "allowedApplications",
    plant: |plan| {
        let object_id = plan.gateway_identity().object_id.clone();
        plan.set(ALLOWED_APPLICATIONS, vec![object_id]);
    },
};
