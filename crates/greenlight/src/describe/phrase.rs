//! Values, spans of time and lists as people read them.

use serde_json::Value;
use token::{Octets, Piece};

/// Longer values are cut: what matters stands at their beginning, and the file has the whole.
const LONG: usize = 160;

/// A value between backticks, as Markdown wants it; what cannot be printed is escaped.
pub(crate) fn code(text: &str) -> String {
    let mut shown: String = text.chars().take(LONG).flat_map(printable).collect();
    let rest = text.chars().count().saturating_sub(LONG);
    let more = if rest > 0 { format!(" and {rest} more characters") } else { String::new() };
    if shown.is_empty() {
        return "an empty text".to_owned();
    }
    let fence = "`".repeat(longest_run(&shown, '`') + 1);
    // CommonMark takes one blank from each end of a code span where both ends have one.
    if shown.starts_with('`') || shown.ends_with('`') || (shown.starts_with(' ') && shown.ends_with(' ')) {
        shown = format!(" {shown} ");
    }
    format!("{fence}{shown}{fence}{more}")
}

fn printable(c: char) -> Vec<char> {
    if c.is_control() || (c.is_whitespace() && c != ' ') || ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}' {
        return c.escape_default().collect();
    }
    vec![c]
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or_default()
}

/// A JSON value, with its quotes: a number and its text are told apart. What is one variable takes the type of what is put in.
pub(super) fn json(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with("${") && text.find('}') == Some(text.len() - 1) => code(text),
        _ => code(&value.to_string()),
    }
}

/// Bytes.
pub(super) fn octets(octets: &Octets) -> String {
    let pieces: Vec<String> = octets.0.iter().map(piece).collect();
    if pieces.is_empty() { "nothing".to_owned() } else { pieces.join(", then ") }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => code(text),
        Piece::Hex { hex } if hex.len() == 2 => format!("the byte {}", code(hex)),
        Piece::Hex { hex } => format!("the bytes {}", code(hex)),
        Piece::Repeat { repeat, times } => format!("{} {times} times", code(repeat)),
    }
}

/// `1 hour`, `90 seconds`.
pub(super) fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (number, unit) = match seconds {
        0 => (0, "second"),
        _ if seconds.is_multiple_of(24 * 60 * 60) => (seconds / (24 * 60 * 60), "day"),
        _ if seconds.is_multiple_of(60 * 60) => (seconds / (60 * 60), "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// `1 hour ago`, `1 hour from now`.
pub(super) fn moment(seconds: i64) -> String {
    match seconds {
        0 => "now".to_owned(),
        ..0 => format!("{} ago", span(seconds)),
        _ => format!("{} from now", span(seconds)),
    }
}

/// `0.3 s`, `12 ms`.
pub(super) fn milliseconds(milliseconds: u64) -> String {
    if milliseconds.is_multiple_of(100) && milliseconds >= 1000 {
        let (whole, tenths) = (milliseconds / 1000, milliseconds % 1000 / 100);
        return if tenths == 0 { format!("{whole} s") } else { format!("{whole}.{tenths} s") };
    }
    format!("{milliseconds} ms")
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// Says what each variable in these texts stands for, in the order in which they come.
pub(super) fn glossary<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for mut rest in texts {
        while let Some(at) = rest.find("${") {
            let Some(length) = rest[at..].find('}') else { break };
            let name = &rest[at + 2..at + length];
            if !names.contains(&name) {
                names.push(name);
            }
            rest = &rest[at + length + 1..];
        }
    }
    names.iter().filter_map(|name| Some(format!("`${{{name}}}` is {}.", meaning(name)?))).collect()
}

/// What is put in where this variable stands; none where that is plain, or where it is no variable.
fn meaning(name: &str) -> Option<String> {
    if let Some((prefix, of)) = name.split_once(':') {
        let meaning = meaning(of)?;
        return match prefix {
            "upper" => Some(format!("{meaning}, in capital letters")),
            "lower" => Some(format!("{meaning}, in small letters")),
            "text" => Some(format!("{meaning}, as text")),
            _ => None,
        };
    }
    let fixed = match name {
        "header" => "the token's header, encoded",
        "payload" => "the token's payload, encoded",
        "signature" => "the token's signature, encoded",
        "target.host" => "the target's host (and port)",
        "target.path" => "the function's path",
        "target.excluded" => "the excluded path",
        "target.keyed" => "the path of the function that asks for a key",
        "target.audience" => "the client id of the API that the target is",
        "target.tenant" => "the id of the target's tenant",
        "key.master" => "the Functions host's master key",
        "key.host" => "a host key of the Functions host",
        "key.function" => "the function's own key",
        "key.system" => "a system key of the Functions host",
        "sink.url" => "a URL of greenlight's own, at which it watches who comes",
        "sink.authority" => "host and port at which greenlight watches who comes",
        "sink.path" => "the path at which greenlight watches who comes",
        "stranger.jwk" => "the public key of a stranger",
        "stranger.kid" => "the key id of a stranger's key",
        "stranger.x5c" => "the self-signed certificate of a stranger's key",
        "stranger-ec.jwk" => "the public P-256 key of a stranger",
        "stranger-ec.kid" => "the key id of a stranger's P-256 key",
        "issuer.jwk" => "the issuer's key as it publishes it",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    if let Some(member) = name.strip_prefix("issued.header.") {
        return Some(format!("the header member {} of the token as issued", code(member)));
    }
    let (namespace, of) = name.split_once('.')?;
    match namespace {
        "issued" => Some(format!("the claim {} of the token as issued", code(of))),
        "caller" => Some(format!("the client id of {}", super::token::caller(of))),
        "object" => Some(format!("the object id of {}", super::token::caller(of))),
        "tenant" => Some(format!("the id of the tenant in which {} lives", super::token::caller(of))),
        "api" => Some(format!("the client id of the API {}", code(of))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{code, glossary, list, moment};
    use rstest::rstest;

    #[rstest]
    #[case::plain("none", "`none`")]
    #[case::nothing("", "an empty text")]
    #[case::a_line_break("a\r\nb", r"`a\r\nb`")]
    #[case::unseen("a\u{200b}\u{feff}\t", r"`a\u{200b}\u{feff}\t`")]
    #[case::backticks("a`b", "``a`b``")]
    #[case::a_backtick_at_the_end("`id`", "`` `id` ``")]
    fn values_stand_between_backticks(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(code(text), expected);
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(code(&"x".repeat(200)), format!("`{}` and 40 more characters", "x".repeat(160)));
    }

    #[rstest]
    #[case(-3600, "1 hour ago")]
    #[case(0, "now")]
    #[case(90, "90 seconds from now")]
    #[case(13 * 3600, "13 hours from now")]
    #[case(i64::MIN, "9223372036854775808 seconds ago")]
    fn moments_have_the_largest_unit_that_is_exact(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(moment(seconds), expected);
    }

    #[test]
    fn a_list_ends_with_a_word() {
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()], "or"), "a, b or c");
    }

    #[test]
    fn each_variable_is_told_once_and_what_is_none_is_not() {
        let told = glossary(["${upper:issued.aud}${sink.url}", "${sink.url} ${nonsense} ${open"].into_iter());
        insta::assert_snapshot!(told.join("\n"), @"
        `${upper:issued.aud}` is the claim `aud` of the token as issued, in capital letters.
        `${sink.url}` is a URL of greenlight's own, at which it watches who comes.
        ");
    }
}
