//! Names of resources: `authsettingsV2`, `func-orders/staging/authsettingsV2`, and expressions that come to such a name.

use crate::Host;

/// The segments of a resource's name. A part that only a deployment knows stands as its expression:
/// `[format('{0}/authsettingsV2', parameters('app'))]` has the segments `parameters('app')` and `authsettingsV2`.
pub(crate) fn segments(name: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    for piece in pieces(name) {
        match piece {
            Piece::Literal(text) => {
                let mut parts = text.split('/');
                if let (Some(last), Some(part)) = (segments.last_mut(), parts.next()) {
                    last.push_str(part);
                }
                segments.extend(parts.map(str::to_owned));
            }
            Piece::Expression(text) => {
                if let Some(last) = segments.last_mut() {
                    last.push_str(text);
                }
            }
        }
    }
    segments
}

/// The last segment of a name, or of an id.
pub(super) fn last(name: &str) -> String {
    segments(name).pop().unwrap_or_default()
}

/// The app and slot of a child's name: all but its last segment.
pub(crate) fn host_of_child(segments: &[String]) -> Host {
    host(&segments[..segments.len().saturating_sub(1)])
}

/// An app, and its slot, by name.
pub(super) fn host(segments: &[String]) -> Host {
    let app = segments.first().cloned().unwrap_or_default();
    Host { app, slot: segments.get(1).cloned(), is_function_app: None }
}

/// The app and slot that a resource id names: `.../sites/func-orders/slots/staging/config/authsettingsV2`.
pub(super) fn host_of_id(id: &str) -> Option<Host> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case("sites"))?;
    let app = parts.next()?.to_owned();
    let slot = parts.next().filter(|part| part.eq_ignore_ascii_case("slots")).and_then(|_| parts.next());
    Some(Host { app, slot: slot.map(str::to_owned), is_function_app: None })
}

/// An app, or a slot of it, as it is told.
pub(crate) fn told(host: &Host) -> String {
    match &host.slot {
        Some(slot) => format!("{}/{slot}", host.app),
        None => host.app.clone(),
    }
}

/// Whether a name is the very name, rather than an expression or an address that stands for one.
pub(super) fn is_literal(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

enum Piece<'a> {
    Literal(&'a str),
    Expression(&'a str),
}

/// What a name is put together from: by `format` or `concat`, as compiled templates do.
fn pieces(name: &str) -> Vec<Piece<'_>> {
    let Some(expression) = super::tree::is_expression(name).then(|| name[1..name.len() - 1].trim()) else {
        return vec![Piece::Literal(name)];
    };
    let Some((function, arguments)) = call(expression) else { return vec![Piece::Expression(expression)] };
    if function.eq_ignore_ascii_case("concat") {
        return arguments.into_iter().map(argument).collect();
    }
    match (function.eq_ignore_ascii_case("format"), arguments.split_first().map(|(first, rest)| (literal(first), rest)))
    {
        (true, Some((Some(format), rest))) => formatted(format, rest),
        _ => vec![Piece::Expression(expression)],
    }
}

/// The text of `format`, with its arguments in the places of `{0}`, `{1}`.
fn formatted<'a>(format: &'a str, arguments: &[&'a str]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((index, after)) = after.split_once('}') else { break };
        pieces.push(Piece::Literal(before));
        if let Some(text) = index.parse().ok().and_then(|index: usize| arguments.get(index)) {
            pieces.push(argument(text));
        }
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

fn argument(text: &str) -> Piece<'_> {
    literal(text).map_or(Piece::Expression(text), Piece::Literal)
}

/// The text of `'text'`.
fn literal(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').filter(|inner| !inner.contains('\''))
}

/// The function and the arguments of one call: `format('{0}', parameters('x'))`.
fn call(expression: &str) -> Option<(&str, Vec<&str>)> {
    let (function, rest) = expression.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    if !function.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (mut arguments, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' | b'[' if !quoted => depth += 1,
            // What closes more than it opened is no single call: `f(x).y(z)`.
            b')' | b']' if !quoted => depth = depth.checked_sub(1)?,
            b',' if !quoted && depth == 0 => {
                arguments.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    arguments.push(inner[start..].trim());
    Some((function, arguments))
}

#[cfg(test)]
mod tests {
    use super::{host_of_id, segments};
    use rstest::rstest;

    #[rstest]
    #[case::bare("authsettingsV2", &["authsettingsV2"])]
    #[case::slot("func/staging/authsettingsV2", &["func", "staging", "authsettingsV2"])]
    #[case::format("[format('{0}/{1}', variables('app'), 'authsettingsV2')]", &["variables('app')", "authsettingsV2"])]
    #[case::formatted_text("[format('func-{0}/authsettingsV2', parameters('env'))]", &["func-parameters('env')", "authsettingsV2"])]
    #[case::concat("[concat(parameters('app'), '/staging/authsettingsV2')]", &["parameters('app')", "staging", "authsettingsV2"])]
    #[case::inner_call("[concat(toLower(format('{0}/x', 'a')), '/web')]", &["toLower(format('{0}/x', 'a'))", "web"])]
    #[case::other("[parameters('name')]", &["parameters('name')"])]
    #[case::members("[f('a/b').c('/')]", &["f('a/b').c('/')"])]
    #[case::broken("[format('{0/x', 'a')]", &["{0", "x"])]
    #[case::not_closed("[format('x/y'", &["[format('x", "y'"])]
    #[case::missing_argument("[format('{7}/web')]", &["", "web"])]
    #[case::empty("", &[""])]
    fn a_name_has_segments_whatever_makes_it(#[case] name: &str, #[case] expected: &[&str]) {
        assert_eq!(segments(name), expected);
    }

    #[rstest]
    #[case::app("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/func/config/authsettingsV2", Some(("func", None)))]
    #[case::slot("/x/Sites/func/Slots/staging/config/authsettings", Some(("func", Some("staging"))))]
    #[case::no_app("/subscriptions/s/resourceGroups/g", None)]
    #[case::cut_off("/x/sites", None)]
    fn an_id_names_app_and_slot(#[case] id: &str, #[case] expected: Option<(&str, Option<&str>)>) {
        let host = host_of_id(id);
        assert_eq!(host.as_ref().map(|host| (host.app.as_str(), host.slot.as_deref())), expected);
    }
}
