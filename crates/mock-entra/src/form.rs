//! Form-encoded parameters, of bodies and queries.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The parameters of a form. The first of equal names counts.
pub(crate) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// Reads `name=value&...`; none if it is not UTF-8 once decoded.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        pairs.collect::<Option<_>>().map(Self)
    }

    /// A parameter that is there and not empty: Entra treats an empty one as missing.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(&**value)
    }
}

/// Decodes `+` and `%XX`.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['+', '%']) {
        return Some(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|decoded| Cow::Owned(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::Form;

    #[test]
    fn the_first_of_equal_names_counts_and_empty_means_missing() {
        let form = Form::parse(b"a=1&a=2&b=&c&=d&&e=x%3Dy+z").unwrap();
        assert_eq!(["a", "b", "c", "e", "f"].map(|name| form.get(name)), [Some("1"), None, None, Some("x=y z"), None]);
    }

    proptest! {
        #[test]
        fn any_value_survives_its_encoding(value in "\\PC{1,20}") {
            let text = format!("name={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
            let form = Form::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(form.get("name"), Some(&*value));
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            if let Some(form) = Form::parse(&bytes) {
                form.get("name");
            }
        }
    }
}
