//! Real Entra credentials for deployed targets, by Azure's own SDK over our own connections.
//!
//! A [`Credential`] gets access tokens for one identity. How it proves who it is is a [`Proof`]; where it asks is said by
//! [`Surroundings`]. `azure_identity` does the asking, repeats what fails in passing, and keeps each token until five minutes before
//! its end; the connections are those of `wire`, so there is one TLS, one trust, and no proxy.
//!
//! Of the environment nothing is read here but what `azure_identity` reads by itself: where App Service's identity endpoint is, where
//! Kubernetes mounts its token, which address Azure Pipelines hands out identity tokens at.

mod assertion;
mod transport;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use token::{ClientCertificate, Token, UnixTime};
use wire::{Trust, WireError};

use assertion::{ActionsJob, ByCertificate};
use transport::Errands;

/// Where the tokens of the public cloud come from.
pub const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// How long a token may take, repeated attempts included. An identity endpoint that is missing shows itself much earlier.
const PATIENCE: Duration = Duration::from_secs(45);

/// How a caller proves who it is.
pub enum Proof {
    /// By the machine that it runs on: a virtual machine, a container or an app.
    ManagedIdentity(Option<UserAssigned>),
    /// By the token that Kubernetes mounts, from this file or from the one that the environment names.
    WorkloadIdentity(Option<PathBuf>),
    /// By the identity token of a job of GitHub Actions.
    GitHubActions {
        /// Where the job asks for it: `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: String,
        /// What it shows there: `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        token: String,
    },
    /// By the identity token of a job of Azure Pipelines.
    AzurePipelines {
        /// The id of the service connection.
        service_connection: String,
        /// What the job shows: `SYSTEM_ACCESSTOKEN`.
        access_token: String,
    },
    /// By the Azure command line, as whoever is signed in there.
    AzureCli,
    /// By a client secret.
    ClientSecret(String),
    /// By a certificate.
    Certificate(ClientCertificate),
}

/// Which of the user-assigned identities of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAssigned {
    /// By its client id.
    ClientId(String),
    /// By its object id.
    ObjectId(String),
    /// By its resource id. App Service takes none.
    ResourceId(String),
}

