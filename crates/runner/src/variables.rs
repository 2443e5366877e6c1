//! The names in a case that are filled when it is played.

use scenario::{Act, Case, Step, Trouble};
use serde_json::Value;
use token::variables::{is_of_forging, names};

/// Every name that the runner fills in a case, but for its tokens. What forging fills is not among them.
pub(crate) fn wanted(case: &Case) -> Vec<String> {
    let mut wanted: Vec<String> = case.steps.iter().flat_map(of_step).collect();
    wanted.retain(|name| !is_of_forging(name) && !matches!(name.as_str(), "token" | "other-token"));
    wanted
}

/// Whether a step names the sink, so that nobody must come to it.
pub(crate) fn names_sink(step: &Step) -> bool {
    of_step(step).iter().any(|name| name.starts_with("sink."))
}

fn of_step(step: &Step) -> Vec<String> {
    let mut found = Vec::new();
    match step {
        Step::Exchange(exchange) => {
            let send = &exchange.send;
            found.extend(send.path.iter().flat_map(|path| names(path)).map(str::to_owned));
            let templates = send.headers.iter().map(|(_, value)| value).chain(&send.query).chain(&send.body);
            let templates = templates.chain(&send.target).chain(&send.lines);
            found.extend(templates.flat_map(|one| one.octets().names()).map(str::to_owned));
            found.extend(send.token.iter().chain(&send.other_token).flat_map(token::Recipe::variables));
        }
        Step::Issuer(Act::Trouble { trouble, .. }) => of_trouble(trouble, &mut found),
        Step::Issuer(_) | Step::Wait(_) | Step::Tls(_) => {}
    }
    found
}

fn of_trouble(trouble: &Trouble, found: &mut Vec<String>) {
    match trouble {
        Trouble::Redirect(place) => found.extend(names(place).map(str::to_owned)),
        Trouble::Body { body, .. } => found.extend(body.names().map(str::to_owned)),
        Trouble::Change(changes) => {
            changes.iter().filter_map(|(_, value)| value.as_ref()).for_each(|value| of_json(value, found));
        }
        Trouble::Keys(keys) => {
            let changed = keys.change.iter().filter_map(|(_, value)| value.as_ref());
            changed.chain(&keys.first).chain(&keys.last).for_each(|value| of_json(value, found));
        }
        Trouble::Headers(headers) => {
            found.extend(headers.iter().flat_map(|(_, value)| names(value)).map(str::to_owned));
        }
        Trouble::Status(_)
        | Trouble::Hang
        | Trouble::Reset
        | Trouble::Delay(_)
        | Trouble::Truncate(_)
        | Trouble::Pad(_) => {}
    }
}

fn of_json(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::String(text) => found.extend(names(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| of_json(item, found)),
        Value::Object(members) => members.values().for_each(|value| of_json(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
