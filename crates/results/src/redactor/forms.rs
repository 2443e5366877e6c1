//! The forms in which secrets may turn up, and the search for all of them at once.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// What is shorter is no secret. The search looks at this many bytes first.
const SHORTEST: usize = 4;

/// This much of a secret is hidden where the end of the text cuts it off: answers are kept up to a bound.
const TELLING: usize = 8;

/// Every form of every secret. It has no `Debug`.
#[derive(Clone, Default)]
pub(super) struct Forms {
    by_beginning: HashMap<[u8; SHORTEST], Vec<Arc<Form>>>,
    filter: Filter,
    /// The signatures among them, as text.
    signatures: HashSet<String>,
}

/// One way of writing one secret.
struct Form {
    bytes: Vec<u8>,
    /// Base64 whose first and last letters share bits with their neighbours: the neighbours are hidden too.
    shares_bits: bool,
    mark: Arc<str>,
}

impl Forms {
    /// Adds a value to be hidden, unless it is too short to be a secret.
    pub(super) fn add_secret(&mut self, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        self.add_value(value.as_bytes(), &mark(value.as_bytes()));
        if value.contains(' ') {
            // As HTML forms write it.
            self.add(value.replace(' ', "+").into_bytes(), false, &mark(value.as_bytes()));
        }
    }

    /// The same for a token's signature, which may turn up as the bytes that it stands for, too.
    pub(super) fn add_signature(&mut self, text: &str) {
        self.signatures.insert(text.to_owned());
        self.add_secret(text);
        if let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) {
            let mark = mark(text.as_bytes());
            self.add_value(&bytes, &mark);
            // Each byte taken for a character, as whoever shows bytes as text may do.
            self.add(bytes.iter().copied().map(char::from).collect::<String>().into_bytes(), false, &mark);
        }
    }

    /// Whether a signature was added already.
    pub(super) fn has_signature(&self, text: &str) -> bool {
        self.signatures.contains(text)
    }

    /// Adds a value as it is, in hexadecimal and as a part of whatever was written in Base64.
    fn add_value(&mut self, value: &[u8], mark: &Arc<str>) {
        self.add(value.to_vec(), false, mark);
        let hex = hex(value).into_bytes();
        self.add(hex.to_ascii_uppercase(), false, mark);
        self.add(hex, false, mark);
        for before in 0..3 {
            let standard = base64_core(&STANDARD_NO_PAD, before, value);
            let url_safe = base64_core(&URL_SAFE_NO_PAD, before, value);
            if url_safe != standard {
                self.add(url_safe, true, mark);
            }
            self.add(standard, true, mark);
        }
    }

    fn add(&mut self, bytes: Vec<u8>, shares_bits: bool, mark: &Arc<str>) {
        if let Some(&beginning) = bytes.first_chunk() {
            self.filter.add(beginning);
            let form = Arc::new(Form { bytes, shares_bits, mark: Arc::clone(mark) });
            self.by_beginning.entry(beginning).or_default().push(form);
        }
    }

    /// Tells every place where a secret stands, and what is to stand there.
    pub(super) fn find(&self, text: &[u8], hide: &mut impl FnMut(Range<usize>, Arc<str>)) {
        if self.by_beginning.is_empty() {
            return;
        }
        let mut rest = text;
        while let Some(&beginning) = rest.first_chunk() {
            if self.filter.may_begin(beginning)
                && let Some(forms) = self.by_beginning.get(&beginning)
            {
                let at = text.len() - rest.len();
                for form in forms {
                    if let Some(place) = form.place(text, at) {
                        hide(place, Arc::clone(&form.mark));
                    }
                }
            }
            rest = &rest[1..];
        }
    }
}

impl Form {
    /// What is to be hidden where this form, or as much of it as the end of the text leaves, stands at a place.
    fn place(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let rest = &text[at..];
        let cut_off = rest.len() >= TELLING && self.bytes.starts_with(rest);
        if !rest.starts_with(&self.bytes) && !cut_off {
            return None;
        }
        let end = text.len().min(at + self.bytes.len());
        let neighbour = |at: usize| usize::from(self.shares_bits && text.get(at).is_some_and(|byte| is_base64(*byte)));
        Some(at - at.checked_sub(1).map_or(0, neighbour)..end + neighbour(end))
    }
}

/// Tells in constant time that no form begins with given bytes; now and then it says that one may when none does.
#[derive(Clone)]
struct Filter {
    /// One bit for each hash.
    bits: Box<[u64; 1024]>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { bits: Box::new([0; 1024]) }
    }
}

impl Filter {
    fn add(&mut self, beginning: [u8; SHORTEST]) {
        let (word, bit) = Self::slot(beginning);
        self.bits[word] |= bit;
    }

    fn may_begin(&self, beginning: [u8; SHORTEST]) -> bool {
        let (word, bit) = Self::slot(beginning);
        self.bits[word] & bit != 0
    }

    /// The upper sixteen bits of a multiplicative hash.
    fn slot(beginning: [u8; SHORTEST]) -> (usize, u64) {
        let hash = u32::from_le_bytes(beginning).wrapping_mul(0x9E37_79B1) >> 16;
        (hash as usize / 64, 1 << (hash % 64))
    }
}

/// What a secret is replaced by.
pub(super) fn mark(secret: &[u8]) -> Arc<str> {
    format!("sha256:{}", &hex(&digest(&SHA256, secret).as_ref()[..6])).into()
}

/// Whether a byte belongs to either alphabet of Base64.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=')
}

/// Base64 of a value that has some bytes before it and any after it: the letters that depend on the value alone.
fn base64_core(engine: &impl base64::Engine, before: usize, value: &[u8]) -> Vec<u8> {
    let bytes = [&[0; 2][..before], value].concat();
    let mut letters = engine.encode(&bytes).into_bytes();
    letters.truncate(bytes.len() * 8 / 6);
    letters.drain(..letters.len().min((before * 8).div_ceil(6)));
    letters
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
