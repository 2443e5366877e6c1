//! What is sent.

use diagnostics::{Node, Problems, Span, Value};
use token::Recipe;

use crate::recipe;
use crate::template::{TOKEN, Template};

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
    /// Headers that are otherwise added, such as `Host` or `Content-Length`, and are not.
    pub without: Vec<String>,
    /// What stands at the end of the request line in place of `HTTP/1.1`.
    pub version: Option<String>,
    /// How the token is made that fills the templates. None: no template wants one.
    pub token: Option<Recipe>,
    /// How the second token is made, `${other-token}`.
    pub other_token: Option<Recipe>,
}

/// Which of the target's functions a request is for: the profile says where each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Door {
    /// The one that is protected: `target.path`.
    #[default]
    Function,
    /// The one on an excluded path: `target.excluded`.
    Excluded,
    /// The protected one that asks for a key as well: `target.keyed`.
    Keyed,
}

/// Reads `send:`.
pub(crate) fn read(node: &Node, problems: &Problems) -> Option<Send> {
    let fields = problems.fields(node)?;
    let method = fields.optional("method").and_then(|node| method(node, problems));
    let path = fields.optional("path").and_then(|node| path(node, problems));
    let query = fields.optional("query").and_then(|node| query(node, problems));
    let listed = fields.optional("headers").map(|node| headers(node, problems)).unwrap_or_default();
    let body = fields.optional("body").and_then(|node| problems.text(node)).map(Template::new);
    let token_node = fields.optional("token");
    let token = token_node.and_then(|node| recipe::read(node, problems));
    let authorization = fields.optional("authorization").and_then(|node| {
        if let Some((name, _)) = listed.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            problems.error(node.span, format!("`{name}` is among the headers too"), "keep one of the two");
        }
        header_value(node, problems).map(Template::new)
    });
    fields.finish();

    let mut headers: Vec<(String, Template)> = Vec::new();
    headers.extend(authorization.map(|value| ("Authorization".to_owned(), value)));
    headers.extend(listed);
    let mut templates = headers.iter().map(|(_, value)| value).chain(&query).chain(&body);
    match (token_node, templates.any(Template::wants_token)) {
        (None, true) => {
            let message = format!("`{TOKEN}` stands for the token of this step, which has none");
            problems.error(node.span, message, "add `token: { caller: ... }`");
        }
        // Where the scenario does not say where the token goes, it goes where a bearer token belongs (RFC 6750 section 2.1).
        (Some(node), false) => {
            if let Some((name, _)) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
                let message = format!("this token is sent nowhere: `{name}` is set without it");
                problems.error(node.span, message, format!("write `{TOKEN}` where it belongs, or remove it"));
            }
            headers.insert(0, ("Authorization".to_owned(), Template::new(format!("Bearer {TOKEN}"))));
        }
        _ => {}
    }
    Some(Send { method, path, query, headers, body, token, ..Send::default() })
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
    let text = problems.text(node)?;
    let help = if !text.starts_with('/') {
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

/// Headers: a mapping of names to a text, or to a list of texts where one is sent several times.
fn headers(node: &Node, problems: &Problems) -> Vec<(String, Template)> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let mut headers = Vec::new();
    for (key, node) in fields.entries() {
        let name = header_name(&key.text, key.span, problems);
        let values = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for value in values.iter().filter_map(|value| header_value(value, problems)) {
            headers.extend(name.clone().map(|name| (name, Template::new(value))));
        }
    }
    headers
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
    let what = if text.contains(['\r', '\n']) { "a line break" } else { "a control character" };
    problems.error(node.span, format!("a header's value cannot have {what}"), "write it on one line, in quotes");
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn is_visible(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}
