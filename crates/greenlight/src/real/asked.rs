//! What credentials ask with, as the profile and this machine's environment say.

use std::env;

use credentials::{PUBLIC_AUTHORITY, Proof, Surroundings, UserAssigned};
use scenario::{Caller, Credential, Profile};
use serve::system_clock;
use token::ClientCertificate;
use wire::Trust;

use crate::files;
use crate::secrets;
use crate::trouble::Trouble;

/// Where tokens are asked for.
pub(super) fn surroundings(profile: &Profile) -> Result<Surroundings, Trouble> {
    let ca = profile.authority_ca.as_deref().map(files::read).transpose()?;
    let authority = profile.authority.as_ref().map(ToString::to_string).or_else(|| variable("AZURE_AUTHORITY_HOST"));
    let authority = authority.unwrap_or_else(|| PUBLIC_AUTHORITY.to_owned());
    Ok(Surroundings {
        authority: authority.trim_end_matches('/').to_owned(),
        trust: Trust::System(ca.iter().map(|source| source.text.clone()).collect()),
        imds: variable("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
        clock: system_clock(),
    })
}

/// How a caller proves who it is; the inner error says what this machine lacks for it. Secrets on the way are added to `hidden`.
pub(super) fn proof(
    caller: &Caller,
    credential: &Credential,
    hidden: &mut Vec<String>,
) -> Result<Result<Proof, String>, Trouble> {
    let of = |what: &str| format!("the {what} of the caller `{}`", caller.role);
    Ok(match credential {
        Credential::ManagedIdentity(which) => Ok(Proof::ManagedIdentity(which.clone().map(user_assigned))),
        Credential::WorkloadIdentity => Ok(Proof::WorkloadIdentity(None)),
        Credential::GitHubActions => {
            needed("ACTIONS_ID_TOKEN_REQUEST_URL", "a job of GitHub Actions with `permissions: id-token: write`")
                .and_then(|url| {
                    let token = needed(
                        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                        "a job of GitHub Actions with `permissions: id-token: write`",
                    )?;
                    hidden.push(token.clone());
                    Ok(Proof::GitHubActions { url, token })
                })
        }
        Credential::AzurePipelines { service_connection } => {
            let connection = service_connection.clone().map_or_else(
                || needed("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "the AzureCLI task, or name `service-connection`"),
                Ok,
            );
            connection.and_then(|service_connection| {
                let token = needed(
                    "SYSTEM_ACCESSTOKEN",
                    "a job that maps it: `env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }`",
                )?;
                hidden.push(token.clone());
                Ok(Proof::AzurePipelines { service_connection, access_token: token })
            })
        }
        Credential::AzureCli => Ok(Proof::AzureCli),
        Credential::ClientSecret(secret) => {
            let secret = secrets::value(secret, &of("client secret"))?;
            hidden.push(secret.clone());
            Ok(Proof::ClientSecret(secret))
        }
        Credential::Certificate { file, key } => {
            let certificate = files::read(file)?;
            let key = match key {
                Some(key) => secrets::value(key, &of("private key"))?,
                None => certificate.text.clone(),
            };
            hidden.push(key.clone());
            let taken = ClientCertificate::from_pem(&certificate.text, &key);
            let taken = taken.map_err(|error| Trouble::usage(format!("{}: {error}", file.display())))?;
            Ok(Proof::Certificate(taken))
        }
        Credential::Token(_) => Err("a token was handed in".to_owned()),
    })
}

fn user_assigned(which: scenario::UserAssigned) -> UserAssigned {
    match which {
        scenario::UserAssigned::ClientId(id) => UserAssigned::ClientId(id),
        scenario::UserAssigned::ObjectId(id) => UserAssigned::ObjectId(id),
        scenario::UserAssigned::ResourceId(id) => UserAssigned::ResourceId(id),
    }
}

/// A variable of the environment, or what sets it.
fn needed(name: &str, setter: &str) -> Result<String, String> {
    variable(name).ok_or_else(|| format!("the environment variable {name} is not set: run it in {setter}"))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
