//! What stands in the header or the payload of a token after its bytes were edited, as far as every reader agrees on it.

use authsettings::Fact;
use serde_json::{Map, Value};
use token::{Charset, Edit, Encoding, Octets, Piece};

/// A part of a token that was edited.
pub(super) struct Part {
    /// Whether it is read as a JSON object.
    pub(super) readable: Fact,
    /// All of its members, where it was replaced; what a recipe says of them before no longer stands there.
    pub(super) instead: Option<Map<String, Value>>,
    /// Members that were written into it, in order.
    pub(super) added: Vec<(String, Value)>,
}

/// Reads what a recipe does to the bytes of a part.
pub(super) fn read(edit: &Edit, encoding: Encoding) -> Part {
    let mut part = Part { readable: encoded(encoding).and(framed(edit)), instead: None, added: Vec::new() };
    if let Some(instead) = &edit.instead {
        let object = text(instead).and_then(|text| object(&text));
        part.readable = part.readable.and(object.is_some().into());
        part.instead = object;
    }
    for (fragment, ends) in [(&edit.first, false), (&edit.last, true)] {
        let Some(fragment) = fragment else { continue };
        let added = text(fragment).and_then(|text| members(&text, ends));
        match added {
            Some(added) => part.added.extend(added),
            None => part.readable = part.readable.and(Fact::Unknown),
        }
    }
    part
}

/// Whether a spelling other than the standard's is read. Raw JSON is no base64url, and its dots cut it.
fn encoded(encoding: Encoding) -> Fact {
    match encoding {
        Encoding::Url => Fact::Yes,
        Encoding::None => Fact::No,
        Encoding::Standard | Encoding::Padded | Encoding::SpareBits => Fact::Unknown,
    }
}

/// Whether what stands around an object leaves it one (RFC 8259 section 2). Readers differ over marks, other character sets and
/// what stands behind the end; an object in a list is none.
fn framed(edit: &Edit) -> Fact {
    if edit.charset != Charset::Utf8 {
        return Fact::Unknown;
    }
    let around = |octets: &Option<Octets>| octets.as_ref().map_or(Some(String::new()), text);
    match (around(&edit.before), around(&edit.after)) {
        (Some(before), Some(after)) if is_blank(&before) && is_blank(&after) => Fact::Yes,
        (Some(before), Some(after)) if before.trim() == "[" && after.trim() == "]" => Fact::No,
        _ => Fact::Unknown,
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n'))
}

/// The members that a fragment puts into an object, with the comma that joins them to the others.
fn members(fragment: &str, ends: bool) -> Option<Vec<(String, Value)>> {
    let inner = if ends { fragment.trim().strip_prefix(',') } else { fragment.trim().strip_suffix(',') }?;
    if is_blank(inner) {
        return None;
    }
    let members = object(&format!("{{{inner}}}"))?;
    Some(members.into_iter().collect())
}

/// A JSON object. A variable within a text stays as it is; one that stands for a whole value makes it a value that is not known.
fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok().or_else(|| {
        let stood_in = token::variables::pieces(text).into_iter().map(|piece| match piece {
            token::variables::Piece::Text(text) | token::variables::Piece::Open(text) => text.to_owned(),
            token::variables::Piece::Variable(variable) => format!("\"{}\"", variable.written),
        });
        serde_json::from_str(&stood_in.collect::<String>()).ok()
    })
}

/// Octets as text; none where some of them are bytes that may be none.
pub(super) fn text(octets: &Octets) -> Option<String> {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::Repeat { repeat, times } => Some(repeat.repeat(*times)),
        Piece::Hex { .. } => None,
    };
    octets.0.iter().map(piece).collect()
}

/// How many bytes octets are at least, variables as they are written.
pub(super) fn length(octets: &Octets) -> usize {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Hex { hex } => hex.len() / 2,
        Piece::Repeat { repeat, times } => repeat.len().saturating_mul(*times),
    };
    octets.0.iter().map(piece).fold(0, usize::saturating_add)
}
