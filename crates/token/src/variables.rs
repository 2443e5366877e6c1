//! `${name}` in texts: what is put in when a token is forged or a request is made.
//!
//! A prefix changes what is put in: `${upper:name}` and `${lower:name}` the text in other letters (ASCII), `${text:name}` the text
//! of a value of another type. A text in JSON that is nothing but one variable takes the value with its type; within longer text
//! the value's text is put in.

use std::convert::Infallible;

use serde_json::{Map, Value};

/// Namespaces whose names are filled by [`forge()`](crate::forge()): `issued.aud`, `stranger.jwk`.
const OF_FORGING: [&str; 5] = ["issued", "stranger", "stranger-ec", "stranger-ed", "issuer"];

/// A text cut at its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is.
    Text(&'a str),
    /// A variable.
    Variable(Variable<'a>),
    /// `${` without `}`, up to the end.
    Open(&'a str),
}

/// One variable, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Its name, without a prefix.
    pub name: &'a str,
    /// What becomes of its value.
    pub prefix: Prefix,
    /// With dollar sign and braces.
    pub written: &'a str,
}

/// What becomes of a variable's value before it is put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prefix {
    /// It stays as it is.
    #[default]
    None,
    /// `upper:`, its text with upper-case ASCII letters.
    Upper,
    /// `lower:`, its text with lower-case ASCII letters.
    Lower,
    /// `text:`, its text.
    Text,
}

/// A variable that nothing fills.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{0}}}` is not known here")]
pub struct UnknownVariable(pub String);

/// Cuts a text at its variables.
pub fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    while let Some(at) = rest.find("${") {
        if at > 0 {
            found.push(Piece::Text(&rest[..at]));
        }
        let Some(length) = rest[at..].find('}') else {
            found.push(Piece::Open(&rest[at..]));
            return found;
        };
        found.push(Piece::Variable(Variable::new(&rest[at..=at + length])));
        rest = &rest[at + length + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The names in a text, without their prefixes.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Variable(variable) => Some(variable.name),
        Piece::Text(_) | Piece::Open(_) => None,
    })
}

/// The text with the values of `lookup` in place of its variables.
pub fn fill(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, UnknownVariable> {
    let mut resolve = |name: &str| match lookup(name) {
        Some(value) => Ok(Some(Value::String(value))),
        None => Err(UnknownVariable(name.to_owned())),
    };
    fill_text(text, &mut resolve)
}

/// Whether [`forge()`](crate::forge()) fills this name, so that nobody else has to.
pub fn is_of_forging(name: &str) -> bool {
    name.split_once('.').is_some_and(|(namespace, _)| OF_FORGING.contains(&namespace))
}

/// Gives the value of a name; none leaves the variable standing.
pub(crate) type Resolve<'a, E = Infallible> = dyn FnMut(&str) -> Result<Option<Value>, E> + 'a;

pub(crate) fn fill_text<E>(text: &str, resolve: &mut Resolve<'_, E>) -> Result<String, E> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(plain) | Piece::Open(plain) => filled.push_str(plain),
            Piece::Variable(variable) => match resolve(variable.name)? {
                Some(value) => filled.push_str(&shown(variable.prefix.apply(value))),
                None => filled.push_str(variable.written),
            },
        }
    }
    Ok(filled)
}

