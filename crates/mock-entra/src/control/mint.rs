//! Tokens by recipe, complete: for tests in other languages, and wherever no endpoint hands out what is wanted.

use std::sync::Arc;

use serde_json::json;
use token::{ClientAuth, Forged, Materials, Recipe, Token, TokenVersion, UnixTime, Version, forge};

use crate::directory::{Identity, Tenant};
use crate::issue::{Content, audience};
use crate::issuer::Issuer;
use crate::tenants::Tenancy;

/// Makes the token of a recipe. An error says what the recipe lacks.
pub(super) async fn mint(issuer: &Issuer, recipe: &Recipe, at: UnixTime) -> Result<Token, String> {
    let home = home(issuer, recipe)?;
    let tenant = match &recipe.tenant {
        None => Arc::clone(&home),
        Some(name) => tenancy(issuer, name)?,
    };
    let identity = home.tenant.identity(&recipe.caller).ok_or_else(|| unknown_caller(&recipe.caller))?;
    let content = content(&tenant.tenant, identity, recipe, at)?;
    let base = issuer.mint(&tenant, identity, content).await.map_err(|error| error.to_string())?;

    let ring = issuer.ring(&tenant).await.map_err(|error| error.to_string())?;
    let stranger =
        if recipe.uses_stranger() { Some(issuer.stranger(at).await.map_err(|error| error.to_string())?) } else { None };
    let stranger = || stranger.expect("made above for the recipes that ask for it");
    let published = json!(ring.signing().jwk());
    let materials = Materials { now: at, stranger: &stranger, issuer: Some(&published) };
    let token = match forge(&base, recipe, &materials).map_err(|error| error.to_string())? {
        Forged::Ready(token) => token,
        Forged::NeedsSignature { input, algorithm, unfinished } => {
            let signature = ring.signing().sign(algorithm, &input);
            unfinished.signed(&signature).map_err(|error| error.to_string())?
        }
    };
    if token.expose().as_bytes() != token.expose_bytes() {
        return Err("the token is no text, and the answer can hold no other bytes".to_owned());
    }
    Ok(token)
}

/// Where the identity of a recipe lives: in the recipe's tenant if there is one of the name, else in the one of the directory
/// that has it.
fn home(issuer: &Issuer, recipe: &Recipe) -> Result<Arc<Tenancy>, String> {
    let name = &recipe.caller;
    let named = recipe.tenant.as_ref().and_then(|tenant| issuer.tenants().find(tenant));
    if let Some(tenancy) = named.filter(|tenancy| tenancy.tenant.identity(name).is_some()) {
        return Ok(tenancy);
    }
    let found: Vec<_> = issuer.directory().identities(name).collect();
    match found[..] {
        [(tenant, _)] => tenancy(issuer, &tenant.id),
        [] => Err(unknown_caller(name)),
        _ => Err(format!("several tenants have an identity `{name}`; name the tenant or give the object id")),
    }
}

fn tenancy(issuer: &Issuer, name: &str) -> Result<Arc<Tenancy>, String> {
    issuer.tenants().find(name).ok_or_else(|| format!("there is no tenant `{name}`"))
}

fn unknown_caller(name: &str) -> String {
    format!("there is no identity `{name}`; the directory lists those that are")
}

fn content<'a>(
    tenant: &'a Tenant,
    identity: &Identity,
    recipe: &'a Recipe,
    at: UnixTime,
) -> Result<Content<'a>, String> {
    let asked =
        recipe.audience.as_deref().ok_or("`audience` is missing; name an application, an App ID URI or a client id")?;
    let named = tenant.applications.iter().find(|one| one.name == asked);
    let application = named.or_else(|| tenant.resource(asked));
    let registered = application.map_or(Version::V2, |one| one.version);
    let version = match recipe.version {
        TokenVersion::Settings => registered,
        TokenVersion::Other => registered.other(),
        TokenVersion::V1 => Version::V1,
        TokenVersion::V2 => Version::V2,
    };
    // A name is not an audience; asked for by name, an API is called by its first URI.
    let asked = named.map_or(asked, |one| one.uris.first().unwrap_or(&one.client_id));
    let secret = identity.credentials().is_some_and(|credentials| !credentials.secrets.is_empty());
    Ok(Content {
        version,
        audience: application.map_or(asked, |one| audience(one, version, asked)),
        roles: application.map(|one| identity.roles_on(one)).unwrap_or_default(),
        client_auth: if secret { ClientAuth::Secret } else { ClientAuth::Certificate },
        at,
    })
}
