//! Recognises signed tokens by their shape.

use std::{ops::Range, sync::Arc};

use super::forms::{is_base64, mark};

/// What is secret in a token: all that follows the second dot, or the whole where it is not made of parts.
pub(super) fn signature(token: &str) -> Option<&str> {
    match token.split_once('.') {
        None => Some(token),
        Some((_header, rest)) => rest.split_once('.').map(|(_payload, signature)| signature),
    }
}

/// Tells the place of every signature that follows a token's header and payload: the header's Base64 stands for a JSON object.
pub(super) fn find(text: &[u8], hide: &mut impl FnMut(Range<usize>, Arc<str>)) {
    let mut done = 0;
    for (dot, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'.') {
        if dot < done || !ends_in_header(&text[done..dot]) {
            continue;
        }
        let second_dot = dot + 1 + run(&text[dot + 1..], is_base64);
        if text.get(second_dot) != Some(&b'.') {
            continue;
        }
        let start = second_dot + 1;
        // An encrypted token has more parts; all of them are hidden. A full stop after the token is not part of it.
        let mut end = start + run(&text[start..], |byte| is_base64(byte) || byte == b'.');
        while end > start && text[end - 1] == b'.' {
            end -= 1;
        }
        if end > start && !text[start..].starts_with(b"sha256:") {
            hide(start..end, mark(&text[start..end]));
        }
        done = end;
    }
}

/// Whether the text ends in Base64 that, from some letter on, stands for a JSON object. What stands directly before the header
/// (`token=`, a byte order mark) is often written in letters of Base64 too.
fn ends_in_header(text: &[u8]) -> bool {
    let length = run_back(text);
    let run = &text[text.len() - length..];
    // Base64 of an opening brace begins with this letter.
    run.iter().enumerate().filter(|(_, letter)| **letter == b'e').any(|(at, _)| {
        let mut json = decode(&run[at..]).filter(|byte| !byte.is_ascii_whitespace());
        json.next() == Some(b'{') && matches!(json.next(), Some(b'"' | b'}'))
    })
}

fn run(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| belongs(**byte)).count()
}

fn run_back(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| is_base64(**byte)).count()
}

/// Decodes Base64 letter by letter, in either alphabet, up to the first byte that is none.
fn decode(letters: &[u8]) -> impl Iterator<Item = u8> {
    let mut bits = 0_u32;
    let mut held = 0;
    letters.iter().map_while(|letter| sextet(*letter)).filter_map(move |sextet| {
        bits = (bits << 6) | u32::from(sextet);
        held += 6;
        if held < 8 {
            return None;
        }
        held -= 8;
        Some((bits >> held).to_le_bytes()[0])
    })
}

fn sextet(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}
