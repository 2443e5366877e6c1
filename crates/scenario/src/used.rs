//! Which variables the parts of a case use.

use std::collections::BTreeSet;

use serde_json::Value;
use token::variables::names;
use token::{Octets, Recipe};

use crate::act::{Act, Trouble};
use crate::scenario::Step;

type Names = BTreeSet<String>;

pub(crate) fn step(step: &Step, into: &mut Names) {
    match step {
        Step::Exchange(exchange) => {
            let send = &exchange.send;
            send.path.iter().for_each(|path| text(path, into));
            send.templates().for_each(|template| octets(template.octets(), into));
            into.extend(send.token.iter().chain(&send.other_token).flat_map(Recipe::variables));
        }
        Step::Issuer(act) => self::act(act, into),
        Step::Wait(_) | Step::Tls(_) => {}
    }
}

fn act(act: &Act, into: &mut Names) {
    let Act::Trouble { trouble, .. } = act else { return };
    match trouble {
        Trouble::Redirect(text) => self::text(text, into),
        Trouble::Body { body, .. } => octets(body, into),
        Trouble::Change(members) => changes(members, into),
        Trouble::Keys(keys) => {
            changes(&keys.change, into);
            keys.first.iter().chain(&keys.last).for_each(|key| json(key, into));
        }
        Trouble::Headers(headers) => headers.iter().for_each(|(_, value)| text(value, into)),
        Trouble::Status(_)
        | Trouble::Hang
        | Trouble::Reset
        | Trouble::Delay(_)
        | Trouble::Truncate(_)
        | Trouble::Pad(_) => {}
    }
}

fn changes(changes: &[(String, Option<Value>)], into: &mut Names) {
    changes.iter().filter_map(|(_, value)| value.as_ref()).for_each(|value| json(value, into));
}

fn octets(octets: &Octets, into: &mut Names) {
    into.extend(octets.names().map(str::to_owned));
}

fn text(text: &str, into: &mut Names) {
    into.extend(names(text).map(str::to_owned));
}

fn json(value: &Value, into: &mut Names) {
    match value {
        Value::String(text) => self::text(text, into),
        Value::Array(items) => items.iter().for_each(|item| json(item, into)),
        Value::Object(members) => members.values().for_each(|member| json(member, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
