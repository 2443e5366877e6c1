//! A duration as documents write it.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration, kept to the microsecond and written as milliseconds with at most three decimals.
///
/// Keeping whole microseconds makes what is read from a document equal to what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Milliseconds {
    micros: u64,
}

impl Milliseconds {
    /// The duration in whole microseconds.
    pub const fn micros(self) -> u64 {
        self.micros
    }
}

impl From<Duration> for Milliseconds {
    fn from(duration: Duration) -> Self {
        Self { micros: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX) }
    }
}

impl From<f64> for Milliseconds {
    /// From milliseconds. What is no duration (negative, not a number) becomes zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, which is what is wanted at both ends"
    )]
    fn from(milliseconds: f64) -> Self {
        Self { micros: (milliseconds * 1000.0).round() as u64 }
    }
}

impl Serialize for Milliseconds {
    #[expect(clippy::cast_precision_loss, reason = "exact for the first 285 years")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.micros as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::from)
    }
}
