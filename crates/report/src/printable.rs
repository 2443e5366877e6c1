//! Makes text from outside safe to show.

use std::fmt;

/// Text of one line, in which whatever would not be seen as itself is written as an escape: control characters (a terminal obeys
/// them), characters that reverse or break the line, and those that XML cannot hold.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(is_unseen) {
            let (seen, others) = rest.split_at(at);
            formatter.write_str(seen)?;
            let mut others = others.chars();
            if let Some(unseen) = others.next() {
                write!(formatter, "{}", unseen.escape_default())?;
            }
            rest = others.as_str();
        }
        formatter.write_str(rest)
    }
}

/// The lines of a text, each made safe.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Printable<'_>> {
    text.lines().map(Printable)
}

fn is_unseen(character: char) -> bool {
    // Line and paragraph separators, marks of direction (they can make text read as what it is not), a byte order mark within the
    // text, and the two code points that no XML document may hold.
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(character, '\u{61c}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Printable;

    #[rstest]
    #[case::ordinary("Grüße, \"naïve\" 日本 <a> & ]]>", "Grüße, \"naïve\" 日本 <a> & ]]>")]
    #[case::colours("\x1b[31mred\x1b[0m", r"\u{1b}[31mred\u{1b}[0m")]
    #[case::eight_bit_control("\u{9b}31m", r"\u{9b}31m")]
    #[case::lines("a\r\nb\tc\0", r"a\r\nb\tc\u{0}")]
    #[case::reversed("\u{202e}txt.exe", r"\u{202e}txt.exe")]
    #[case::no_characters("\u{fffe}\u{ffff}", r"\u{fffe}\u{ffff}")]
    fn what_would_not_be_seen_is_written_as_an_escape(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Printable(text).to_string(), shown);
    }
}
