//! `greenlight token`.

mod keep;

use ::token::{Forge, Lifetime, Recipe, Signature, TokenVersion};
use serde_json::Value;

use crate::arguments;
use crate::exit::Exit;
use crate::files;
use crate::mocks;
use crate::terminal;
use crate::trouble::Trouble;

/// Prints one token of a running issuer. It is the one thing that this program prints unredacted: it was asked for by name.
pub(crate) async fn token(arguments: &arguments::Token) -> Result<Exit, Trouble> {
    if let Some(arguments::TokenCommand::Keep(keep)) = &arguments.keep {
        return keep::keep(keep).await;
    }
    let ca = arguments.ca.as_deref().map(files::read).transpose()?;
    let ca = ca.as_ref().map(|source| source.text.as_str());
    let issuer = mocks::issuer(arguments.issuer.as_deref().unwrap_or_default(), ca, "`--ca`").await?;
    let token = issuer.mint(&recipe(arguments)).await.map_err(Trouble::usage)?;
    terminal::output(&format!("{}\n", token.expose()));
    Ok(Exit::Passed)
}

fn recipe(arguments: &arguments::Token) -> Recipe {
    Recipe {
        caller: arguments.caller.clone(),
        audience: Some(arguments.audience.clone()),
        tenant: arguments.tenant.clone(),
        version: match arguments.version {
            None => TokenVersion::Settings,
            Some(1) => TokenVersion::V1,
            Some(_) => TokenVersion::V2,
        },
        lifetime: Lifetime {
            expires_in: arguments.expires_in,
            not_before_in: arguments.not_before_in,
            issued_in: None,
        },
        claims: arguments.claim.iter().map(|text| change(text)).collect(),
        forge: Forge {
            header: arguments.header.iter().map(|text| change(text)).collect(),
            signature: signature(arguments.signature),
            ..Forge::default()
        },
    }
}

/// `name=value` sets, `name` removes.
fn change(text: &str) -> (String, Option<Value>) {
    match text.split_once('=') {
        Some((name, value)) => {
            (name.to_owned(), Some(serde_json::from_str(value).unwrap_or_else(|_| Value::from(value))))
        }
        None => (text.to_owned(), None),
    }
}

fn signature(word: arguments::Signature) -> Signature {
    match word {
        arguments::Signature::Issuer => Signature::Issuer,
        arguments::Signature::Keep => Signature::Keep,
        arguments::Signature::Empty => Signature::Empty,
        arguments::Signature::Absent => Signature::Absent,
        arguments::Signature::Flipped => Signature::Flipped,
        arguments::Signature::Truncated => Signature::Truncated,
        arguments::Signature::Extended => Signature::Extended,
        arguments::Signature::ZeroLed => Signature::ZeroLed,
        arguments::Signature::Spliced => Signature::Spliced,
        arguments::Signature::Stranger => Signature::Stranger,
        arguments::Signature::StrangerEc => Signature::StrangerEc,
        arguments::Signature::StrangerEd => Signature::StrangerEd,
        arguments::Signature::Garbage => Signature::Garbage,
    }
}
