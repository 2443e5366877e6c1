//! Text that must not be shown.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// A client secret or access token. `Debug` shows nothing; comparing takes the same time wherever two secrets differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text: to authenticate with, or to hide it wherever it turns up.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is the secret that was presented.
    pub fn matches(&self, presented: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), presented.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(withheld)")
    }
}
