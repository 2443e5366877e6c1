//! Bytes as a scenario writes them.

use diagnostics::{Node, Problems, Value};
use token::{Octets, Piece};

/// More bytes than this in one place are a mistake, not a wish.
const MOST: usize = 16 * 1024 * 1024;

/// Reads a text, `{ hex: "00ff" }`, `{ repeat: "[", times: 10000 }`, or a list of those, which are joined.
pub(crate) fn read(node: &Node, problems: &Problems) -> Option<Octets> {
    let mut pieces = Vec::new();
    collect(node, &mut pieces, problems);
    let octets = Octets(pieces.into_iter().collect::<Option<_>>()?);
    let length = octets.0.iter().map(length).fold(0, usize::saturating_add);
    if length > MOST {
        let help = format!("{MOST} bytes are the most for one place");
        problems.error(node.span, format!("these are {length} bytes"), help);
        return None;
    }
    Some(octets)
}

/// Lists within lists are joined too: an axis may stand for one.
fn collect(node: &Node, pieces: &mut Vec<Option<Piece>>, problems: &Problems) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| collect(item, pieces, problems)),
        _ => pieces.push(piece(node, problems)),
    }
}

fn length(piece: &Piece) -> usize {
    match piece {
        Piece::Text(text) => text.len(),
        Piece::Hex { hex } => hex.len() / 2,
        Piece::Repeat { repeat, times } => repeat.len().saturating_mul(*times),
    }
}

fn piece(node: &Node, problems: &Problems) -> Option<Piece> {
    match &node.value {
        Value::Text(text) => Some(Piece::Text(text.clone())),
        Value::Map(entries) if entries.iter().any(|(key, _)| key.text == "hex") => {
            let fields = problems.fields(node)?;
            let hex = fields.required("hex").and_then(|node| digits(node, problems));
            fields.finish();
            hex.map(|hex| Piece::Hex { hex })
        }
        Value::Map(_) => {
            let fields = problems.fields(node)?;
            // Until one of the two is written both are open.
            let _ = fields.optional("hex");
            let repeat = fields.required_text("repeat");
            let times = fields.required("times").and_then(|node| crate::expect::positive(node, problems));
            fields.finish();
            Some(Piece::Repeat { repeat: repeat?, times: usize::try_from(times?).unwrap_or(usize::MAX) })
        }
        _ => {
            let help =
                "write a text in quotes, `{ hex: \"00ff\" }`, `{ repeat: \"a\", times: 1000 }`, or a list of those";
            problems.mismatch(node, "text", help);
            None
        }
    }
}

fn digits(node: &Node, problems: &Problems) -> Option<String> {
    let text = problems.text(node)?;
    if bytes_of(text).is_none() {
        problems.error(node.span, format!("{text:?} is not hexadecimal"), "write two digits a byte: \"00ff\"");
        return None;
    }
    Some(text.to_owned())
}

/// The bytes of hexadecimal digits.
pub(crate) fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digit = |at: u8| char::from(at).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}
