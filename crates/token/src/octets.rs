//! Bytes as a scenario writes them.

use serde::{Deserialize, Serialize};

use crate::variables::{self, Resolve, UnknownVariable, fill_text};

/// Longer than anything that a server reads to its end; a slip of the pen must not take all memory.
const LONGEST: usize = 64 << 20;

/// A sequence of bytes, written as one piece or as several that are joined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Octets(pub Vec<Piece>);

/// A piece of it. As JSON a text, `{"hex": "00ff"}` or `{"repeat": "[", "times": 10000}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// Text, in UTF-8. Variables are filled in it.
    Text(String),
    /// Bytes by their hexadecimal digits.
    Hex {
        /// Two digits a byte.
        hex: String,
    },
    /// A text again and again. Variables are filled in it.
    Repeat {
        /// What is repeated.
        repeat: String,
        /// How often.
        times: usize,
    },
}

/// Why octets are no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OctetsError {
    /// A variable that nothing fills.
    #[error(transparent)]
    Unknown(#[from] UnknownVariable),
    /// Other than pairs of hexadecimal digits.
    #[error("`{0}` is not hexadecimal; write two digits a byte")]
    Hex(String),
    /// More than any server reads.
    #[error("more than {LONGEST} bytes; repeat it fewer times")]
    TooLong,
}

impl Octets {
    /// One text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// The bytes, with the values of `lookup` in place of variables.
    pub fn bytes(&self, lookup: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<u8>, OctetsError> {
        let mut bytes = Vec::new();
        for piece in &self.0 {
            let (piece, times) = match piece {
                Piece::Text(text) => (filled(text, lookup)?, 1),
                Piece::Hex { hex } => (unhex(hex).ok_or_else(|| OctetsError::Hex(hex.clone()))?, 1),
                Piece::Repeat { repeat, times } => (filled(repeat, lookup)?, *times),
            };
            let length = piece.len().checked_mul(times).and_then(|length| length.checked_add(bytes.len()));
            if length.is_none_or(|length| length > LONGEST) {
                return Err(OctetsError::TooLong);
            }
            bytes.extend(piece.repeat(times));
        }
        Ok(bytes)
    }

    /// The names of its variables, without their prefixes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|piece| match piece {
            Piece::Text(text) | Piece::Repeat { repeat: text, .. } => variables::names(text).collect(),
            Piece::Hex { .. } => Vec::new(),
        })
    }

    pub(crate) fn resolve<E>(&mut self, resolve: &mut Resolve<'_, E>) -> Result<(), E> {
        for piece in &mut self.0 {
            match piece {
                Piece::Text(text) | Piece::Repeat { repeat: text, .. } => *text = fill_text(text, resolve)?,
                Piece::Hex { .. } => {}
            }
        }
        Ok(())
    }
}

fn filled(text: &str, lookup: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<u8>, UnknownVariable> {
    let mut filled = Vec::with_capacity(text.len());
    for piece in variables::pieces(text) {
        match piece {
            variables::Piece::Text(plain) | variables::Piece::Open(plain) => filled.extend(plain.as_bytes()),
            variables::Piece::Variable(variable) => {
                let value = lookup(variable.name).ok_or_else(|| UnknownVariable(variable.name.to_owned()))?;
                filled.extend(variable.prefix.apply_bytes(value));
            }
        }
    }
    Ok(filled)
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(value(high)? << 4 | value(low)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn lookup(name: &str) -> Option<Vec<u8>> {
        (name == "raw").then(|| vec![0xFF, b'a'])
    }

    #[rstest]
    #[case::nothing(json!([]), b"")]
    #[case::text(json!(["\u{e9}\n"]), b"\xC3\xA9\n")]
    #[case::hex(json!([{"hex": "00fFeB"}]), b"\x00\xFF\xEB")]
    #[case::repeat(json!([{"repeat": "[{", "times": 3}]), b"[{[{[{")]
    #[case::never(json!([{"repeat": "[", "times": 0}]), b"")]
    #[case::joined(json!(["a", {"hex": "0a"}, "b", {"repeat": "c", "times": 2}]), b"a\nbcc")]
    #[case::variable(json!(["<${raw}>", {"repeat": "${upper:raw}", "times": 2}]), b"<\xFFa>\xFFA\xFFA")]
    fn octets_are_the_bytes_they_say(#[case] written: Value, #[case] bytes: &[u8]) {
        let octets: Octets = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(octets.bytes(&lookup).unwrap(), bytes);
        assert_eq!(serde_json::to_value(&octets).unwrap(), written, "and are written as they are read");
    }

    #[rstest]
    #[case::odd(json!([{"hex": "abc"}]), "`abc` is not hexadecimal; write two digits a byte")]
    #[case::digit(json!([{"hex": "0g"}]), "`0g` is not hexadecimal; write two digits a byte")]
    #[case::sign(json!([{"hex": "+1"}]), "`+1` is not hexadecimal; write two digits a byte")]
    #[case::wide(json!([{"hex": "\u{e9}"}]), "`\u{e9}` is not hexadecimal; write two digits a byte")]
    #[case::unknown(json!(["${row}"]), "`${row}` is not known here")]
    #[case::endless(json!([{"repeat": "ab", "times": usize::MAX}]), "more than 67108864 bytes; repeat it fewer times")]
    fn what_is_no_bytes_is_told(#[case] written: Value, #[case] message: &str) {
        let octets: Octets = serde_json::from_value(written).unwrap();
        assert_eq!(octets.bytes(&lookup).unwrap_err().to_string(), message);
    }
}
