//! What is sent.

use diagnostics::{Node, Problems, Span, Value};
use token::{Octets, Piece, Recipe};

use crate::template::Template;
use crate::{octets, recipe};

/// A request, but for what the profile adds: where the target is, and what is at its path. The default is a plain request
/// without a token.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Send {
    /// Which of the target's functions it is for.
    pub to: Door,
    /// The method; none: the profile's.
    pub method: Option<String>,
    /// The path, with its slash and without a query; none: the profile's.
    pub path: Option<String>,
    /// The query, without its question mark.
    pub query: Option<Template>,
    /// Headers in the order in which they are sent; one that is sent twice stands here twice. The token is among them: an
    /// `Authorization` header comes first unless the scenario puts the token elsewhere.
    pub headers: Vec<(String, Template)>,
    /// The body.
    pub body: Option<Template>,
    /// The very request target, in place of path and query.
    pub target: Option<Template>,
    /// Header lines sent as they are, behind the headers, each with a CR LF at its end; whatever stands in them.
    pub lines: Vec<Template>,
    /// Headers that are otherwise added, such as `Host`, `Content-Length` or the key of a gateway, and are not.
    pub without: Vec<String>,
    /// What stands at the end of the request line in place of `HTTP/1.1`.
    pub version: Option<String>,
    /// How the token is made that fills the templates. None: no template wants one.
    pub token: Option<Recipe>,
    /// How the second token is made, `${other-token}`.
    pub other_token: Option<Recipe>,
}

/// Which function a request is for, and by which way: the profile says where each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Door {
    /// The one that is protected: `target.path`.
    #[default]
    Function,
    /// The one on an excluded path: `target.excluded`.
    Excluded,
    /// The protected one that asks for a key as well: `target.keyed`.
    Keyed,
    /// The path that goes round authentication while the app warms up: `target.warm-up`.
    WarmUp,
    /// The site that the app is deployed by, another host: `target.scm`.
    Scm,
    /// The protected one, through the gateway in front of it: `gateway`. Its subscription key is sent along.
    Gateway,
    /// The one of the instance that is replaced: `previous`. Its key is sent along.
    Previous,
}

impl Door {
    /// The header in which the key of this way is sent along.
    pub fn key_header(self) -> Option<&'static str> {
        match self {
            Self::Gateway => Some("Ocp-Apim-Subscription-Key"),
            Self::Previous => Some("x-functions-key"),
            Self::Function | Self::Excluded | Self::Keyed | Self::WarmUp | Self::Scm => None,
        }
    }
}

const DOORS: [(&str, Door); 7] = [
    ("function", Door::Function),
    ("excluded", Door::Excluded),
    ("keyed", Door::Keyed),
    ("gateway", Door::Gateway),
    ("previous", Door::Previous),
    ("warm-up", Door::WarmUp),
    ("scm", Door::Scm),
];

impl Send {
    /// Everything in it that may have variables, but for the recipes.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let headers = self.headers.iter().map(|(_, value)| value);
        headers.chain(&self.query).chain(&self.body).chain(&self.target).chain(&self.lines)
    }
}

/// Reads `send:`.
pub(crate) fn read(node: &Node, problems: &Problems) -> Option<Send> {
    let fields = problems.fields(node)?;
    let to = fields.optional("to").and_then(|node| problems.word(node, &DOORS)).unwrap_or_default();
    let method = fields.optional("method").and_then(|node| method(node, problems));
    let path = fields.optional("path").and_then(|node| path_from(&["/", "${"], node, problems));
    let query = fields.optional("query").and_then(|node| query(node, problems));
    let target = fields.optional("target").and_then(|node| octets::read(node, problems)).map(Template::from);
    let mut headers = fields.optional("headers").map(|node| headers(node, problems)).unwrap_or_default();
    let lines = fields.optional("lines").map(|node| lines(node, problems)).unwrap_or_default();
    let without = fields.optional("without").map(|node| names(node, problems)).unwrap_or_default();
    let version = fields.optional("version").and_then(|node| version(node, problems));
    let body = fields.optional("body").and_then(|node| octets::read(node, problems)).map(Template::from);
    let token = fields.optional("token").map(|node| (node, recipe::read(node, problems)));
    let other_token = fields.optional("other-token").map(|node| (node, recipe::read(node, problems)));
    let authorization = fields.optional("authorization").and_then(|node| {
        if let Some((name, _)) = headers.iter().find(|(name, _)| is_authorization(name)) {
            problems.error(node.span, format!("`{name}` is among the headers too"), "keep one of the two");
        }
        header_bytes(node, problems)
    });
    for (key, node) in fields.entries() {
        if target.is_some() && ["path", "query"].contains(&key.text.as_str()) && node.value != Value::Null {
            let message = format!("`{}` stands beside `target`", key.text);
            problems.error(key.span, message, "`target` is the whole of it: write path and query in it");
        }
    }
    fields.finish();

    if let Some(value) = authorization {
        headers.insert(0, ("Authorization".to_owned(), value));
    }
    let mut send = Send { to, method, path, query, headers, body, target, lines, without, version, ..Send::default() };
    place(
        &mut send,
        node.span,
        (token.as_ref().map(|(node, _)| *node), other_token.as_ref().map(|(node, _)| *node)),
        problems,
    );
    send.token = token.and_then(|(_, recipe)| recipe);
    send.other_token = other_token.and_then(|(_, recipe)| recipe);
    Some(send)
}

