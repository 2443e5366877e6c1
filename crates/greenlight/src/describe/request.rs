//! What is sent.

use scenario::{Door, Send, Template};

use super::phrase::{code, octets};
use super::token;

/// Where the token stands unless a scenario says otherwise.
const BEARER: &str = "Bearer ${token}";

/// A request in sentences.
pub(super) fn request(send: &Send, times: u32) -> Vec<String> {
    let mut told = vec![request_line(send, times)];
    let is_authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    match &send.token {
        Some(recipe) => told.extend(token::recipe("The token", recipe)),
        None if !send.headers.iter().any(|(name, _)| is_authorization(name)) => told.push("No token.".to_owned()),
        None => {}
    }
    if let Some(recipe) = &send.other_token {
        told.extend(token::recipe("The other token", recipe));
    }
    for (name, value) in &send.headers {
        if !(is_authorization(name) && value.to_string() == BEARER) {
            told.push(format!("The header {} with {}.", code(name), template(value)));
        }
    }
    for name in &send.without {
        told.push(format!("No header {}.", code(name)));
    }
    for line in &send.lines {
        told.push(format!("The header line {}, just so.", template(line)));
    }
    if let Some(body) = &send.body {
        told.push(format!("The body {}.", template(body)));
    }
    told
}

fn request_line(send: &Send, times: u32) -> String {
    let what = send
        .method
        .as_ref()
        .map_or_else(|| "A request".to_owned(), |method| format!("A request with the method {}", code(method)));
    let door = match send.to {
        Door::Excluded => "to the function on the excluded path",
        Door::Keyed => "to the function that asks for a key as well",
        Door::Gateway => "through the gateway",
        Door::Previous => "to the previous instance",
        Door::WarmUp => "to the warm-up path",
        Door::Scm => "to the site that the app is deployed by",
        Door::Function if send.path.is_some() || send.target.is_some() => "to the target",
        Door::Function => "to the protected function",
    };
    let details = [
        send.path.as_ref().map(|path| format!("at {}", code(path))),
        send.target.as_ref().map(|target| format!("for exactly {}", template(target))),
        send.query.as_ref().map(|query| format!("with the query {}", template(query))),
        send.version.as_ref().map(|version| format!("as {}", code(version))),
        (times > 1).then(|| format!("{times} times, each with a token made afresh")),
    ];
    let details = details.into_iter().flatten();
    format!("{}.", [format!("{what} {door}")].into_iter().chain(details).collect::<Vec<_>>().join(", "))
}

fn template(template: &Template) -> String {
    octets(template.octets())
}
