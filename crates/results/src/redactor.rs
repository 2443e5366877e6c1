//! Takes secrets out of text before it is kept or shown.

mod encoding;
mod forms;
#[cfg(test)]
mod tests;
mod token;

use std::{cmp::Reverse, fmt, ops::Range, sync::Arc};

use crate::Redacted;
use encoding::View;
use forms::Forms;

/// How many encodings deep a secret is looked for: a JSON text inside a JSON text, a percent-encoded JSON text.
const DEPTH: usize = 2;

/// Hides secrets in text, by value and by shape.
///
/// By value: each secret it was given, as it is, percent-encoded, JSON-escaped, as HTML entities, in hexadecimal and in Base64
/// (both alphabets, wherever the secret begins in what was encoded), and one such encoding inside another.
/// By shape: whatever looks like a signed token. Its header and payload stay readable, for they are the evidence.
///
/// What is hidden is replaced by `sha256:` and the first twelve hexadecimal digits of its hash, so that equal secrets can be told
/// to be equal. Redacting twice changes nothing more.
#[derive(Clone, Default)]
pub struct Redactor {
    /// What it is told is added to the last; the others may be shared.
    layers: Vec<Arc<Forms>>,
}

impl Redactor {
    /// Takes the secrets that are known when the run begins: keys, client secrets, ready-made credentials.
    ///
    /// A value of fewer than four bytes is no secret but a part of every other text, and is left alone.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut forms = Forms::default();
        for secret in secrets {
            forms.add_secret(secret.as_ref());
        }
        Self { layers: vec![Arc::new(forms)] }
    }

    /// One that knows the same and shares it, so that it costs little; what it is told from then on it keeps to itself.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { layers: self.layers.iter().map(Arc::clone).chain([Arc::default()]).collect() }
    }

    /// Tells it of a token that is about to be sent: its signature is hidden wherever it turns up, away from its token too. A token
    /// that is not made of parts is hidden as a whole.
    pub fn add_token(&mut self, token: &str) {
        let Some(signature) = token::signature(token) else { return };
        if self.layers.iter().any(|layer| layer.has_signature(signature)) {
            return;
        }
        if self.layers.is_empty() {
            self.layers.push(Arc::default());
        }
        if let Some(last) = self.layers.last_mut() {
            Arc::make_mut(last).add_signature(signature);
        }
    }

    /// One beside it that is told of a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let mut with = self.beside();
        with.add_token(token);
        with
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> Redacted {
        self.bytes(text.as_bytes())
    }

    /// The same of bytes. What is not UTF-8 is replaced by U+FFFD.
    pub fn bytes(&self, bytes: &[u8]) -> Redacted {
        self.beginning(bytes, bytes.len())
    }

    /// The same of the first `limit` bytes. Secrets are looked for in all the bytes: one that stands across the limit is hidden as a
    /// whole, which it could not be if the bytes were cut before.
    pub fn beginning(&self, bytes: &[u8], limit: usize) -> Redacted {
        let mut found = Vec::new();
        self.search(&View::of(bytes), DEPTH, &mut found);
        found.sort_by_key(|one| (one.place.start, Reverse(one.place.end)));

        let limit = limit.min(bytes.len());
        let mut kept = Vec::with_capacity(limit);
        let mut done = 0;
        for Found { place, mark } in found.into_iter().take_while(|one| one.place.start < limit) {
            // Where places overlap, the first mark stands for all of them.
            if place.start >= done {
                kept.extend_from_slice(&bytes[done..place.start]);
                kept.extend_from_slice(mark.as_bytes());
            }
            done = done.max(place.end);
        }
        kept.extend_from_slice(&bytes[done.min(limit)..limit]);
        Redacted(String::from_utf8(kept).unwrap_or_else(|not| String::from_utf8_lossy(not.as_bytes()).into_owned()))
    }

    /// Collects what is to be hidden in a view of the text, and in what can be decoded from it.
    fn search(&self, view: &View<'_>, depth: usize, found: &mut Vec<Found>) {
        let mut hide = |place: Range<usize>, mark: Arc<str>| found.push(Found { place: view.place(place), mark });
        token::find(view.bytes(), &mut hide);
        for layer in &self.layers {
            layer.find(view.bytes(), &mut hide);
        }
        if depth > 0 {
            for decoded in view.decoded() {
                self.search(&decoded, depth - 1, found);
            }
        }
    }
}

/// A place in the original text and what to write there.
struct Found {
    place: Range<usize>,
    mark: Arc<str>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor(..)")
    }
}
