//! Bytes of a request with places for what is known when it is played.

use std::fmt;

use token::{Octets, Piece};

use crate::octets::bytes_of;

/// Bytes of a request in which variables, such as `${token}`, stand for what is known when it is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Octets);

impl Template {
    /// Takes the text as written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Octets::text(text))
    }

    /// The bytes as written: [`Octets::bytes`] fills them.
    pub fn octets(&self) -> &Octets {
        &self.0
    }

    /// Whether a name stands in it as a variable.
    pub fn wants(&self, name: &str) -> bool {
        self.0.names().any(|known| known == name)
    }
}

impl From<Octets> for Template {
    fn from(octets: Octets) -> Self {
        Self(octets)
    }
}

/// As written, as far as it is text: no variable is filled.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Repeat { repeat, times } => (0..*times).try_for_each(|_| f.write_str(repeat)),
            Piece::Hex { hex } => f.write_str(&String::from_utf8_lossy(&bytes_of(hex).unwrap_or_default())),
        })
    }
}
