//! What a request looks like to the platform, as a scenario writes it.

use authsettings::Credential;
use scenario::{Door, Send, Template};
use token::{Recipe, Version};

use super::part;
use super::reading::Reading;

/// More than this some front end refuses by its size alone.
const LARGEST: usize = 6000;
/// About as long as a token of Entra's.
const TOKEN: usize = 1500;

/// Headers that a front end reads before anybody else, each in its own way.
const OF_THE_FRONT_END: [&str; 10] = [
    "host",
    "connection",
    "upgrade",
    "transfer-encoding",
    "content-length",
    "expect",
    "te",
    "x-forwarded-proto",
    "x-appservice-proto",
    "x-arr-ssl",
];

/// A request as the platform may see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sight {
    pub(super) target: Seen,
    /// One for each way to read its credential; never empty.
    pub(super) readings: Vec<Reading>,
    /// What the answer rests on where the readings differ.
    pub(super) rests_on: &'static str,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// Every reader agrees on it. Texts keep their variables.
    Plainly {
        path: String,
        agent: Option<String>,
        /// Whether nothing but the function itself stands behind the platform: its own path, by the profile's method, without a key.
        function: bool,
    },
    /// Readers may differ over the part that is named.
    Oddly(&'static str),
}

/// The request of a step.
pub(super) fn sight(send: &Send, version: Version, disturbed: bool) -> Sight {
    if send.to == Door::Scm {
        return odd("the deployment site, which has settings of its own");
    }
    let Some(headers) = headers(send) else { return odd("how its lines are read") };
    if let Some(what) = oddity(send, &headers) {
        return odd(what);
    }
    match send.to {
        Door::Gateway => return odd("what the gateway sends on"),
        Door::Previous => return odd("the settings of the previous instance"),
        Door::Function | Door::Excluded | Door::Keyed | Door::WarmUp | Door::Scm => {}
    }
    let Some(path) = path(send) else { return odd("how its target is read") };
    let function = send.method.is_none()
        && match send.to {
            Door::Function => path == OWN_PATHS[0],
            Door::Excluded => path == OWN_PATHS[1],
            Door::Keyed | Door::WarmUp | Door::Scm | Door::Gateway | Door::Previous => false,
        };
    let agent = headers.iter().find(|(name, _)| name == "user-agent").map(|(_, value)| value.clone());
    let (readings, rests_on) = readings(send, &headers, version, disturbed);
    let readings = readings.into_iter().map(Reading::simplest).fold(Vec::new(), |mut kept: Vec<Reading>, reading| {
        if !kept.contains(&reading) {
            kept.push(reading);
        }
        kept
    });
    Sight { target: Seen::Plainly { path, agent, function }, readings, rests_on }
}

const OWN_PATHS: [&str; 4] = ["${target.path}", "${target.excluded}", "${target.keyed}", "${target.warm-up}"];

fn odd(what: &'static str) -> Sight {
    Sight { target: Seen::Oddly(what), readings: vec![Reading::without_token(Credential::None)], rests_on: what }
}

/// The headers and those lines that are nothing else, by their names in small letters. None where one is no plain text.
fn headers(send: &Send) -> Option<Vec<(String, String)>> {
    let headers = send.headers.iter().map(|(name, value)| Some((name.to_ascii_lowercase(), plain(value)?)));
    let lines = send.lines.iter().map(|line| {
        let line = plain(line)?;
        let (name, value) = line.split_once(':')?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        is_name.then(|| (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()))
    });
    headers.chain(lines).collect()
}

/// A template that is visible text in every reader's eyes.
fn plain(template: &Template) -> Option<String> {
    let text = part::text(template.octets())?;
    text.chars().all(|c| c == '\t' || (' '..='~').contains(&c)).then_some(text)
}

/// What about a request front ends may read in several ways, or refuse by themselves.
fn oddity(send: &Send, headers: &[(String, String)]) -> Option<&'static str> {
    let method = send.method.as_deref().unwrap_or("GET");
    let named = |wanted: &str| headers.iter().any(|(name, _)| name == wanted);
    if !send.without.is_empty() || send.version.is_some() {
        return Some("how its lines are read");
    }
    if headers.iter().any(|(name, _)| OF_THE_FRONT_END.contains(&name.as_str())) {
        return Some("how the front end reads its headers");
    }
    if method == "OPTIONS" && (named("origin") || named("access-control-request-method")) {
        return Some("who answers a preflight");
    }
    if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method) {
        return Some("whether its method is taken");
    }
    (size(send, headers) > LARGEST).then_some("whether its size is taken")
}

fn size(send: &Send, headers: &[(String, String)]) -> usize {
    let written: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let tokens = send.token.iter().chain(&send.other_token).map(token_size).sum::<usize>();
    written.saturating_add(tokens)
}

