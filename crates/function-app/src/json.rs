//! JSON objects in which no name is given twice.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads an object. None where the bytes are anything else, or where a name is given twice at any depth: RFC 7519 section 4
/// lets a reader refuse that or take the last, and only the first cannot be played off against another reader.
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Strict(Value::Object(object))) => Some(object),
        _ => None,
    }
}

/// Any JSON value without duplicate names.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without duplicate names")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is given twice"));
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::object;
    use rstest::rstest;

    #[rstest]
    #[case::empty("{}", true)]
    #[case::blanks(" {\"a\": [1, 2.5, -3, true, null, {\"a\": \"x\"}]} \n", true)]
    #[case::duplicate(r#"{"aud": 1, "aud": 1}"#, false)]
    #[case::duplicate_by_escape(r#"{"aud": 1, "\u0061ud": 2}"#, false)]
    #[case::nested_duplicate(r#"{"a": [{"b": 1, "b": 2}]}"#, false)]
    #[case::other_case(r#"{"aud": 1, "AUD": 2}"#, true)]
    #[case::array("[]", false)]
    #[case::null("null", false)]
    #[case::nothing("", false)]
    #[case::byte_order_mark("\u{feff}{}", false)]
    #[case::trailing("{}{}", false)]
    #[case::comma(r#"{"a": 1,}"#, false)]
    #[case::comment("{/**/}", false)]
    #[case::not_a_number(r#"{"exp": NaN}"#, false)]
    #[case::huge_number(r#"{"exp": 1e400}"#, false)]
    #[case::lone_surrogate(r#"{"a": "\ud800"}"#, false)]
    fn only_plain_objects_are_read(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(object(text.as_bytes()).is_some(), expected);
    }

    #[test]
    fn values_are_read_as_they_are() {
        let text =
            r#"{"a": [1, -3, 2.5, 18446744073709551615, true, false, null], "b": {"c": "\u00e9", "d": []}, "e": ""}"#;
        assert_eq!(object(text.as_bytes()), serde_json::from_str(text).ok());
    }

    #[test]
    fn bad_utf8_and_deep_nesting_are_refused() {
        assert_eq!(object(b"{\"a\": \"\xff\"}"), None);
        assert_eq!(object(format!("{{\"a\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000)).as_bytes()), None);
    }
}