/// Where credentials ask, and by which time.
#[derive(Clone)]
pub struct Surroundings {
    /// The authority, `https://host`, without a slash at its end.
    pub authority: String,
    /// Whom to trust for its certificate.
    pub trust: Trust,
    /// Where IMDS is found in place of `http://169.254.169.254`: what other SDKs read from `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    pub imds: Option<String>,
    /// The time, in seconds since 1970.
    pub clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

/// Gets access tokens for one identity.
pub struct Credential {
    credential: Arc<dyn TokenCredential>,
    errands: Arc<Errands>,
}

/// Why a token could not be had, in one line and without a secret of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A tenant or a client id is needed and nobody named it.
    #[error("it needs the caller's `{0}`")]
    Missing(&'static str),
    /// Azure's SDK says so, or who was asked.
    #[error("{0}")]
    Refused(String),
    /// Nobody answered, or always with something that passes.
    #[error("no token came within {} s{}", PATIENCE.as_secs(), .0.as_ref().map(|last| format!("; {last}")).unwrap_or_default())]
    TimedOut(Option<String>),
}

impl Credential {
    /// Prepares a credential. Nobody is asked yet. `tenant` and `client_id` say who the caller is, where its proof does not.
    pub fn new(
        proof: Proof,
        tenant: Option<&str>,
        client_id: Option<&str>,
        surroundings: &Surroundings,
    ) -> Result<Self, CredentialError> {
        let errands = Arc::new(Errands::new(&surroundings.trust, surroundings.imds.as_deref())?);
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&surroundings.authority);
        let client_options = ClientOptions {
            transport: Some(Transport::new(Arc::clone(&errands) as _)),
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        };
        let who = || -> Result<(String, String), CredentialError> {
            let named = |value: Option<&str>, what| value.map(str::to_owned).ok_or(CredentialError::Missing(what));
            Ok((named(tenant, "tenant")?, named(client_id, "client-id")?))
        };
        let credential: Arc<dyn TokenCredential> = match proof {
            Proof::ManagedIdentity(which) => ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: which.map(Into::into),
                client_options,
            }))?,
            Proof::WorkloadIdentity(file) => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options },
                    client_id: client_id.map(str::to_owned),
                    tenant_id: tenant.map(str::to_owned),
                    token_file_path: file,
                }))?
            }
            Proof::GitHubActions { url, token } => {
                by_assertion(who()?, ActionsJob { errands: Arc::clone(&errands), url, token }, client_options)?
            }
            Proof::AzurePipelines { service_connection, access_token } => {
                let (tenant, client_id) = who()?;
                let options = AzurePipelinesCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options },
                };
                AzurePipelinesCredential::new(tenant, client_id, &service_connection, access_token, Some(options))?
            }
            Proof::AzureCli => AzureCliCredential::new(Some(AzureCliCredentialOptions {
                tenant_id: tenant.map(str::to_owned),
                ..AzureCliCredentialOptions::default()
            }))?,
            Proof::ClientSecret(secret) => {
                let (tenant, client_id) = who()?;
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(&tenant, client_id, Secret::new(secret), Some(options))?
            }
            Proof::Certificate(certificate) => {
                let (tenant, client_id) = who()?;
                let endpoint = format!("{}/{tenant}/oauth2/v2.0/token", surroundings.authority);
                let clock = Arc::clone(&surroundings.clock);
                let by = ByCertificate { certificate, client_id: client_id.clone(), endpoint, clock };
                by_assertion((tenant, client_id), by, client_options)?
            }
        };
        Ok(Self { credential, errands })
    }

    /// A token for an API, named by its client id or App ID URI: one that was got before, as long as it holds for five minutes more.
    pub async fn token(&self, resource: &str) -> Result<Token, CredentialError> {
        let scope = format!("{resource}/.default");
        let scopes = [scope.as_str()];
        self.errands.forget_trouble();
        match tokio::time::timeout(PATIENCE, self.credential.get_token(&scopes, None)).await {
            Ok(Ok(granted)) => Ok(Token::new(granted.token.secret())),
            // The SDK says no more of a connection that failed than that it failed.
            Ok(Err(error)) => Err(self.errands.last_trouble().map_or_else(|| error.into(), CredentialError::Refused)),
            Err(_) => Err(CredentialError::TimedOut(self.errands.last_trouble())),
        }
    }
}

fn by_assertion<A: ClientAssertion + 'static>(
    (tenant, client_id): (String, String),
    assertion: A,
    client_options: ClientOptions,
) -> Result<Arc<dyn TokenCredential>, CredentialError> {
    let options = ClientAssertionCredentialOptions { client_options };
    Ok(ClientAssertionCredential::new(tenant, client_id, assertion, Some(options))?)
}

impl From<UserAssigned> for UserAssignedId {
    fn from(which: UserAssigned) -> Self {
        match which {
            UserAssigned::ClientId(id) => Self::ClientId(id),
            UserAssigned::ObjectId(id) => Self::ObjectId(id),
            UserAssigned::ResourceId(id) => Self::ResourceId(id),
        }
    }
}

/// The SDK's message without what it adds for every error, in one line.
impl From<azure_core::Error> for CredentialError {
    fn from(error: azure_core::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(beneath) = cause {
            let more = beneath.to_string();
            if !message.contains(&more) {
                message = format!("{message}: {more}");
            }
            cause = beneath.source();
        }
        let message = message.split("\nTo troubleshoot, visit").next().unwrap_or_default();
        let first = message.split("Trace ID:").next().unwrap_or_default();
        Self::Refused(first.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl From<WireError> for CredentialError {
    fn from(error: WireError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Shows which kind of credential it is.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credential").field(&self.credential).finish()
    }
}

#[cfg(test)]
mod tests;
