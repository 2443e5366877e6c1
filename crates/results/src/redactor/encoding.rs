//! Text as it reads once its escapes are decoded, with the way back to where each byte stood.

use std::{borrow::Cow, ops::Range};

/// A text, or what was decoded from it.
pub(super) struct View<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where each byte, and the end, stands in the original; `None` where the view is the original.
    places: Option<Vec<usize>>,
}

impl<'a> View<'a> {
    /// The original.
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { bytes: Cow::Borrowed(text), places: None }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a range of this view stands in the original.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        match &self.places {
            None => range,
            Some(places) => places[range.start]..places[range.end],
        }
    }

    /// What this view becomes under each of the encodings that it has escapes of. Each is decoded by itself: in a text that
    /// escapes in one way, what looks like an escape of another is meant as it stands.
    pub(super) fn decoded(&self) -> impl Iterator<Item = View<'static>> {
        [(b'%', percent as Escape), (b'\\', json), (b'&', html)]
            .into_iter()
            .filter_map(|(lead, escape)| self.decode(lead, escape))
    }

    fn decode(&self, lead: u8, escape: Escape) -> Option<View<'static>> {
        if !self.bytes.contains(&lead) {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut places = Vec::with_capacity(self.bytes.len() + 1);
        let mut at = 0;
        let mut end = self.bytes.len();
        for (lead, _) in self.bytes.iter().enumerate().filter(|(_, byte)| **byte == lead) {
            if lead < at {
                continue;
            }
            let rest = &self.bytes[lead..];
            if let Some((decoded, length)) = escape(rest) {
                bytes.extend_from_slice(&self.bytes[at..lead]);
                places.extend((at..lead).map(|one| self.place(one..one).start));
                let mut utf8 = [0; 4];
                let decoded = decoded.bytes(&mut utf8);
                bytes.extend_from_slice(decoded);
                places.extend(decoded.iter().map(|_| self.place(lead..lead).start));
                at = lead + length;
            } else if is_cut_off(rest) {
                end = lead;
                break;
            }
        }
        if at == 0 {
            return None;
        }
        bytes.extend_from_slice(&self.bytes[at..end]);
        places.extend((at..=end).map(|one| self.place(one..one).start));
        Some(View { bytes: Cow::Owned(bytes), places: Some(places) })
    }
}

/// Reads the escape at the beginning of a text: what it stands for and its length.
type Escape = fn(&[u8]) -> Option<(Decoded, usize)>;

/// What an escape stands for.
enum Decoded {
    Byte(u8),
    Character(char),
}

impl Decoded {
    fn bytes(self, utf8: &mut [u8; 4]) -> &[u8] {
        match self {
            Self::Byte(byte) => {
                utf8[0] = byte;
                &utf8[..1]
            }
            Self::Character(character) => character.encode_utf8(utf8).as_bytes(),
        }
    }
}

/// `%2F` (RFC 3986 section 2.1).
fn percent(text: &[u8]) -> Option<(Decoded, usize)> {
    let byte = number(text.get(1..3)?, 16)?;
    Some((Decoded::Byte(u8::try_from(byte).ok()?), 3))
}

/// `\n`, `\/`, `\u002f` (RFC 8259 section 7).
fn json(text: &[u8]) -> Option<(Decoded, usize)> {
    let byte = match text.get(1)? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'u' => return json_unicode(text),
        byte @ (b'"' | b'\\' | b'/' | b'\'') => *byte,
        _ => return None,
    };
    Some((Decoded::Byte(byte), 2))
}

/// `\u002f`, or a pair of surrogates.
fn json_unicode(text: &[u8]) -> Option<(Decoded, usize)> {
    let unit = |at: usize| number(text.get(at..at + 4)?, 16);
    let first = unit(2)?;
    if let Some(character) = char::from_u32(first) {
        return Some((Decoded::Character(character), 6));
    }
    if text.get(6..8) != Some(br"\u") {
        return None;
    }
    let units = [first, unit(8)?].map(|one| u16::try_from(one).unwrap_or_default());
    let character = char::decode_utf16(units).next()?.ok()?;
    Some((Decoded::Character(character), 12))
}

/// `&amp;`, `&#47;`, `&#x2f;`.
fn html(text: &[u8]) -> Option<(Decoded, usize)> {
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let character = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((Decoded::Character(character), end + 1))
}

/// Whether these last bytes of a text may be an escape whose end is not there. What it would have stood for is not known, so the
/// decoded text ends before it.
fn is_cut_off(rest: &[u8]) -> bool {
    match rest {
        [b'%', digits @ ..] => digits.len() < 2,
        [b'\\'] => true,
        // The first of a pair of surrogates is no character without the second.
        [b'\\', b'u', digits @ ..] => digits.len() < 10,
        [b'&', name @ ..] => name.len() < 11 && !name.contains(&b';'),
        _ => false,
    }
}

/// A number all of whose letters are digits.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    if text.starts_with('+') {
        return None;
    }
    u32::from_str_radix(text, radix).ok()
}