pub(crate) fn fill_value<E>(value: &mut Value, resolve: &mut Resolve<'_, E>) -> Result<(), E> {
    match value {
        Value::String(text) => {
            if let [Piece::Variable(variable)] = pieces(text)[..] {
                if let Some(found) = resolve(variable.name)? {
                    *value = variable.prefix.apply(found);
                }
            } else {
                *text = fill_text(text, resolve)?;
            }
        }
        Value::Array(items) => {
            for item in items {
                fill_value(item, resolve)?;
            }
        }
        Value::Object(members) => {
            let written = std::mem::take(members);
            *members = written
                .into_iter()
                .map(|(name, mut value)| {
                    fill_value(&mut value, resolve)?;
                    Ok((fill_text(&name, resolve)?, value))
                })
                .collect::<Result<Map<_, _>, E>>()?;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

impl<'a> Variable<'a> {
    fn new(written: &'a str) -> Self {
        let inner = &written[2..written.len() - 1];
        let (prefix, name) = match inner.split_once(':') {
            Some(("upper", name)) => (Prefix::Upper, name),
            Some(("lower", name)) => (Prefix::Lower, name),
            Some(("text", name)) => (Prefix::Text, name),
            _ => (Prefix::None, inner),
        };
        Self { name, prefix, written }
    }
}

impl Prefix {
    fn apply(self, value: Value) -> Value {
        match self {
            Self::None => value,
            Self::Upper => shown(value).to_ascii_uppercase().into(),
            Self::Lower => shown(value).to_ascii_lowercase().into(),
            Self::Text => shown(value).into(),
        }
    }

    /// The same for a value that is bytes.
    pub(crate) fn apply_bytes(self, mut value: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Upper => value.make_ascii_uppercase(),
            Self::Lower => value.make_ascii_lowercase(),
            Self::None | Self::Text => {}
        }
        value
    }
}

/// A text as it is, any other value as JSON.
fn shown(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn known(name: &str) -> Option<Value> {
        match name {
            "issued.aud" => Some("api://Orders".into()),
            "issued.exp" => Some(17.into()),
            "stranger.jwk" => Some(json!({"kty": "RSA", "x5c": ["MII"]})),
            _ => None,
        }
    }

    #[rstest]
    #[case::nothing("", "")]
    #[case::plain("a $ } { b", "a $ } { b")]
    #[case::alone("${issued.aud}", "api://Orders")]
    #[case::within("<${issued.aud}|${issued.exp}>", "<api://Orders|17>")]
    #[case::upper("${upper:issued.aud}/", "API://ORDERS/")]
    #[case::lower("${lower:issued.aud}", "api://orders")]
    #[case::text("${text:issued.exp}", "17")]
    #[case::json("${stranger.jwk}", r#"{"kty":"RSA","x5c":["MII"]}"#)]
    #[case::left("${other}${upper:other}", "${other}${upper:other}")]
    #[case::open("a${issued.aud", "a${issued.aud")]
    #[case::another_prefix("${hex:issued.aud}", "${hex:issued.aud}")]
    fn a_text_is_filled(#[case] written: &str, #[case] filled: &str) {
        assert_eq!(fill_text::<Infallible>(written, &mut |name| Ok(known(name))), Ok(filled.to_owned()));
    }

    #[rstest]
    #[case::typed(json!("${issued.exp}"), json!(17))]
    #[case::as_text(json!("${text:issued.exp}"), json!("17"))]
    #[case::within(json!("${issued.exp}.5"), json!("17.5"))]
    #[case::object(json!("${stranger.jwk}"), json!({"kty": "RSA", "x5c": ["MII"]}))]
    #[case::deep(json!([{"a": ["${issued.exp}", null, 1.5]}]), json!([{"a": [17, null, 1.5]}]))]
    #[case::name(json!({"b": 1, "${issued.exp}": 2, "a": 3}), json!({"b": 1, "17": 2, "a": 3}))]
    fn a_value_is_filled(#[case] mut value: Value, #[case] filled: Value) {
        let _ = fill_value::<Infallible>(&mut value, &mut |name| Ok(known(name)));
        assert_eq!(value.to_string(), filled.to_string(), "the order of members too");
    }

    #[test]
    fn an_unknown_name_is_told() {
        let error = fill("a ${upper:target.hots}", &|_| None).unwrap_err();
        assert_eq!(error.to_string(), "`${target.hots}` is not known here");
        assert_eq!(fill("${a}", &|name| Some(format!("<{name}>"))).unwrap(), "<a>");
        assert_eq!(names("x${a}${lower:b.c}${").collect::<Vec<_>>(), ["a", "b.c"]);
    }

    #[test]
    fn names_of_forging_are_known_by_their_namespace() {
        assert!(["issued.aud", "stranger-ec.jwk", "issuer.jwk"].into_iter().all(is_of_forging));
        assert!(!["issued", "token", "caller.issued", "target.host"].into_iter().any(is_of_forging));
    }
}
