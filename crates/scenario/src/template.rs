//! Bytes of a request with places for what is known when it is played.

use std::convert::Infallible;
use std::fmt;

use token::{Octets, Piece};

use crate::octets::bytes_of;
use crate::variables::{self, names, pieces, split};

/// Bytes of a request in which variables, such as `${token}`, stand for what is known when it is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Octets);

impl Template {
    /// Takes the text as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Octets(vec![Piece::Text(text.into())]))
    }

    /// The bytes as written.
    pub fn octets(&self) -> &Octets {
        &self.0
    }

    /// The names of its variables, without prefixes, in written order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0
            .0
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(names(text)),
                Piece::Hex { .. } | Piece::Repeat { .. } => None,
            })
            .flatten()
    }

    /// Whether `${token}` stands in it. The reader grants this only to a send that has a `token:`.
    pub fn wants_token(&self) -> bool {
        self.variables().any(|name| name == "token")
    }

    /// The bytes with a value for each variable. The values are asked for by name; prefixes are done here. A value is put in as it
    /// is, without any escaping.
    pub fn bytes<E>(&self, mut value: impl FnMut(&str) -> Result<String, E>) -> Result<Vec<u8>, E> {
        self.assemble(|written| {
            let (prefix, name) = split(written);
            let value = value(name)?;
            Ok(match prefix {
                Some("upper") => value.to_uppercase(),
                Some("lower") => value.to_lowercase(),
                _ => value,
            })
        })
    }

    /// The text with the token in its place, and every other variable as it is written. Bytes that are no text are replaced.
    pub fn fill(&self, token: &str) -> String {
        let value = |written: &str| {
            let value = if written == "token" { token.to_owned() } else { format!("${{{written}}}") };
            Ok::<_, Infallible>(value)
        };
        let Ok(bytes) = self.assemble(value);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn assemble<E>(&self, mut value: impl FnMut(&str) -> Result<String, E>) -> Result<Vec<u8>, E> {
        let mut bytes = Vec::new();
        for piece in &self.0.0 {
            match piece {
                Piece::Text(text) => {
                    for piece in pieces(text) {
                        match piece {
                            variables::Piece::Text(plain) => bytes.extend(plain.as_bytes()),
                            variables::Piece::Variable(written) => bytes.extend(value(written)?.into_bytes()),
                            variables::Piece::Open => bytes.extend(b"${"),
                        }
                    }
                }
                Piece::Hex { hex } => bytes.extend(bytes_of(hex).unwrap_or_default()),
                Piece::Repeat { repeat, times } => bytes.extend(repeat.as_bytes().repeat(*times)),
            }
        }
        Ok(bytes)
    }
}

impl From<Octets> for Template {
    fn from(octets: Octets) -> Self {
        Self(octets)
    }
}

/// As written, as far as it is text.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fill("${token}"))
    }
}
