use authsettings::NoList;
use serde_json::Value;

use super::Mistake;
use crate::plan::ALLOWED_APPLICATIONS;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "empty-allow-list-denies",
    what: "the list of allowed applications was left empty, on a platform that then lets in none",
    setting: "allowedApplications",
    plant: |plan| {
        plan.set(ALLOWED_APPLICATIONS, Value::Array(Vec::new()));
        plan.knobs.empty_applications = NoList::DenyAll;
    },
};
