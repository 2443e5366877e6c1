//! Everything of a rehearsal, running.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use authsettings::Settings;
use diagnostics::Diagnostic;
use function_app::{AppConfig, AuthLevel, Documents, FunctionApp, FunctionSpec, Keys};
use runner::{Mocks, MocksConfig, MocksError};
use serve::{ServeError, Server, ServerConfig, Tls, system_clock};
use token::Names;
use wire::{Client, Trust, WireError};

use crate::gateway::{Gateway, ManagedIdentity, Policy, Revision};
use crate::{GatewayPolicy, Plan};

/// Entra's public names, which an address map leads to the mock.
const ENTRA_HOSTS: [&str; 3] = ["login.microsoftonline.com", "sts.windows.net", "login.windows.net"];
/// How long an errand to the issuer may take; the first one may wait for a key that is being made.
const PATIENCE: Duration = Duration::from_secs(20);
/// The API's suffix at the gateway, and its test revision.
const SUFFIX: &str = "orders";
const TEST_REVISION: u32 = 2;
/// Where the function is, at every instance.
const FUNCTION: &str = "/api/orders";

/// Under which hosts the instances and the gateway are called; each must lead to this machine.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// The old instance.
    pub old: String,
    /// The new instance.
    pub new: String,
    /// The gateway.
    pub gateway: String,
}

impl Default for Hosts {
    /// `localhost` for all.
    fn default() -> Self {
        let local = || "localhost".to_owned();
        Self { old: local(), new: local(), gateway: local() }
    }
}

impl Hosts {
    /// Names as they could be in a virtual network, for one where they are known.
    pub fn named() -> Self {
        Self {
            old: "func-orders-01.rehearsal".to_owned(),
            new: "func-orders-02.rehearsal".to_owned(),
            gateway: "apim.rehearsal".to_owned(),
        }
    }

    fn all(&self) -> Vec<String> {
        let own = [&self.old, &self.new, &self.gateway];
        own.into_iter().cloned().chain(["localhost", "127.0.0.1", "::1"].map(str::to_owned)).collect()
    }
}