fn token_size(recipe: &Recipe) -> usize {
    let forge = &recipe.forge;
    let edits = [&forge.header_bytes, &forge.payload_bytes];
    let octets = edits.into_iter().flat_map(|edit| [&edit.instead, &edit.first, &edit.last, &edit.before, &edit.after]);
    let bytes = octets.flatten().chain(&forge.shape).map(part::length).fold(0, usize::saturating_add);
    let signature = if let token::Signature::Bytes(octets) = &forge.signature { part::length(octets) } else { 0 };
    let values = forge.header.iter().chain(&recipe.claims).filter_map(|(_, value)| value.as_ref());
    let values: usize = values.map(|value| value.to_string().len()).sum();
    bytes.saturating_add(signature).saturating_add(values) / 3 * 4 + TOKEN
}

/// The path, where every reader finds the same one. None where one may decode or resolve it otherwise than another.
fn path(send: &Send) -> Option<String> {
    let target = match &send.target {
        Some(target) => plain(target)?,
        None => send.path.clone().unwrap_or_else(|| own_path(send.to).to_owned()),
    };
    let path = target.split('?').next().unwrap_or_default();
    let starts =
        path.starts_with('/') || OWN_PATHS.iter().any(|own| path.starts_with(own)) || path.starts_with("${upper:");
    let odd = ["%", "//", "/.", "/${", "\\", ";", "#", " "].iter().any(|odd| path.contains(odd));
    // The endpoints of the platform begin with a dot; a segment of dots alone is something else.
    let endpoint = path.to_ascii_lowercase().starts_with("/.auth") && !path[1..].contains("/.") && !path.contains("//");
    (starts && (!odd || endpoint)).then(|| path.to_owned())
}

fn own_path(door: Door) -> &'static str {
    match door {
        Door::Function => OWN_PATHS[0],
        Door::Excluded => OWN_PATHS[1],
        Door::Keyed => OWN_PATHS[2],
        Door::Gateway | Door::Previous => "",
        Door::WarmUp => OWN_PATHS[3],
        Door::Scm => "/",
    }
}

/// Every way to read the credential, and what decides between them.
fn readings(
    send: &Send,
    headers: &[(String, String)],
    version: Version,
    disturbed: bool,
) -> (Vec<Reading>, &'static str) {
    let tokens: Vec<Reading> = [&send.token, &send.other_token]
        .into_iter()
        .map(|recipe| {
            let token = |recipe| Reading::token(recipe, version, disturbed);
            recipe.as_ref().map_or_else(Reading::invalid, token)
        })
        .collect();
    let values: Vec<&str> =
        headers.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value.as_str()).collect();
    let session = headers
        .iter()
        .any(|(name, value)| name == "x-zumo-auth" || (name == "cookie" && value.contains("AppServiceAuthSession")));
    let none = || Reading::without_token(Credential::None);
    match values.as_slice() {
        [] if session => (vec![none(), Reading::invalid()], "how a session that is none is read"),
        [] => (vec![none()], ""),
        [value] => (authorization(value, &tokens), AUTHORIZATION),
        _ => (every_way(&tokens), AUTHORIZATION),
    }
}

const AUTHORIZATION: &str = "how the Authorization header is read";

/// The ways to read one `Authorization` header. Schemes are compared without case (RFC 9110 section 11.1), but whether the platform
/// does is not known.
fn authorization(value: &str, tokens: &[Reading]) -> Vec<Reading> {
    let value = value.trim_matches([' ', '\t']);
    let (scheme, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    let holds_token = rest.contains("${token}") || rest.contains("${other-token}");
    let other = || Reading::without_token(Credential::OtherScheme);
    if value.is_empty() {
        vec![Reading::without_token(Credential::None)]
    } else if value.contains(',') || value.contains('\t') {
        every_way(tokens)
    } else if !scheme.eq_ignore_ascii_case("bearer") {
        vec![other()]
    } else if rest == "${token}" {
        let token = tokens.first().cloned();
        token.into_iter().chain((scheme != "Bearer").then(other)).collect()
    } else if rest.is_empty() {
        vec![Reading::without_token(Credential::None), Reading::invalid()]
    } else if holds_token {
        every_way(tokens)
    } else {
        vec![Reading::invalid()]
    }
}

/// As no credential, as one of another scheme, as a token that is none, and as any of the tokens.
fn every_way(tokens: &[Reading]) -> Vec<Reading> {
    let plain = [Reading::without_token(Credential::None), Reading::without_token(Credential::OtherScheme)];
    plain.into_iter().chain([Reading::invalid()]).chain(tokens.iter().cloned()).collect()
}
