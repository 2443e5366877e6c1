//! Issues tokens: for whom, with which roles, for how long, and which errors stand in the way.

use token::{AppToken, ClientAuth, ManagedIdentity, Token, UnixTime, Version};
use uuid::Uuid;

use crate::OAuthError;
use crate::directory::{Application, Identity, IdentityKind};
use crate::issuer::Issuer;
use crate::tenants::Tenancy;

/// Entra sets `iat` and `nbf` so many seconds before the moment of issue.
const BACKDATED: i64 = 300;
/// The lifetime of tokens for service principals. Entra's is random between 60 and 90 minutes; a test is better off with one.
const APP_LIFETIME: i64 = 3600;
/// The lifetime of tokens for managed identities.
const MANAGED_LIFETIME: i64 = 24 * 3600;

/// A token and what its answer says about it.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// The client id of its caller.
    pub client_id: String,
    /// The resource as it was asked for.
    pub resource: String,
    /// For how many seconds it can be used.
    pub expires_in: i64,
    /// Its `exp`.
    pub expires_on: UnixTime,
    /// Its `nbf`.
    pub not_before: UnixTime,
}

/// What goes into a token beside its caller.
pub(crate) struct Content<'a> {
    pub(crate) version: Version,
    /// As it will stand in `aud`.
    pub(crate) audience: &'a str,
    pub(crate) roles: Vec<String>,
    pub(crate) client_auth: ClientAuth,
    pub(crate) at: UnixTime,
}

impl Issuer {
    /// The token of a managed identity for a resource, as its endpoints hand it out: valid for 24 hours, with `xms_mirid`. Waits
    /// for the signing keys.
    ///
    /// # Errors
    /// `invalid_resource` where the identity's tenant has no such resource; `invalid_grant` where an assignment is required.
    pub async fn managed_identity_token(
        &self,
        identity: &Identity,
        resource: &str,
        at: UnixTime,
    ) -> Result<Issued, OAuthError> {
        let tenancy = self.tenants().find(&identity.tenant);
        let tenancy = tenancy.ok_or_else(|| OAuthError::unknown_tenant("invalid_request", &identity.tenant))?;
        self.grant(&tenancy, identity, resource, ClientAuth::Certificate, at).await
    }

    /// A token for whoever has proven to be this identity.
    pub(crate) async fn grant(
        &self,
        tenancy: &Tenancy,
        identity: &Identity,
        resource: &str,
        client_auth: ClientAuth,
        at: UnixTime,
    ) -> Result<Issued, OAuthError> {
        let tenant = &tenancy.tenant;
        let application = tenant.resource(resource);
        let application = application.ok_or_else(|| OAuthError::unknown_resource(resource, &tenant.name))?;
        if application.assignment_required && identity.assigned(application).next().is_none() {
            let (client, name) = (&identity.client_id, &identity.name);
            return Err(OAuthError::not_assigned(client, name, resource, &application.name));
        }
        let content = Content {
            version: application.version,
            audience: audience(application, application.version, resource),
            roles: identity.roles_on(application),
            client_auth,
            at,
        };
        let lifetime = lifetime(identity);
        Ok(Issued {
            token: self.mint(tenancy, identity, content).await?,
            client_id: identity.client_id.clone(),
            resource: resource.to_owned(),
            // A second less than there is, as Entra answers.
            expires_in: lifetime - 1,
            expires_on: at + lifetime,
            not_before: at - BACKDATED,
        })
    }

    /// Signs a token without asking whether anybody may have it.
    pub(crate) async fn mint(
        &self,
        tenancy: &Tenancy,
        identity: &Identity,
        content: Content<'_>,
    ) -> Result<Token, OAuthError> {
        let ring = self.ring(tenancy).await?;
        let place = self.place().await;
        let tenant = &tenancy.tenant;
        let token = AppToken {
            version: content.version,
            issuer: place.names.issuer(&tenant.id, content.version),
            tenant: tenant.id.clone(),
            audience: content.audience.to_owned(),
            client_id: identity.client_id.clone(),
            client_auth: content.client_auth,
            object_id: identity.object_id.clone(),
            roles: content.roles,
            managed_identity: managed(identity),
            issued_at: content.at - BACKDATED,
            expires_at: content.at + lifetime(identity),
            token_id: Uuid::new_v4().into_bytes(),
        };
        Ok(token.mint(ring.signing()))
    }
}

/// v2 tokens name the API by its client id, v1 tokens as it was asked for.
pub(crate) fn audience<'a>(application: &'a Application, version: Version, asked: &'a str) -> &'a str {
    match version {
        Version::V1 => asked,
        Version::V2 => &application.client_id,
    }
}

fn lifetime(identity: &Identity) -> i64 {
    if identity.is_managed() { MANAGED_LIFETIME } else { APP_LIFETIME }
}

/// Entra writes `resourcegroups` in lower case here, whatever the resource's id says.
fn managed(identity: &Identity) -> Option<ManagedIdentity> {
    let lower = |id: &String| id.replace("/resourceGroups/", "/resourcegroups/");
    match &identity.kind {
        IdentityKind::ServicePrincipal(_) => None,
        IdentityKind::SystemAssigned { resource } => Some(ManagedIdentity { mirid: lower(resource), az_rid: None }),
        IdentityKind::UserAssigned { id, host } => {
            Some(ManagedIdentity { mirid: lower(id), az_rid: host.as_ref().map(lower) })
        }
    }
}
