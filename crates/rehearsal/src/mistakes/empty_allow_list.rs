use authsettings::NoList;
use serde_json::Value;

use super::Mistake;
use crate::plan::ALLOWED_APPLICATIONS;

pub(super) const MISTAKE: Mistake = Mistake {
    id: "empty-allow-list",
    what: "the list of allowed applications was left empty, on a platform that then lets in any",
    setting: "allowedApplications",
    plant: |plan| {
        plan.set(ALLOWED_APPLICATIONS, Value::Array(Vec::new()));
        plan.knobs.empty_applications = NoList::AnyApp;
    },
};
