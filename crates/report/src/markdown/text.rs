//! Text from outside as Markdown shows it, and a page that stays within its bound.

use std::fmt::{self, Write as _};

use crate::printable::Printable;

/// So many characters of a text from outside are shown.
const SHOWN: usize = 600;

/// A text that is read as prose: nothing in it is taken for a mark, a tag, a link, or somebody who is to be notified.
pub(crate) struct Prose<'a>(pub(crate) &'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = clipped(self.0);
        for (at, character) in text.char_indices() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                // Whoever has the name would be notified, an issue of the number linked: an empty space keeps them apart.
                '@' => formatter.write_str("@&#8203;")?,
                '#' => formatter.write_str("\\#&#8203;")?,
                // An address would become a link.
                ':' if text[at..].starts_with("://") => formatter.write_str("\\:")?,
                '.' if text[..at].to_ascii_lowercase().ends_with("www") => formatter.write_str("\\.")?,
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => write!(formatter, "\\{character}")?,
                // What begins a line would be a list or a heading.
                '-' | '+' | '=' if at == 0 => write!(formatter, "\\{character}")?,
                '.' | ')' if text[..at].chars().all(|one| one.is_ascii_digit()) => write!(formatter, "\\{character}")?,
                character => formatter.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// A text that is shown to the letter.
pub(crate) struct Code<'a>(pub(crate) &'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = clipped(self.0);
        let longest = text.split(|one| one != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest + 1);
        // Code that begins or ends with the mark, or with a space, stands apart from the fence; no code is empty.
        let space =
            if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
        write!(formatter, "{fence}{space}{text}{space}{fence}")
    }
}

/// A text in one line and not too long.
fn clipped(text: &str) -> String {
    let text = Printable(text).to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text,
    }
}

/// Text that grows up to a bound of bytes.
pub(crate) struct Page {
    text: String,
    bound: usize,
}

impl Page {
    pub(crate) fn within(bound: usize) -> Self {
        Self { text: String::new(), bound }
    }

    /// How many bytes are left.
    pub(crate) fn room(&self) -> usize {
        self.bound - self.text.len()
    }

    pub(crate) fn length(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn text(self) -> String {
        self.text
    }

    /// Adds a block as a whole where there is room for it.
    pub(crate) fn add(&mut self, block: &str) -> bool {
        let fits = block.len() <= self.room();
        if fits {
            self.text.push_str(block);
        }
        fits
    }

    /// Adds lines below a heading, as many as there is room for, and how many more there are. Without lines there is no heading.
    pub(crate) fn rows(&mut self, heading: &str, rows: &[String]) {
        /// Room for the line that counts the others.
        const MORE: usize = 32;
        let fits = |room: &mut usize, row: &String| {
            let fits = row.len() <= *room;
            *room = room.saturating_sub(row.len());
            fits.then_some(())
        };
        let mut room = self.room().saturating_sub(heading.len() + MORE);
        let told = rows.iter().map_while(|row| fits(&mut room, row)).count();
        if told == 0 || !self.add(heading) {
            return;
        }
        for row in &rows[..told] {
            self.add(row);
        }
        if told < rows.len() {
            self.add(&format!("\nand {} more\n", rows.len() - told));
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Code, Prose};

    #[rstest]
    #[case::tags("<img src=x> & ]]>", "&lt;img src=x&gt; &amp; \\]\\]&gt;")]
    #[case::marks("a*b_c`d|e~f", r"a\*b\_c\`d\|e\~f")]
    #[case::links("[x](http://x) https://x www.x WWW.x", r"\[x\](http\://x) https\://x www\.x WWW\.x")]
    #[case::people("@octocat #12", r"@&#8203;octocat \#&#8203;12")]
    #[case::lines("1. a\n- b", r"1\. a\\n- b")]
    #[case::a_list("- b", r"\- b")]
    #[case::plain("status: 403, expected 401.", "status: 403, expected 401.")]
    fn prose_is_taken_for_nothing_else(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Prose(text).to_string(), shown);
    }

    #[rstest]
    #[case::plain("a=b", "`a=b`")]
    #[case::marks("a`b``c", "```a`b``c```")]
    #[case::at_the_end("`", "`` ` ``")]
    #[case::nothing("", "`  `")]
    fn code_ends_where_it_ends(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Code(text).to_string(), shown);
    }
}
