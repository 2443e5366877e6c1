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
        Step::Tls(version) => Told {
            done: vec![format!("A handshake of TLS {} is begun.", version.number())],
            must: vec!["The target refuses it.".to_owned()],
            ..Told::default()
        },
        Step::Wait(seconds) => Told { done: vec![format!("{} pass.", phrase::span(*seconds))], ..Told::default() },
    }
}

fn told(exchange: &Exchange) -> Told {
    let Exchange { send, expect, times } = exchange;
    let mut told = Told { done: request::request(send, *times), ..Told::default() };
    expect::expect(expect, &mut told);
    if names_the_sink(send) {
        told.must.push(
            "Nobody comes for the address that the request names: it is greenlight's own, and watched.".to_owned(),
        );
    }
    told
}

/// Whether a request, or the recipe of one of its tokens, names the sink's address.
fn names_the_sink(send: &Send) -> bool {
    let is_sink = |name: &str| name.starts_with("sink.");
    let mut recipes = send.token.iter().chain(&send.other_token);
    send.templates().any(|template| template.octets().names().any(is_sink))
        || recipes.any(|recipe| recipe.variables().iter().any(|name| is_sink(name)))
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
    let uses = |name: &str| scenario.cases().any(|case| case.variables().iter().any(|used| used.starts_with(name)));
    if goes_to(Door::Excluded) || uses("target.excluded") {
        places.push("The profile names a function on an excluded path: `target.excluded`.".to_owned());
    }
    if goes_to(Door::Keyed) || uses("target.keyed") {
        places.push("The profile names a function that asks for a key: `target.keyed`.".to_owned());
    }
    if goes_to(Door::Gateway) {
        places.push("The profile names the gateway in front of the target: `gateway`.".to_owned());
    }
    if goes_to(Door::Previous) || uses("key.previous") {
        places.push("The profile names the instance that is replaced: `previous`.".to_owned());
    }
    if goes_to(Door::WarmUp) || uses("target.warm-up") {
        places.push("The profile names the warm-up path: `target.warm-up`.".to_owned());
    }
    if goes_to(Door::Scm) {
        places.push("The deployment site is known: by the app's name, or by the profile's `target.scm`.".to_owned());
    }
    if scenario.deployed {
        places.push("Never against the reference app: only a deployed one can show it.".to_owned());
    }
    for key in ["key.master", "key.host", "key.function", "key.system"].into_iter().filter(|key| uses(key)) {
        places.push(format!("The profile says where the key is: `target.{}`.", key.replace("key", "keys")));
    }
    if uses("sink.") {
        places.push(
            "The target can reach greenlight: on one machine it can, elsewhere the profile's `sink` says how."
                .to_owned(),
        );
    }
    if scenario.disturbs() {
        places.push(
            "Against the reference app beside the others, with an issuer and a clock of its own; elsewhere alone and last, and \
             waiting takes at most the profile's `limits.wait-s`."
                .to_owned(),
        );
    }
    let unsafe_method = || scenario.cases().any(|case| case.unsafe_method("GET").is_some());
    if let Some(consent) = scenario.consent {
        places.push(format!("Only with the owner's consent: `consent: [{}]`. {}", word(consent), reason(consent)));
    } else if unsafe_method() {
        let word = word(Consent::UnsafeMethods);
        places.push(format!(
            "Methods other than GET, HEAD and OPTIONS only with the owner's consent, `consent: [{word}]`, or where the function takes \
             them."
        ));
    }
    places
}

/// How a profile consents.
pub(crate) fn word(consent: Consent) -> &'static str {
    match consent {
        Consent::Smuggling => "smuggling",
        Consent::Flood => "flood",
        Consent::UnsafeMethods => "unsafe-methods",
    }
}

fn reason(consent: Consent) -> &'static str {
    match consent {
        Consent::Smuggling => {
            "Servers may disagree about where such a request ends, and what is left over may reach somebody else."
        }
        Consent::Flood => "It sends more requests at once than a caller would.",
        Consent::UnsafeMethods => "If the target lets it in, it may change something there.",
    }
}