/// Why a rehearsal could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings of an instance.
    #[error("the settings of an instance cannot be used: {}", words(.0))]
    Settings(Vec<Diagnostic>),
    /// A listener or a certificate.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The issuer or the identity endpoint.
    #[error(transparent)]
    Mocks(#[from] MocksError),
    /// What connects the parts.
    #[error(transparent)]
    Wire(#[from] WireError),
}

fn words(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// A running rehearsal. Dropping it closes its listeners at once; [`Rehearsal::stop`] is kinder.
pub struct Rehearsal {
    hosts: Hosts,
    mocks: Mocks,
    old: Instance,
    new: Instance,
    gateway: Server,
    subscription_key: String,
}

/// A running Function App and the keys of its host.
struct Instance {
    app: FunctionApp,
    keys: Keys,
}

impl Rehearsal {
    /// Starts everything on free ports of this machine.
    ///
    /// # Errors
    /// [`StartError`] with what does not start, and why.
    pub async fn start(plan: &Plan, hosts: Hosts) -> Result<Self, StartError> {
        let config = MocksConfig { names: Some(Names::Entra), ..MocksConfig::new(plan.directory(), system_clock()) };
        let mocks = Mocks::start(config).await?;
        let trust = Trust::Only(vec![mocks.authority.pem().to_owned()]);
        let tls = mocks.authority.tls(&hosts.all())?;

        let addresses = ENTRA_HOSTS.map(|host| (host.to_owned(), mocks.entra.address()));
        let documents: Arc<dyn Documents> = Arc::new(Client::new(&trust, &addresses, PATIENCE)?);
        let instances = Instances { tls: tls.clone(), documents };
        let old = Plan::old_settings().map_err(StartError::Settings)?;
        let old = instances.start("old instance", old, AuthLevel::Function).await?;
        let new = plan.settings().map_err(StartError::Settings)?;
        let new = instances.start("new instance", new, plan.auth_level).await?;

        let subscription_key = Keys::generate().function;
        let identity = ManagedIdentity::new(imds_url(&mocks), Client::new(&trust, &[], PATIENCE)?);
        let revisions = revisions(&plan.policy, &old, &new);
        let gateway = Gateway::new(revisions, subscription_key.clone(), identity, trust)?;
        let listen = ServerConfig { tls: Some(tls), ..ServerConfig::new("gateway", free()) };
        let gateway = Server::start(listen, Arc::new(gateway)).await?;
        Ok(Self { hosts, mocks, old, new, gateway, subscription_key })
    }

    /// The certificate of the authority that signed for everything here.
    pub fn authority_pem(&self) -> &str {
        self.mocks.authority.pem()
    }

    /// Where managed identities get their tokens.
    pub fn identity_endpoint(&self) -> String {
        imds_url(&self.mocks)
    }

    /// What a profile needs to know, as environment variables; `ca` is the file that holds [`Rehearsal::authority_pem`].
    pub fn environment(&self, ca: &Path) -> Vec<(&'static str, String)> {
        let url = |host: &str, address: SocketAddr| format!("https://{host}:{}", address.port());
        let gateway = url(&self.hosts.gateway, self.gateway.address());
        vec![
            ("GREENLIGHT_OLD_URL", url(&self.hosts.old, self.old.app.address())),
            ("GREENLIGHT_OLD_KEY", self.old.keys.function.clone()),
            ("GREENLIGHT_NEW_URL", url(&self.hosts.new, self.new.app.address())),
            ("GREENLIGHT_NEW_KEY", self.new.keys.function.clone()),
            ("GREENLIGHT_GATEWAY_URL", format!("{gateway}/{SUFFIX};rev={TEST_REVISION}{FUNCTION}")),
            ("GREENLIGHT_CURRENT_URL", format!("{gateway}/{SUFFIX}{FUNCTION}")),
            ("GREENLIGHT_SUBSCRIPTION_KEY", self.subscription_key.clone()),
            ("GREENLIGHT_CONTROL", self.mocks.entra.url()),
            ("GREENLIGHT_CA", ca.display().to_string()),
        ]
    }

    /// Lets running requests finish, then closes all listeners.
    pub async fn stop(self) {
        self.gateway.stop().await;
        self.new.app.stop().await;
        self.old.app.stop().await;
        self.mocks.stop().await;
    }
}

/// What both instances share.
struct Instances {
    tls: Tls,
    documents: Arc<dyn Documents>,
}

impl Instances {
    /// Starts one, with keys of its own.
    async fn start(&self, name: &'static str, settings: Settings, level: AuthLevel) -> Result<Instance, ServeError> {
        let keys = Keys::generate();
        let mut functions = FunctionSpec::reference();
        for function in functions.iter_mut().filter(|one| **one == FunctionSpec::orders()) {
            function.auth_level = level;
        }
        let server = ServerConfig { tls: Some(self.tls.clone()), ..ServerConfig::new(name, free()) };
        let config = AppConfig {
            server,
            functions,
            keys: keys.clone(),
            ..AppConfig::new(settings, Arc::clone(&self.documents))
        };
        Ok(Instance { app: FunctionApp::start(config).await?, keys })
    }
}

/// The revisions of the API: the current one leads to the old instance, as before the switch.
fn revisions(policy: &GatewayPolicy, old: &Instance, new: &Instance) -> Vec<Revision> {
    let revision = |number, backend: &Instance, policy| Revision {
        suffix: SUFFIX.to_owned(),
        number,
        current: number != TEST_REVISION,
        backend: backend.app.url(),
        policy,
    };
    let old_key = || Policy::FunctionKey(old.keys.function.clone());
    let test = match policy.clone() {
        GatewayPolicy::Identity { resource, client_id } => {
            revision(TEST_REVISION, new, Policy::ManagedIdentity { resource, client_id })
        }
        GatewayPolicy::FunctionKey => revision(TEST_REVISION, new, old_key()),
        GatewayPolicy::OldInstance => revision(TEST_REVISION, old, old_key()),
    };
    vec![revision(1, old, old_key()), test]
}

fn imds_url(mocks: &Mocks) -> String {
    mocks.imds.as_ref().map(mock_imds::MockImds::url).unwrap_or_default()
}

fn free() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
