//! How the parts of a token are written.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use serde::de::IgnoredAny;

use crate::{Encoding, TokenError};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes a part. Whatever is not canonical differs from what is, or is refused: else nothing would be forged.
pub(super) fn encode(part: &'static str, bytes: &[u8], encoding: Encoding) -> Result<Vec<u8>, TokenError> {
    if encoding == Encoding::Url {
        return Ok(write(bytes, Encoding::Url));
    }
    if let Some(written) = otherwise(bytes, encoding) {
        return Ok(written);
    }
    // A blank at the end of a JSON text says nothing (RFC 8259 section 2) and moves the end of its base64.
    let padded = [bytes, b" "].concat();
    let written = if is_json(bytes) { otherwise(&padded, encoding) } else { None };
    written.ok_or(TokenError::Canonical { part, reason: reason(encoding) })
}

/// The part as it is written in this encoding, where that is not its canonical form.
fn otherwise(bytes: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    let written = write(bytes, encoding);
    (written != write(bytes, Encoding::Url)).then_some(written)
}

fn write(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Url => BASE64_URL_SAFE_NO_PAD.encode(bytes).into(),
        Encoding::Standard => BASE64_STANDARD_NO_PAD.encode(bytes).into(),
        Encoding::Padded => BASE64_URL_SAFE.encode(bytes).into(),
        Encoding::SpareBits => spare_bits(bytes),
        Encoding::None => bytes.to_vec(),
    }
}

/// One byte over three leaves four bits of the last letter unused, two bytes leave two.
fn spare_bits(bytes: &[u8]) -> Vec<u8> {
    let mut written = BASE64_URL_SAFE_NO_PAD.encode(bytes).into_bytes();
    let unused = [0, 0b1111, 0b11][bytes.len() % 3];
    if let Some(last) = written.last_mut()
        && let Some(value) = ALPHABET.iter().position(|letter| letter == last)
    {
        *last = ALPHABET[value | unused];
    }
    written
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

fn reason(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Url | Encoding::None => "it is empty",
        Encoding::Standard => "neither `+` nor `/` stands in it; put `???` into a text of it",
        Encoding::Padded => "its length needs no padding, and no blank can be put behind what is not JSON",
        Encoding::SpareBits => "its last letter has no unused bits, and no blank can be put behind what is not JSON",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::url(b"{}", Encoding::Url, "e30")]
    #[case::padded_one(b"{}", Encoding::Padded, "e30=")]
    #[case::padded_two(b"f", Encoding::Padded, "Zg==")]
    #[case::padded_blank(b"123", Encoding::Padded, "MTIzIA==")]
    #[case::spare_two(b"{}", Encoding::SpareBits, "e33")]
    #[case::spare_four(b"f", Encoding::SpareBits, "Zv")]
    #[case::spare_blank(b"123", Encoding::SpareBits, "MTIzIP")]
    #[case::standard(b"\xFB\xFF", Encoding::Standard, "+/8")]
    #[case::standard_marks(b"{\"???\":1}", Encoding::Standard, "eyI/Pz8iOjF9")]
    #[case::raw(b"\xFF", Encoding::None, "\u{FFFD}")]
    fn parts_are_written_as_they_should(#[case] bytes: &[u8], #[case] encoding: Encoding, #[case] text: &str) {
        assert_eq!(String::from_utf8_lossy(&encode("payload", bytes, encoding).unwrap()), text);
    }

    #[rstest]
    #[case::padded(
        b"abc",
        Encoding::Padded,
        "the signature cannot be written otherwise: its length needs no padding, and no blank can be put behind what is not JSON"
    )]
    #[case::spare(
        b"abc",
        Encoding::SpareBits,
        "the signature cannot be written otherwise: its last letter has no unused bits, and no blank can be put behind what is not JSON"
    )]
    #[case::standard(
        b"{}",
        Encoding::Standard,
        "the signature cannot be written otherwise: neither `+` nor `/` stands in it; put `???` into a text of it"
    )]
    #[case::empty(b"", Encoding::None, "the signature cannot be written otherwise: it is empty")]
    fn what_would_be_canonical_is_refused(#[case] bytes: &[u8], #[case] encoding: Encoding, #[case] message: &str) {
        assert_eq!(encode("signature", bytes, encoding).unwrap_err().to_string(), message);
    }

    /// A decoder that looks away: both alphabets, padding and spare bits ignored.
    fn lenient(text: &[u8]) -> Vec<u8> {
        let value = |letter: &u8| match letter {
            b'+' => Some(62),
            b'/' => Some(63),
            _ => ALPHABET.iter().position(|known| known == letter),
        };
        let bits: Vec<bool> = text
            .iter()
            .filter_map(value)
            .flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1 == 1))
            .collect();
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }

    proptest! {
        /// Whatever is written otherwise differs from the canonical form, and a lenient reader reads the same JSON.
        #[test]
        fn what_is_not_canonical_differs_and_says_the_same(
            bytes: Vec<u8>,
            encoding in prop::sample::select(vec![Encoding::Standard, Encoding::Padded, Encoding::SpareBits]),
        ) {
            if let Ok(written) = encode("payload", &bytes, encoding) {
                let canonical = write(&bytes, Encoding::Url);
                prop_assert_ne!(&written, &canonical);
                let read = lenient(&written);
                prop_assert_eq!(read.strip_suffix(b" ").filter(|_| read.len() > bytes.len()).unwrap_or(&read), &bytes);
            }
        }

        #[test]
        fn the_canonical_form_is_read_back(bytes: Vec<u8>) {
            let written = encode("payload", &bytes, Encoding::Url).unwrap();
            prop_assert_eq!(lenient(&written), bytes);
        }

        /// JSON can be padded and given spare bits at any length.
        #[test]
        fn json_can_always_be_padded(text in "\\PC{0,20}", padded: bool) {
            let json = serde_json::to_vec(&text).unwrap();
            let encoding = if padded { Encoding::Padded } else { Encoding::SpareBits };
            prop_assert!(encode("payload", &json, encoding).is_ok());
        }
    }
}
