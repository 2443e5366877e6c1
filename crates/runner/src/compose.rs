//! Turns a step into the bytes of a request.

use scenario::Send;
use token::Token;
use wire::{Origin, RequestBytes};

/// Where requests go unless a scenario says otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub(crate) origin: Origin,
    pub(crate) path: String,
    pub(crate) method: String,
}

/// Composes the request of a step; `token` fills its templates.
pub(crate) fn compose(send: &Send, token: Option<&Token>, to: &Destination) -> RequestBytes {
    let token = token.map_or("", Token::expose);
    let path = send.path.as_deref().unwrap_or(&to.path);
    let target = match &send.query {
        Some(query) => format!("{path}?{}", query.fill(token)),
        None => path.to_owned(),
    };
    let body = send.body.as_ref().map(|body| body.fill(token).into_bytes()).unwrap_or_default();
    let method = send.method.as_deref().unwrap_or(&to.method);
    let headers = send.headers.iter().map(|(name, value)| (name.as_str(), value.fill(token)));
    RequestBytes::ordinary(method, &to.origin, &target, headers, body)
}

/// A curl line that sends the same request; `$TOKEN` stands for the token, which is not written down.
pub(crate) fn replay(send: &Send, to: &Destination, ca: Option<&str>) -> String {
    let request = compose(send, None, to);
    let placed = |template: &scenario::Template| template.fill("$TOKEN");
    let mut words = vec!["curl --include --path-as-is".to_owned()];
    words.extend(ca.map(|file| format!("--cacert {}", quote(file))));
    if request.method != b"GET" {
        words.push(format!("--request {}", quote(&String::from_utf8_lossy(&request.method))));
    }
    words.extend(
        send.headers.iter().map(|(name, value)| format!("--header {}", quote(&format!("{name}: {}", placed(value))))),
    );
    words.extend(send.body.as_ref().map(|body| format!("--data-binary {}", quote(&placed(body)))));
    let query = send.query.as_ref().map(|query| format!("?{}", placed(query))).unwrap_or_default();
    let path = send.path.as_deref().unwrap_or(&to.path);
    words.push(quote(&format!("{}{path}{query}", to.origin)));
    words.join(" ")
}

/// Quotes a word for a POSIX shell: double quotes where a variable must be filled in, single ones elsewhere.
fn quote(word: &str) -> String {
    if word.contains("$TOKEN") {
        let kept = word
            .replace("$TOKEN", "\u{0}")
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('$', "\\$")
            .replace('`', "\\`");
        return format!("\"{}\"", kept.replace('\u{0}', "$TOKEN"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
