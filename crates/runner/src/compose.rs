//! Turns a step into the bytes of a request.

use scenario::{Send, Template};
use token::Token;
use wire::{Origin, RequestBytes};

/// Where requests go unless a scenario says otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) origin: Origin,
    pub(crate) path: String,
    pub(crate) method: String,
}

impl Destination {
    /// The path that a step goes to.
    pub(crate) fn path_of<'a>(&'a self, send: &'a Send) -> &'a str {
        send.path.as_deref().unwrap_or(&self.path)
    }

    fn method_of<'a>(&'a self, send: &'a Send) -> &'a str {
        send.method.as_deref().unwrap_or(&self.method)
    }
}

/// Composes the request of a step; `token` fills its templates.
pub(crate) fn compose(send: &Send, token: Option<&Token>, to: &Destination) -> RequestBytes {
    let token = token.map_or("", Token::expose);
    let path = to.path_of(send);
    let target = match &send.query {
        Some(query) => format!("{path}?{}", query.fill(token)),
        None => path.to_owned(),
    };
    let body = send.body.as_ref().map(|body| body.fill(token).into_bytes()).unwrap_or_default();
    let method = to.method_of(send);
    let headers = send.headers.iter().map(|(name, value)| (name.as_str(), value.fill(token)));
    RequestBytes::ordinary(method, &to.origin, &target, headers, body)
}

/// A curl line that sends the same request; `$TOKEN` stands for the token, which is not written down. None where a command line
/// cannot hold what is sent: it has no place for a NUL.
pub(crate) fn replay(send: &Send, to: &Destination, ca: Option<&str>) -> Option<String> {
    let method = to.method_of(send);
    let path = to.path_of(send);
    let query = send.query.as_ref().map(|query| format!("?{}", placed(query))).unwrap_or_default();
    let url = format!("{}{path}{query}", to.origin);

    let mut words = vec!["curl --include".to_owned()];
    if path.contains("/.") || path.to_ascii_lowercase().contains("%2e") {
        words.push("--path-as-is".to_owned());
    }
    if url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    if to.origin.is_https() {
        words.push("--http1.1".to_owned());
        words.extend(ca.map(|file| format!("--cacert {}", quote(file))));
    }
    words.extend(match method {
        "GET" if send.body.is_none() => None,
        "HEAD" => Some("--head".to_owned()),
        _ => Some(format!("--request {}", quote(method))),
    });
    words.extend(send.headers.iter().map(|(name, value)| format!("--header {}", quote(&header(name, &placed(value))))));
    words.extend(body(send, method));
    words.push(quote(&url));
    let holds_nul = send.body.as_ref().is_some_and(|body| body.fill("").contains(TOKEN));
    (!holds_nul).then(|| words.join(" "))
}

/// Stands for the token until its word is quoted: the one character that no command line holds.
const TOKEN: char = '\0';

fn placed(template: &Template) -> String {
    template.fill("\0")
}

/// A header as curl takes it. One without a value is left out unless it is written in a way of its own.
fn header(name: &str, value: &str) -> String {
    if value.trim_ascii().is_empty() { format!("{name};") } else { format!("{name}: {value}") }
}

/// The body, if there is one, without the content type that curl would add.
fn body(send: &Send, method: &str) -> Option<String> {
    // An empty one has a length too, which some servers ask for.
    let empty = || matches!(method, "POST" | "PUT" | "PATCH").then(String::new);
    let body = send.body.as_ref().map(placed).or_else(empty)?;
    let typed = send.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let untyped = if typed { "" } else { "--header Content-Type: " };
    Some(format!("{untyped}--data-raw {}", quote(&body)))
}

/// Quotes a word for a POSIX shell: double quotes where the token must be filled in, single ones elsewhere.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if word.contains(TOKEN) {
        in_double_quotes(word)
    } else if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn in_double_quotes(word: &str) -> String {
    let mut quoted = String::from("\"");
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            TOKEN if letters.peek().is_some_and(|next| next.is_ascii_alphanumeric() || *next == '_') => {
                quoted.push_str("${TOKEN}");
            }
            TOKEN => quoted.push_str("$TOKEN"),
            // An interactive shell looks for this one within double quotes too, and does not take the backslash away.
            '!' => quoted.push_str("\"'!'\""),
            '\\' | '"' | '$' | '`' => quoted.extend(['\\', letter]),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
