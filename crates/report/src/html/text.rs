//! Text from outside as HTML shows it.

use std::fmt::{self, Write as _};

use crate::printable::{Printable, lines};

/// Text of one line, for content and attributes in double quotes.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(formatter), "{}", Printable(self.0))
    }
}

/// Text of several lines, for `pre`.
pub(super) struct Lines<'a>(pub(super) &'a str);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in lines(self.0.trim_end()).enumerate() {
            formatter.write_str(if at == 0 { "" } else { "\n" })?;
            write!(Escaping(formatter), "{line}")?;
        }
        Ok(())
    }
}

/// Writes the characters that HTML takes for its own as references.
struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            self.0.write_str(&rest[..at])?;
            self.0.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[at + 1..];
        }
        self.0.write_str(rest)
    }
}

/// Writes a template, its `{{names}}` filled in. What is filled in is HTML, and is not looked at for names again.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, named)) = rest.split_once("{{") {
        let (name, after) = named.split_once("}}").unwrap_or((named, ""));
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str());
        let _ = write!(page, "{before}{value}");
        rest = after;
    }
    page + rest
}

#[cfg(test)]
mod tests {
    use super::{Lines, Text, fill};

    #[test]
    fn nothing_is_left_that_html_takes_for_its_own() {
        assert_eq!(Text("<a href='x'>\"&\n\u{202e}").to_string(), r"&lt;a href=&#39;x&#39;&gt;&quot;&amp;\n\u{202e}");
        assert_eq!(Lines("a\r\n\r\n<b>\x1b\r\n\r\n").to_string(), "a\n\n&lt;b&gt;\\u{1b}");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("<{{a}}|{{b}}>", &[("a", "{{b}}".to_owned()), ("b", "x".to_owned())]), "<{{b}}|x>");
    }
}
