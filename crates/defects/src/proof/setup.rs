//! What an app is set up with, and what its tester knows of it.

use authsettings::{AuthorizationPolicy, Entra, Settings};
use scenario::Profile;

/// What an app is set up with, and what its tester knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) settings: Settings,
    pub(crate) profile: Profile,
}

impl Setup {
    /// The settings of the Entra provider.
    pub(crate) fn entra(&mut self) -> &mut Entra {
        self.settings.entra.get_or_insert_default()
    }

    /// The settings of who may call.
    pub(crate) fn policy(&mut self) -> &mut AuthorizationPolicy {
        self.entra().policy.get_or_insert_default()
    }

    /// The tenant's id.
    pub(crate) fn tenant(&self) -> String {
        self.profile.tenant.clone().unwrap_or_default()
    }
}
