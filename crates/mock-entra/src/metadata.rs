//! OpenID Connect discovery and instance discovery, as Entra answers them.

use serde_json::{Value, json};
use token::{Names, Version};

use crate::OAuthError;
use crate::tenants::Tenancy;

/// The placeholder for the tenant in documents that are shared by all tenants.
pub(crate) const ANY_TENANT: &str = "{tenantid}";

/// The hosts of Entra's public cloud, which all mean the same.
const PUBLIC_HOSTS: [&str; 4] =
    ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"];

/// Whose metadata is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Realm<'a> {
    /// As it stands in the endpoints' paths: a tenant's id, `common` or `organizations`.
    pub(crate) segment: &'a str,
    /// The tenant's id, or its placeholder.
    pub(crate) tenant: &'a str,
}

impl<'a> Realm<'a> {
    /// A tenant's, whatever the path called it, or the one that the path calls `common` or `organizations`.
    pub(crate) fn of(tenancy: Option<&'a Tenancy>, segment: &'a str) -> Self {
        match tenancy {
            None => Self { segment, tenant: ANY_TENANT },
            Some(Tenancy { tenant, .. }) => Self { segment: &tenant.id, tenant: &tenant.id },
        }
    }
}

/// The discovery document, members in Entra's order. `base` is where the client reached the issuer, so that every endpoint in the
/// document can be reached the same way, whatever the issuer calls itself.
pub(crate) fn document(base: &str, realm: Realm<'_>, names: &Names, version: Version) -> Value {
    match version {
        Version::V1 => document_v1(base, realm, names),
        Version::V2 => document_v2(base, realm, names),
    }
}

fn document_v2(base: &str, realm: Realm<'_>, names: &Names) -> Value {
    let own = format!("{base}/{}", realm.segment);
    json!({
        "token_endpoint": format!("{own}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{own}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": names.issuer(realm.tenant, Version::V2),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": format!("{own}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{own}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{own}/oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud", "exp",
            "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"
        ],
        "kerberos_endpoint": format!("{own}/kerberos"),
        "tenant_region_scope": region(realm),
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net"
    })
}

fn document_v1(base: &str, realm: Realm<'_>, names: &Names) -> Value {
    let own = format!("{base}/{}", realm.segment);
    json!({
        "token_endpoint": format!("{own}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{own}/discovery/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "scopes_supported": ["openid"],
        "issuer": names.issuer(realm.tenant, Version::V1),
        "microsoft_multi_refresh_token": true,
        "authorization_endpoint": format!("{own}/oauth2/authorize"),
        "device_authorization_endpoint": format!("{own}/oauth2/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{own}/oauth2/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud", "exp",
            "iat", "auth_time", "acr", "amr", "nonce", "email", "given_name", "family_name", "nickname"
        ],
        "check_session_iframe": format!("{own}/oauth2/checksession"),
        "userinfo_endpoint": format!("{own}/openid/userinfo"),
        "kerberos_endpoint": format!("{own}/kerberos"),
        "tenant_region_scope": region(realm),
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net"
    })
}

/// Only a tenant has a region; which one changes nothing here.
fn region(realm: Realm<'_>) -> Option<&'static str> {
    (realm.tenant != ANY_TENANT).then_some("WW")
}

/// Instance discovery: whether an authority can be trusted, and which other hosts mean the same. This mock knows itself under the
/// host that the client used, and Entra's public hosts.
pub(crate) fn instances(base: &str, authorization_endpoint: &str) -> Result<Value, OAuthError> {
    let own = base.split_once("://").map_or(base, |(_, host)| host);
    let (_, rest) = authorization_endpoint.split_once("://").ok_or_else(OAuthError::unknown_instance)?;
    let (host, path) = rest.split_once('/').ok_or_else(OAuthError::unknown_instance)?;
    if host != own && !PUBLIC_HOSTS.contains(&host) {
        return Err(OAuthError::unknown_instance());
    }
    let tenant = path.split('/').next().unwrap_or_default();
    let version = if path.contains("/v2.0/") { "/v2.0" } else { "" };
    let alias = |preferred: &str, cache: &str, aliases: &[&str]| json!({"preferred_network": preferred, "preferred_cache": cache, "aliases": aliases});
    let mut metadata = vec![alias(PUBLIC_HOSTS[0], PUBLIC_HOSTS[1], &PUBLIC_HOSTS)];
    if !PUBLIC_HOSTS.contains(&own) {
        metadata.push(alias(own, own, &[own]));
    }
    Ok(json!({
        "tenant_discovery_endpoint": format!("{base}/{tenant}{version}/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": metadata,
    }))
}
