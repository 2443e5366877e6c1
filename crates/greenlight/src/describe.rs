//! What a case does and what must come back, in words for people.
//!
//! Every kind of request, forgery, trouble and expectation has its sentence here; matches are exhaustive, so that none is
//! forgotten. Values stand between backticks, on a terminal as in Markdown.

mod expect;
mod forge;
mod issuer;
mod phrase;
mod request;
mod story;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use phrase::code;
pub(crate) use story::{Line, Part, Story};

use ::token::Need;
use scenario::{Case, Consent, Door, Exchange, Scenario, Send, Step};

/// One step of a case.
#[derive(Debug, Default)]
struct Told {
    /// What is done.
    done: Vec<String>,
    /// What fails the case where it does not hold.
    must: Vec<String>,
    /// What merely should hold.
    should: Vec<String>,
    /// What is as good.
    may: Vec<String>,
}

fn steps(case: &Case) -> Vec<Told> {
    case.steps.iter().map(step).collect()
}

fn step(step: &Step) -> Told {
    match step {
        Step::Exchange(exchange) => told(exchange),
        Step::Issuer(act) => Told { done: issuer::act(act), ..Told::default() },
        Step::Wait(seconds) => Told { done: vec![format!("{} pass.", phrase::span(*seconds))], ..Told::default() },
    }
}

fn told(exchange: &Exchange) -> Told {
    let Exchange { send, expect, times } = exchange;
    let mut told = Told { done: request::request(send, *times), ..Told::default() };
    expect::expect(expect, &mut told);
    if names(send, "${sink.") {
        told.must.push(
            "Nobody comes for the address that the request names: it is greenlight's own, and watched.".to_owned(),
        );
    }
    told
}

/// Whether a text of a request, or of the recipes of its tokens, has this in it.
fn names(send: &Send, text: &str) -> bool {
    let templates = send.headers.iter().map(|(_, value)| value).chain(&send.query).chain(&send.body);
    let mut templates = templates.chain(&send.target).chain(&send.lines);
    let mut recipes = send.token.iter().chain(&send.other_token);
    templates.any(|template| template.to_string().contains(text))
        || recipes.any(|recipe| serde_json::to_string(recipe).is_ok_and(|recipe| recipe.contains(text)))
}

/// What must be at hand to play any case of a scenario, the most demanding of them.
pub(crate) fn need(scenario: &Scenario) -> Option<Need> {
    let demand = |need: &Need| match need {
        Need::Forgeable => 0,
        Need::Issued => 1,
        Need::Mintable => 2,
    };
    scenario.cases().filter_map(|case| case.need()).max_by_key(demand)
}

/// Where a scenario plays, and what the profile must say for it.
pub(crate) fn places(scenario: &Scenario) -> Vec<String> {
    let mut places = vec![match need(scenario) {
        None => "Against any target: it sends no token.".to_owned(),
        Some(Need::Forgeable) => "Against any target: its token needs no trusted signature.".to_owned(),
        Some(Need::Issued) => "Where the target trusts the mock issuer, or with a real credential.".to_owned(),
        Some(Need::Mintable) => "Where the target trusts the mock issuer.".to_owned(),
    }];
    let goes_to = |door| scenario.cases().any(|case| case.exchanges().any(|exchange| exchange.send.to == door));
    let uses = |text: &str| scenario.cases().any(|case| case.exchanges().any(|exchange| names(&exchange.send, text)));
    if goes_to(Door::Excluded) || uses("${target.excluded}") {
        places.push("The profile names a function on an excluded path: `target.excluded`.".to_owned());
    }
    if goes_to(Door::Keyed) || uses("${target.keyed}") {
        places.push("The profile names a function that asks for a key: `target.keyed`.".to_owned());
    }
    for key in ["master", "host", "function", "system"] {
        if uses(&format!("${{key.{key}}}")) {
            places.push(format!("The profile says where the key is: `target.keys.{key}`."));
        }
    }
    if uses("${sink.") {
        places.push(
            "The target can reach greenlight: on one machine it can, elsewhere the profile's `sink` says how."
                .to_owned(),
        );
    }
    if scenario.cases().any(|case| case.disturbs()) {
        places.push(
            "Beside others against the reference app, which gets an issuer and a clock of its own for it; elsewhere alone and last. \
             Waiting takes at most the profile's `limits.wait-s`."
                .to_owned(),
        );
    }
    if let Some(consent) = scenario.consent {
        places.push(format!("Only with the owner's consent: `consent: [{}]`. {}", word(consent), reason(consent)));
    }
    places
}

/// How a profile consents.
pub(crate) fn word(consent: Consent) -> &'static str {
    match consent {
        Consent::Smuggling => "smuggling",
        Consent::Flood => "flood",
    }
}

fn reason(consent: Consent) -> &'static str {
    match consent {
        Consent::Smuggling => {
            "Servers may disagree about where such a request ends, and what is left over may reach somebody else."
        }
        Consent::Flood => "It sends more requests at once than a caller would.",
    }
}
