//! Bytes as a scenario writes them.

use serde::{Deserialize, Serialize};

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
    /// A text again and again.
    Repeat {
        /// What is repeated.
        repeat: String,
        /// How often.
        times: usize,
    },
}
