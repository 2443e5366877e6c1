//! Turns a step into the bytes of a request.

use scenario::{Door, Marker, Opening, Send, Template};
use token::OctetsError;
use token::variables::fill;
use wire::{Origin, RequestBytes};

use crate::known::Values;

/// Where requests go unless a scenario says otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) origin: Origin,
    pub(crate) method: String,
    /// The protected function.
    pub(crate) function: Opening,
    pub(crate) excluded: Option<Opening>,
    pub(crate) keyed: Option<Opening>,
    pub(crate) warm_up: Option<Opening>,
    /// The deployment site. Whatever it answers with success is no refusal.
    pub(crate) scm: Option<(Origin, Opening)>,
    /// What curl must be told to find it too, word by word.
    pub(crate) curl: Vec<String>,
    pub(crate) gateway: Option<Elsewhere>,
    pub(crate) previous: Option<Elsewhere>,
}

/// Another way to the function than straight to the target.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    pub(crate) origin: Origin,
    pub(crate) method: Option<String>,
    pub(crate) function: Opening,
    /// What opens it.
    pub(crate) key: Option<String>,
}

impl Destination {
    /// The way that a step takes, where it does not lead straight to the target. What was planned is there.
    fn elsewhere(&self, send: &Send) -> Option<&Elsewhere> {
        match send.to {
            Door::Gateway => self.gateway.as_ref(),
            Door::Previous => self.previous.as_ref(),
            Door::Function | Door::Excluded | Door::Keyed | Door::WarmUp | Door::Scm => None,
        }
    }

    /// What is known of the function that a step is for.
    fn door(&self, send: &Send) -> &Opening {
        let door = match send.to {
            Door::Function => None,
            Door::Excluded => self.excluded.as_ref(),
            Door::Keyed => self.keyed.as_ref(),
            Door::Gateway | Door::Previous => self.elsewhere(send).map(|elsewhere| &elsewhere.function),
            Door::WarmUp => self.warm_up.as_ref(),
            Door::Scm => self.scm.as_ref().map(|(_, opening)| opening),
        };
        door.unwrap_or(&self.function)
    }

    /// How to tell that the function answered which a step is for.
    pub(crate) fn marker_of(&self, send: &Send) -> Option<&Marker> {
        self.door(send).marker.as_ref()
    }

    /// The server that a step goes to.
    pub(crate) fn origin_of(&self, send: &Send) -> &Origin {
        let scm = self.scm.as_ref().filter(|_| send.to == Door::Scm).map(|(origin, _)| origin);
        scm.or_else(|| self.elsewhere(send).map(|elsewhere| &elsewhere.origin)).unwrap_or(&self.origin)
    }

    /// The path that a step goes to, with its variables.
    pub(crate) fn path_of<'a>(&'a self, send: &'a Send) -> &'a str {
        send.path.as_deref().unwrap_or(&self.door(send).path)
    }

    /// The request line of a step with the whole address, its names not filled.
    pub(crate) fn line(&self, send: &Send) -> String {
        let origin = self.origin_of(send);
        let target = match (&send.target, &send.query) {
            (Some(target), _) => format!(" {target}"),
            (None, Some(query)) => format!("{}?{query}", self.path_of(send)),
            (None, None) => self.path_of(send).to_owned(),
        };
        format!("{} {origin}{target}", self.method_of(send))
    }

    fn method_of<'a>(&'a self, send: &'a Send) -> &'a str {
        let own = self.elsewhere(send).and_then(|elsewhere| elsewhere.method.as_deref());
        send.method.as_deref().or(own).unwrap_or(&self.method)
    }

    /// The key that is sent along, and in which header.
    fn key_of(&self, send: &Send) -> Option<(&'static str, &str)> {
        Some((send.to.key_header()?, self.elsewhere(send)?.key.as_deref()?))
    }
}

/// Composes the request of a step. An error names the variable that nothing fills: such a request is not sent.
pub(crate) fn compose(send: &Send, values: &Values<'_>, to: &Destination) -> Result<RequestBytes, OctetsError> {
    let bytes = |template: &Template| template.octets().bytes(&|name| values.bytes(name));
    let target = if let Some(target) = &send.target {
        bytes(target)?
    } else {
        let mut target = fill(to.path_of(send), &|name| values.text(name))?.into_bytes();
        if let Some(query) = &send.query {
            target.push(b'?');
            target.extend(bytes(query)?);
        }
        target
    };
    let named = send.headers.iter().map(|(name, value)| Ok((name.as_str(), bytes(value)?)));
    let named = named.collect::<Result<Vec<_>, OctetsError>>()?;
    let body = send.body.as_ref().map(bytes).transpose()?.unwrap_or_default();
    // What the scenario itself sends it does send.
    let is_own = |name: &[u8]| send.headers.iter().any(|(own, _)| own.as_bytes().eq_ignore_ascii_case(name));
    let key = to.key_of(send).filter(|(name, _)| !is_own(name.as_bytes()));
    let key = key.map(|(name, key)| (name, key.as_bytes().to_vec()));
    let headers = named.into_iter().chain(key);
    let mut request = RequestBytes::ordinary(to.method_of(send), to.origin_of(send), target, headers, body);
    let is_left_out = |name: &[u8]| send.without.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(name));
    request.headers.retain(|(name, _)| is_own(name) || !is_left_out(name));
    request.lines = send.lines.iter().map(bytes).collect::<Result<_, _>>()?;
    request.version = send.version.as_ref().map(|version| version.clone().into_bytes());
    Ok(request)
}

