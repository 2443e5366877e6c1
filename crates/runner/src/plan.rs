//! What can be played here, and what cannot and why. Derived from the recipes, never declared.

use scenario::{Case, Profile};
use token::{Need, Recipe, Signature};

use crate::issuer::Directory;
use crate::roles::Roles;
use crate::tokens::is_public_key;

/// What a case is to expect of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Planned {
    /// It can be played.
    Ready,
    /// It cannot; the text says why and what would change it.
    Skipped(String),
}

/// Plans one case. Without the directory of an issuer only what needs no trusted signature can be made.
pub(crate) fn plan(case: &Case, profile: &Profile, roles: &Roles, issuer: Option<&Directory>) -> Planned {
    let missing = case.recipes().find_map(|recipe| missing(recipe, roles, issuer));
    let blind = || {
        let asks = case.exchanges().any(|step| step.expect.principal.is_some());
        (asks && profile.target.principal.is_none()).then(|| {
            "the profile does not say where the function shows the principal it was given (`target.principal`)"
                .to_owned()
        })
    };
    missing.or_else(blind).map_or(Planned::Ready, Planned::Skipped)
}

/// What a recipe needs and this run does not have.
fn missing(recipe: &Recipe, roles: &Roles, issuer: Option<&Directory>) -> Option<String> {
    if let Some(directory) = issuer {
        return roles.lacks(recipe, directory);
    }
    let what = match (recipe.need(), &recipe.forge.signature) {
        (Need::Issued, _) => "a token that the target trusts",
        (Need::Mintable, _) => "a token made to measure under a signature that the target trusts",
        (Need::Forgeable, Signature::Hmac(secret)) if is_public_key(secret) => {
            "the public key of an issuer that the target trusts"
        }
        (Need::Forgeable, _) => return None,
    };
    Some(format!("needs {what}: name an `issuer` in a profile"))
}

#[cfg(test)]
mod tests;
