//! What the control API tells: public facts, no secrets.

use serde_json::{Value, json};
use token::Version;

use crate::directory::{Application, Identity, IdentityKind, Tenant};
use crate::issuer::Issuer;

/// Addresses, tenants and keys. Does not wait for the keys: `ready` says whether they are there.
pub(super) async fn status(issuer: &Issuer) -> Value {
    let place = issuer.place().await;
    let mut tenants = Vec::new();
    for tenancy in issuer.tenants().all() {
        let ring = if issuer.keys().ready() { issuer.ring(&tenancy).await.ok() } else { None };
        let tenant = &tenancy.tenant;
        tenants.push(json!({
            "name": tenant.name,
            "id": tenant.id,
            "domain": tenant.domain,
            "issuers": {
                "v1": place.names.issuer(&tenant.id, Version::V1),
                "v2": place.names.issuer(&tenant.id, Version::V2),
            },
            "kids": ring.as_ref().map(|ring| ring.kids()).unwrap_or_default(),
            "signing": ring.as_ref().map(|ring| ring.signing().kid()),
        }));
    }
    json!({
        "ready": issuer.keys().ready(),
        "https": place.https,
        "http": place.http,
        "authority": place.names.authority(),
        "beside": issuer.beside(),
        "tenants": tenants,
    })
}

/// Tenants, applications and identities with their ids, under the names that the directory file uses.
pub(super) fn directory(issuer: &Issuer) -> Value {
    let tenants: Vec<_> = issuer.tenants().all().iter().map(|tenancy| tenant(&tenancy.tenant)).collect();
    json!({"tenants": tenants})
}

fn tenant(tenant: &Tenant) -> Value {
    json!({
        "name": tenant.name,
        "id": tenant.id,
        "domain": tenant.domain,
        "applications": tenant.applications.iter().map(application).collect::<Vec<_>>(),
        "identities": tenant.identities.iter().map(|one| identity(tenant, one)).collect::<Vec<_>>(),
    })
}

fn application(application: &Application) -> Value {
    json!({
        "name": application.name,
        "client-id": application.client_id,
        "object-id": application.object_id,
        "uris": application.uris,
        "token-version": if application.version == Version::V1 { 1 } else { 2 },
        "assignment-required": application.assignment_required,
        "roles": application.roles,
    })
}

fn identity(tenant: &Tenant, identity: &Identity) -> Value {
    let (kind, resource, host) = match &identity.kind {
        IdentityKind::ServicePrincipal(_) => ("service-principal", None, None),
        IdentityKind::SystemAssigned { resource } => ("system-assigned", Some(resource), None),
        IdentityKind::UserAssigned { id, host } => ("user-assigned", Some(id), host.as_ref()),
    };
    let name = |client_id: &str| tenant.applications.iter().find(|one| one.client_id == client_id).map(|one| &one.name);
    let assignments =
        identity.assignments.iter().map(|one| json!({"application": name(&one.application), "role": one.role}));
    json!({
        "name": identity.name,
        "kind": kind,
        "client-id": identity.client_id,
        "object-id": identity.object_id,
        "resource-id": resource,
        "host": host,
        "role-assignments": assignments.collect::<Vec<_>>(),
    })
}