/// A curl line that sends the same request, where curl can say it; `$TOKEN` stands for the token, which is not written down. None
/// where curl cannot: it has no place for a NUL, for bytes that are no text, for a second token, for lines that are no headers.
pub(crate) fn replay(send: &Send, values: &Values<'_>, to: &Destination, ca: Option<&str>) -> Option<String> {
    let placeholder = token::Token::new(TOKEN.to_string());
    let values = &Values { token: Some(&placeholder), ..*values };
    let bytes = |template: &Template| template.octets().bytes(&|name| values.bytes(name)).ok();
    let text = |template: &Template| String::from_utf8(bytes(template)?).ok();
    if send.other_token.is_some() || holds_nul(send, values) {
        return None;
    }
    let method = to.method_of(send);
    let (path, query) = if send.target.is_some() {
        ("/".to_owned(), String::new())
    } else {
        let query = send.query.as_ref().map(|query| Some(format!("?{}", text(query)?)));
        (fill(to.path_of(send), &|name| values.text(name)).ok()?, query.unwrap_or(Some(String::new()))?)
    };
    let origin = to.origin_of(send);
    let url = format!("{origin}{path}{query}");

    let mut words = vec!["curl --include".to_owned()];
    if let Some(target) = &send.target {
        let target = text(target).filter(|target| target.bytes().all(|byte| byte.is_ascii_graphic() || byte == 0))?;
        words.push(format!("--request-target {}", quote(&target)));
    }
    if path.contains("/.") || path.to_ascii_lowercase().contains("%2e") {
        words.push("--path-as-is".to_owned());
    }
    if url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    words.extend(match send.version.as_deref() {
        None if origin.is_https() => Some("--http1.1".to_owned()),
        None | Some("HTTP/1.1") => None,
        Some("HTTP/1.0") => Some("--http1.0".to_owned()),
        Some(_) => return None,
    });
    if origin.is_https() {
        words.extend(ca.map(|file| format!("--cacert {}", quote(file))));
    }
    words.extend_from_slice(&to.curl);
    words.extend(match method {
        "GET" if send.body.is_none() => None,
        "HEAD" => Some("--head".to_owned()),
        _ => Some(format!("--request {}", quote(method))),
    });
    for (name, value) in &send.headers {
        words.push(format!("--header {}", quote(&header(name, &text(value)?))));
    }
    let is_own = |name: &str| send.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let is_left_out = |name: &str| send.without.iter().any(|one| one.eq_ignore_ascii_case(name));
    if let Some((name, key)) = to.key_of(send).filter(|(name, _)| !is_own(name) && !is_left_out(name)) {
        words.push(format!("--header {}", quote(&format!("{name}: {key}"))));
    }
    for line in &send.lines {
        words.push(format!("--header {}", quote(&plain_line(&text(line)?)?)));
    }
    for name in &send.without {
        words.push(format!("--header {}", quote(&format!("{name}:"))));
    }
    let body = match &send.body {
        Some(body) => Some(text(body)?),
        None => None,
    };
    words.extend(self::body(send, body, method));
    words.push(quote(&url));
    Some(words.join(" "))
}

/// Stands for the token until its word is quoted: the one character that no command line holds.
const TOKEN: char = '\0';

fn holds_nul(send: &Send, values: &Values<'_>) -> bool {
    let values = Values { token: None, ..*values };
    let bytes = |template: &Template| template.octets().bytes(&|name| values.bytes(name).or(Some(Vec::new())));
    let templates =
        send.headers.iter().map(|(_, value)| value).chain(&send.body).chain(&send.target).chain(&send.lines);
    templates.map(bytes).any(|bytes| bytes.is_ok_and(|bytes| bytes.contains(&0)))
}

/// A line that curl would send as it is: one that names a header which it neither writes itself nor takes for another.
fn plain_line(line: &str) -> Option<String> {
    const CURLS_OWN: [&str; 6] = ["host", "user-agent", "accept", "content-length", "transfer-encoding", "connection"];
    let (name, value) = line.split_once(": ")?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_value = !value.is_empty() && value.trim_ascii() == value && !value.contains(['\r', '\n']);
    let is_free = !CURLS_OWN.iter().any(|own| own.eq_ignore_ascii_case(name));
    (is_name && is_value && is_free).then(|| line.to_owned())
}

/// A header as curl takes it. One without a value is left out unless it is written in a way of its own.
fn header(name: &str, value: &str) -> String {
    if value.trim_ascii().is_empty() { format!("{name};") } else { format!("{name}: {value}") }
}

/// The body, if there is one, without the content type that curl would add.
fn body(send: &Send, body: Option<String>, method: &str) -> Option<String> {
    // An empty one has a length too, which some servers ask for.
    let empty = || matches!(method, "POST" | "PUT" | "PATCH").then(String::new);
    let body = body.or_else(empty)?;
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
