//! What is set up for a rehearsal, before anything starts: the place where mistakes are planted.

use authsettings::{Knobs, Settings};
use diagnostics::{Diagnostic, Source};
use function_app::AuthLevel;
use mock_entra::{Application, Directory, Identity, Tenant};
use serde_json::{Value, json};

use crate::Mistake;

/// `allowedApplications`, as [`Plan::set`] wants it.
pub(crate) const ALLOWED_APPLICATIONS: &str =
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications";
/// `openIdIssuer`.
pub(crate) const ISSUER: &str = "identityProviders.azureActiveDirectory.registration.openIdIssuer";
/// Another API of the tenant (`billing`), by its client id.
pub(crate) const OTHER_API: &str = "22a7d8bb-3c4e-4d5f-9b60-7e8f9a0b1c2d";

/// The API under test and the gateway's identity, by their names in the directory.
const API: &str = "orders";
const GATEWAY: &str = "apim";

const DIRECTORY: &str = include_str!("../../../fixtures/directory.yaml");
const SETTINGS: &str = include_str!("../../../fixtures/migration-settings.json");

/// What is set up.
pub struct Plan {
    /// The new instance's authsettingsV2.
    settings: Value,
    tenants: Vec<Tenant>,
    /// How the new instance's platform is taken to behave where that is not certain.
    pub(crate) knobs: Knobs,
    /// Which key the new instance's function asks for.
    pub(crate) auth_level: AuthLevel,
    /// What the gateway's test revision does.
    pub(crate) policy: GatewayPolicy,
}

/// What the gateway's test revision does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayPolicy {
    /// It sends it to the new instance with a token of a managed identity.
    Identity {
        /// The API to ask the token for.
        resource: String,
        /// Whose token, by client id; none: the system-assigned identity's.
        client_id: Option<String>,
    },
    /// It sends it to the new instance with a function key.
    FunctionKey,
    /// It sends it to the old instance with its key, as the current revision does.
    OldInstance,
}

impl GatewayPolicy {
    /// A token for this API, of the system-assigned identity.
    pub(crate) fn identity(resource: &str) -> Self {
        Self::Identity { resource: resource.to_owned(), client_id: None }
    }
}

impl Plan {
    /// A migration that was done right: the settings and the directory that come along.
    ///
    /// # Errors
    /// What is wrong in those.
    pub fn sound() -> Result<Self, Vec<Diagnostic>> {
        let (directory, diagnostics) = Directory::read(&Source::new("directory.yaml", DIRECTORY));
        let directory = directory.ok_or(diagnostics)?;
        // What cannot be read here is told when the settings are read as settings.
        let settings = serde_json::from_str(SETTINGS).unwrap_or(Value::Null);
        let mut plan = Self {
            settings,
            tenants: directory.tenants().to_vec(),
            knobs: Knobs::default(),
            auth_level: AuthLevel::Anonymous,
            policy: GatewayPolicy::FunctionKey,
        };
        plan.policy = GatewayPolicy::identity(&plan.application().client_id.clone());
        Ok(plan)
    }

    /// The same with a mistake in it.
    #[must_use]
    pub fn with(mut self, mistake: &Mistake) -> Self {
        (mistake.plant)(&mut self);
        self
    }

    /// Who exists.
    pub(crate) fn directory(&self) -> Directory {
        Directory::new(self.tenants.clone())
    }

    /// How the new instance is protected.
    ///
    /// # Errors
    /// What is wrong in its authsettingsV2.
    pub(crate) fn settings(&self) -> Result<Settings, Vec<Diagnostic>> {
        let (settings, diagnostics) = authsettings::read(&Source::new("authsettings.json", self.settings.to_string()));
        settings.map(|settings| Settings { knobs: self.knobs.clone(), ..settings }).ok_or(diagnostics)
    }

    /// How the old instance is not protected.
    ///
    /// # Errors
    /// None that anybody could make; as [`Plan::settings`].
    pub(crate) fn old_settings() -> Result<Settings, Vec<Diagnostic>> {
        let off = json!({ "properties": { "platform": { "enabled": false } } });
        let (settings, diagnostics) = authsettings::read(&Source::new("authsettings.json", off.to_string()));
        settings.ok_or(diagnostics)
    }

    /// Writes a setting of the new instance, by its place below `properties`.
    pub(crate) fn set(&mut self, place: &str, value: impl Into<Value>) {
        *place.split('.').fold(&mut self.settings["properties"], |object, member| &mut object[member]) = value.into();
    }

    /// Leaves a setting of the new instance out.
    pub(crate) fn remove(&mut self, place: &str) {
        let (parents, member) = place.rsplit_once('.').unwrap_or(("", place));
        let object = parents.split('.').fold(&mut self.settings["properties"], |object, member| &mut object[member]);
        if let Some(object) = object.as_object_mut() {
            object.shift_remove(member);
        }
    }

    /// The tenant of the API.
    pub(crate) fn tenant(&mut self) -> &mut Tenant {
        self.tenants.first_mut().expect("the directory that comes along has tenants")
    }

    /// A tenant that has nothing to do with it.
    pub(crate) fn other_tenant(&self) -> &Tenant {
        self.tenants.last().expect("the directory that comes along has tenants")
    }

    /// The registration of the API.
    pub(crate) fn application(&mut self) -> &mut Application {
        let mut applications = self.tenant().applications.iter_mut();
        applications.find(|one| one.name == API).expect("the directory that comes along has the API")
    }

    /// The gateway's identity.
    pub(crate) fn gateway_identity(&mut self) -> &mut Identity {
        self.identity(GATEWAY)
    }

    /// An identity by its name.
    pub(crate) fn identity(&mut self, name: &str) -> &mut Identity {
        let mut identities = self.tenant().identities.iter_mut();
        identities.find(|one| one.name == name).expect("the directory that comes along has the identity")
    }
}
