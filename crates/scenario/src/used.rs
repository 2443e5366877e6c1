//! Which variables the parts of a case use.

use std::collections::BTreeSet;

use serde_json::Value;
use token::{Edit, HmacSecret, Octets, Piece, Recipe, Signature};

use crate::act::{Act, Trouble};
use crate::scenario::Step;
use crate::template::Template;
use crate::variables::names;

type Names<'a> = BTreeSet<&'a str>;

pub(crate) fn step<'a>(step: &'a Step, into: &mut Names<'a>) {
    match step {
        Step::Exchange(exchange) => {
            into.extend(exchange.send.templates().flat_map(Template::variables));
            exchange.send.token.iter().chain(&exchange.send.other_token).for_each(|one| recipe(one, into));
        }
        Step::Issuer(act) => self::act(act, into),
        Step::Wait(_) => {}
    }
}

fn recipe<'a>(recipe: &'a Recipe, into: &mut Names<'a>) {
    let forge = &recipe.forge;
    changes(&recipe.claims, into);
    changes(&forge.header, into);
    for Edit { instead, first, last, before, after, charset: _ } in [&forge.header_bytes, &forge.payload_bytes] {
        [instead, first, last, before, after].into_iter().flatten().for_each(|bytes| octets(bytes, into));
    }
    forge.shape.iter().for_each(|shape| octets(shape, into));
    match &forge.signature {
        Signature::Bytes(bytes) => octets(bytes, into),
        Signature::Hmac(HmacSecret::Text(text)) => into.extend(names(text)),
        _ => {}
    }
}

fn act<'a>(act: &'a Act, into: &mut Names<'a>) {
    let Act::Trouble { trouble, .. } = act else { return };
    match trouble {
        Trouble::Redirect(text) => into.extend(names(text)),
        Trouble::Body { body, .. } => octets(body, into),
        Trouble::Change(members) => changes(members, into),
        Trouble::Keys(keys) => {
            changes(&keys.change, into);
            keys.first.iter().chain(&keys.last).for_each(|key| json(key, into));
        }
        Trouble::Headers(headers) => into.extend(headers.iter().flat_map(|(_, value)| names(value))),
        Trouble::Status(_)
        | Trouble::Hang
        | Trouble::Reset
        | Trouble::Delay(_)
        | Trouble::Truncate(_)
        | Trouble::Pad(_) => {}
    }
}

fn changes<'a>(changes: &'a [(String, Option<Value>)], into: &mut Names<'a>) {
    changes.iter().filter_map(|(_, value)| value.as_ref()).for_each(|value| json(value, into));
}

fn octets<'a>(octets: &'a Octets, into: &mut Names<'a>) {
    for piece in &octets.0 {
        if let Piece::Text(text) = piece {
            into.extend(names(text));
        }
    }
}

fn json<'a>(value: &'a Value, into: &mut Names<'a>) {
    match value {
        Value::String(text) => into.extend(names(text)),
        Value::Array(items) => items.iter().for_each(|item| json(item, into)),
        Value::Object(members) => members.values().for_each(|member| json(member, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
