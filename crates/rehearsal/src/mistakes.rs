//! What teams do wrong on the way from keys to Easy Auth, each to be planted into a plan.

mod absent_allow_list;
mod allow_anonymous;
mod allow_list_object_id;
mod assignment_required;
mod audience_missing;
mod empty_allow_list;
mod empty_allow_list_denies;
mod excluded_path_too_wide;
mod function_still_asks_key;
mod gateway_other_identity;
mod gateway_still_at_old;
mod gateway_still_sends_key;
mod health_path_open;
mod issuer_version;
mod key_still_opens;
mod platform_disabled;
mod redirect_to_login;
mod token_version;
mod wrong_client_id;
mod wrong_resource;
mod wrong_tenant;

use crate::Plan;

/// Something that a team did, and did not mean to do.
pub struct Mistake {
    /// Its name.
    pub id: &'static str,
    /// What was done, in a sentence without a full stop.
    pub what: &'static str,
    /// The setting that has to be changed, by the name that it has where it is set; whoever finds the mistake should name it.
    pub setting: &'static str,
    pub(crate) plant: fn(&mut Plan),
}

/// All of them, by name.
pub const MISTAKES: [Mistake; 21] = [
    absent_allow_list::MISTAKE,
    allow_anonymous::MISTAKE,
    allow_list_object_id::MISTAKE,
    assignment_required::MISTAKE,
    audience_missing::MISTAKE,
    empty_allow_list::MISTAKE,
    empty_allow_list_denies::MISTAKE,
    excluded_path_too_wide::MISTAKE,
    function_still_asks_key::MISTAKE,
    gateway_other_identity::MISTAKE,
    gateway_still_at_old::MISTAKE,
    gateway_still_sends_key::MISTAKE,
    health_path_open::MISTAKE,
    issuer_version::MISTAKE,
    key_still_opens::MISTAKE,
    platform_disabled::MISTAKE,
    redirect_to_login::MISTAKE,
    token_version::MISTAKE,
    wrong_client_id::MISTAKE,
    wrong_resource::MISTAKE,
    wrong_tenant::MISTAKE,
];

/// A mistake by its name.
pub fn mistake(id: &str) -> Option<&'static Mistake> {
    MISTAKES.iter().find(|one| one.id == id)
}
