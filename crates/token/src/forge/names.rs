//! What `${issued.X}`, `${stranger.X}`, `${stranger-ec.X}`, `${stranger-ed.X}` and `${issuer.X}` stand for.

use serde_json::{Map, Value};

use super::{Issued, Materials, Strangers};
use crate::{Recipe, TokenError};

/// The recipe without variables; what remains in its shape are the parts.
pub(super) fn filled(
    recipe: &Recipe,
    issued: Issued<'_>,
    materials: &Materials<'_>,
    strangers: &Strangers,
) -> Result<Recipe, TokenError> {
    let mut recipe = recipe.clone();
    recipe.resolve(&mut |name| value(name, issued, materials, strangers).map(Some))?;
    Ok(recipe)
}

fn value(
    name: &str,
    issued: Issued<'_>,
    materials: &Materials<'_>,
    strangers: &Strangers,
) -> Result<Value, TokenError> {
    let missing = |reason: &str| TokenError::Variable { name: name.to_owned(), reason: reason.to_owned() };
    let found = match name.split_once('.') {
        Some(("issued", wanted)) => return of_issued(wanted, issued)?.ok_or_else(|| missing(NOT_ISSUED)),
        Some(("stranger", member)) => of_key(&published((materials.stranger)().key()), member),
        Some(("stranger-ec", member)) => of_key(&strangers.p256()?.jwk, member),
        Some(("stranger-ed", member)) => of_key(&strangers.ed25519()?.jwk, member),
        Some(("issuer", member)) => {
            of_key(materials.issuer.ok_or_else(|| missing("the issuer's public key is not known"))?, member)
        }
        _ => return Err(missing("nothing has this name when a token is forged")),
    };
    found.ok_or_else(|| missing("the key has no such member"))
}

const NOT_ISSUED: &str = "the token has none as issued";

/// A claim; `header.` and a header member, `header` alone for all of them; `compact` for the token's text, `compact.header`,
/// `compact.payload` and `compact.signature` for its parts.
fn of_issued(wanted: &str, issued: Issued<'_>) -> Result<Option<Value>, TokenError> {
    let part = |at: usize| issued.token.expose().split('.').nth(at).map(Value::from);
    Ok(match wanted {
        "header" => Some(issued.draft.header_json()?.into()),
        "compact" => Some(issued.token.expose().into()),
        "compact.header" => part(0),
        "compact.payload" => part(1),
        "compact.signature" => part(2),
        _ => match wanted.strip_prefix("header.") {
            Some(member) => taken(issued.draft.header_json()?, member),
            None => taken(issued.draft.payload_json()?, wanted),
        },
    })
}

fn taken(mut object: Map<String, Value>, name: &str) -> Option<Value> {
    object.remove(name)
}

/// `jwk` for the whole, else a member of it.
fn of_key(jwk: &Value, member: &str) -> Option<Value> {
    if member == "jwk" { Some(jwk.clone()) } else { jwk.get(member).cloned() }
}

fn published(key: &crate::SigningKey) -> Value {
    serde_json::to_value(key.jwk()).expect("a JWK of texts is a JSON value")
}
