//! The texts of a recipe, and the variables in them.

use std::collections::BTreeSet;
use std::convert::Infallible;

use serde_json::Value;

use crate::variables::{Resolve, UnknownVariable, fill_text, fill_value, is_of_forging};
use crate::{Edit, HmacSecret, Octets, Recipe, Signature};

/// What [`Forge::shape`](crate::Forge::shape) puts together.
const PARTS: [&str; 3] = ["header", "payload", "signature"];

impl Recipe {
    /// Puts the values of `lookup` in place of variables, in every text of the recipe. What forging fills itself (`issued.aud`,
    /// `stranger.jwk`, and in the shape `header`, `payload`, `signature`) is left standing.
    pub fn fill(&mut self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), UnknownVariable> {
        self.resolve(&mut |name| {
            if is_of_forging(name) {
                return Ok(None);
            }
            let value = lookup(name).ok_or_else(|| UnknownVariable(name.to_owned()))?;
            Ok(Some(Value::String(value)))
        })
    }

    /// The names of all variables, without their prefixes; the parts in the shape are none.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        // The walk is one that changes; here it changes a copy into itself.
        let Ok(()) = self.clone().resolve::<Infallible>(&mut |name| {
            names.insert(name.to_owned());
            Ok(None)
        });
        names
    }

    /// Whether making this token asks for [`Materials::stranger`](crate::Materials::stranger), which is an RSA key and takes a
    /// while to make. Strangers of other kinds are made in forging.
    pub fn uses_stranger(&self) -> bool {
        self.forge.signature == Signature::Stranger || self.uses("stranger.")
    }

    /// Whether making this token asks for [`Materials::issuer`](crate::Materials::issuer), the issuer's key as published.
    pub fn uses_issuer_key(&self) -> bool {
        let keyed = matches!(&self.forge.signature, Signature::Hmac(secret) if secret.is_of_issuer());
        keyed || self.uses("issuer.")
    }

    fn uses(&self, namespace: &str) -> bool {
        self.variables().iter().any(|name| name.starts_with(namespace))
    }

    pub(crate) fn resolve<E>(&mut self, resolve: &mut Resolve<'_, E>) -> Result<(), E> {
        let Self { caller, audience, tenant, version: _, lifetime: _, claims, forge } = self;
        for text in [Some(caller), audience.as_mut(), tenant.as_mut()].into_iter().flatten() {
            *text = fill_text(text, resolve)?;
        }
        for (name, value) in claims.iter_mut().chain(&mut forge.header) {
            *name = fill_text(name, resolve)?;
            if let Some(value) = value {
                fill_value(value, resolve)?;
            }
        }
        for octets in forge.header_bytes.octets().into_iter().chain(forge.payload_bytes.octets()).flatten() {
            octets.resolve(resolve)?;
        }
        match &mut forge.signature {
            Signature::Bytes(octets) => octets.resolve(resolve)?,
            Signature::Hmac(HmacSecret::Text(text)) => *text = fill_text(text, resolve)?,
            _ => {}
        }
        if let Some(shape) = &mut forge.shape {
            shape.resolve(&mut |name: &str| if PARTS.contains(&name) { Ok(None) } else { resolve(name) })?;
        }
        Ok(())
    }
}

impl Edit {
    fn octets(&mut self) -> [Option<&mut Octets>; 5] {
        let Self { instead, first, last, before, after, charset: _ } = self;
        [instead, first, last, before, after].map(Option::as_mut)
    }
}