/// Sees to it that every token is sent somewhere, and none is sent that is not there.
fn place(send: &mut Send, span: Span, (token, other): (Option<&Node>, Option<&Node>), problems: &Problems) {
    let wants = |name: &str| send.templates().any(|template| template.wants(name));
    match (other, wants("other-token")) {
        (None, true) => {
            let message = "`${other-token}` stands for the second token of this step, which has none";
            problems.error(span, message, "add `other-token: { caller: ... }`");
        }
        (Some(node), false) => {
            let help = "write `${other-token}` where it belongs, or remove it";
            problems.error(node.span, "the second token is sent nowhere", help);
        }
        _ => {}
    }
    match (token, wants("token")) {
        (None, true) => {
            let message = "`${token}` stands for the token of this step, which has none";
            problems.error(span, message, "add `token: { caller: ... }`");
        }
        // Where the scenario does not say where the token goes, it goes where a bearer token belongs (RFC 6750 section 2.1).
        (Some(node), false) => {
            if let Some((name, _)) = send.headers.iter().find(|(name, _)| is_authorization(name)) {
                let message = format!("this token is sent nowhere: `{name}` is set without it");
                problems.error(node.span, message, "write `${token}` where it belongs, or remove it");
            }
            send.headers.insert(0, ("Authorization".to_owned(), Template::new("Bearer ${token}")));
        }
        _ => {}
    }
}

fn is_authorization(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// A method: any token of RFC 9110 section 5.6.2, in the very letters.
pub(crate) fn method(node: &Node, problems: &Problems) -> Option<String> {
    let text = problems.text(node)?;
    if is_token(text) {
        return Some(text.to_owned());
    }
    problems.error(node.span, format!("{text:?} is not a method"), "write GET, POST or another single word");
    None
}

/// A path: it starts with a slash and has nothing that would end it.
pub(crate) fn path(node: &Node, problems: &Problems) -> Option<String> {
    path_from(&["/"], node, problems)
}

/// A path that starts with a slash or with one of some other beginnings.
fn path_from(beginnings: &[&str], node: &Node, problems: &Problems) -> Option<String> {
    let text = problems.text(node)?;
    let help = if !beginnings.iter().any(|beginning| text.starts_with(beginning)) {
        "a path starts with a slash: `/api/orders`"
    } else if text.contains('?') {
        "write what follows `?` as `query:`"
    } else if text.contains('#') || !is_visible(text) {
        "write blanks, `#` and letters outside ASCII percent-encoded"
    } else {
        return Some(text.to_owned());
    };
    problems.error(node.span, format!("{text:?} is not a path"), help);
    None
}

fn query(node: &Node, problems: &Problems) -> Option<Template> {
    let text = problems.text(node)?;
    let help = if text.starts_with('?') {
        "leave out the question mark"
    } else if text.contains('#') || !is_visible(text) {
        "write blanks, `#` and letters outside ASCII percent-encoded"
    } else {
        return Some(Template::new(text));
    };
    problems.error(node.span, format!("{text:?} is not a query"), help);
    None
}

/// Headers: a mapping of names to bytes, or to a list of those where one is sent several times.
fn headers(node: &Node, problems: &Problems) -> Vec<(String, Template)> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let mut headers = Vec::new();
    for (key, node) in fields.entries() {
        let name = header_name(&key.text, key.span, problems);
        let values = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for value in values.iter().filter_map(|value| header_bytes(value, problems)) {
            headers.extend(name.clone().map(|name| (name, value)));
        }
    }
    headers
}

/// Header lines as they are.
fn lines(node: &Node, problems: &Problems) -> Vec<Template> {
    let items = problems.list(node).unwrap_or_default();
    items.iter().filter_map(|item| octets::read(item, problems)).map(Template::from).collect()
}

fn names(node: &Node, problems: &Problems) -> Vec<String> {
    let items = problems.list(node).unwrap_or_default();
    items.iter().filter_map(|item| header_name(problems.text(item)?, item.span, problems)).collect()
}

fn version(node: &Node, problems: &Problems) -> Option<String> {
    let text = problems.text(node)?;
    if text.contains(char::is_control) {
        problems.error(node.span, "the version is one line", "such as `HTTP/1.0`; other bytes go into `lines`");
        return None;
    }
    Some(text.to_owned())
}

/// A header's name: a token of RFC 9110 section 5.6.2.
pub(crate) fn header_name(text: &str, span: Span, problems: &Problems) -> Option<String> {
    if is_token(text) {
        return Some(text.to_owned());
    }
    let help = "letters, digits and dashes; no blank and no colon";
    problems.error(span, format!("{text:?} is not a header name"), help);
    None
}

/// A header's value: one line (RFC 9110 section 5.5).
pub(crate) fn header_value<'a>(node: &'a Node, problems: &Problems) -> Option<&'a str> {
    let text = problems.text(node)?;
    if !text.contains(|c: char| c.is_control() && c != '\t') {
        return Some(text);
    }
    one_line(node, &Octets(vec![Piece::Text(text.to_owned())]), problems);
    None
}

/// A header's value as bytes, on one line too.
fn header_bytes(node: &Node, problems: &Problems) -> Option<Template> {
    let octets = octets::read(node, problems)?;
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    let bad = octets.0.iter().any(|piece| match piece {
        Piece::Text(text) | Piece::Repeat { repeat: text, .. } => text.contains(|c: char| c.is_control() && c != '\t'),
        Piece::Hex { hex } => octets::bytes_of(hex).unwrap_or_default().iter().any(is_control),
    });
    if bad {
        one_line(node, &octets, problems);
        return None;
    }
    Some(Template::from(octets))
}

fn one_line(node: &Node, octets: &Octets, problems: &Problems) {
    let has_break = Template::from(octets.clone()).to_string().contains(['\r', '\n']);
    let what = if has_break { "a line break" } else { "a control character" };
    let help = "write it on one line, in quotes; `lines:` takes any byte";
    problems.error(node.span, format!("a header's value cannot have {what}"), help);
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

pub(crate) fn is_visible(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}
