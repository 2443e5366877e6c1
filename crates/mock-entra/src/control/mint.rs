//! Tokens by recipe, complete: for tests in other languages, and wherever no endpoint hands out what is wanted.

use token::{ClientAuth, Forged, Materials, Recipe, Signature, Token, TokenVersion, UnixTime, Version, forge};

use crate::directory::{Identity, Tenant};
use crate::issue::{Content, audience};
use crate::issuer::Issuer;

/// Makes the token of a recipe. An error says what the recipe lacks.
pub(super) async fn mint(issuer: &Issuer, recipe: &Recipe, at: UnixTime) -> Result<Token, String> {
    let (home, identity) = caller(issuer, recipe)?;
    let tenant = match &recipe.tenant {
        None => home,
        Some(name) => issuer.directory().tenant(name).ok_or_else(|| format!("there is no tenant `{name}`"))?,
    };
    let content = content(tenant, identity, recipe, at)?;
    let base = issuer.mint(tenant, identity, content).await.map_err(|error| error.to_string())?;

    let ring = issuer.ring(tenant).await.map_err(|error| error.to_string())?;
    // Only that signature asks for the stranger.
    let stranger = match recipe.forge.signature {
        Signature::Stranger => issuer.stranger(at).await.map_err(|error| error.to_string())?,
        _ => ring.signing(),
    };
    let materials = Materials { now: at, stranger: &|| stranger, issuer: Some(&ring.signing().components()) };
    match forge(&base, recipe, &materials).map_err(|error| error.to_string())? {
        Forged::Ready(token) => Ok(token),
        Forged::NeedsSignature { draft } => {
            let signature = ring.signing().sign(draft.algorithm(), draft.signing_input().as_bytes());
            Ok(draft.signed(&signature))
        }
    }
}

/// The identity that a recipe speaks of, and where it lives: in the recipe's tenant if there is one of the name, else anywhere.
fn caller<'a>(issuer: &'a Issuer, recipe: &'a Recipe) -> Result<(&'a Tenant, &'a Identity), String> {
    let name = &recipe.caller;
    let named = recipe.tenant.as_ref().and_then(|tenant| issuer.directory().tenant(tenant));
    if let Some((tenant, identity)) = named.and_then(|tenant| Some((tenant, tenant.identity(name)?))) {
        return Ok((tenant, identity));
    }
    let found: Vec<_> = issuer.directory().identities(name).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(format!("there is no identity `{name}`; the directory lists those that are")),
        _ => Err(format!("several tenants have an identity `{name}`; name the tenant or give the object id")),
    }
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
