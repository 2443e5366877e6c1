//! JSON with the place of every word, strict but for comments, which the templates of Azure Resource Manager may have.
//!
//! Nothing here calls itself: what is open is kept in a list, so that no nesting ends the stack.

use std::collections::HashSet;
use std::sync::Arc;

use crate::{Diagnostic, Key, Node, Source, Span, Value};

/// Deeper nesting than this is refused rather than followed. Terraform plans nest deeper than files that people write.
const MAX_DEPTH: usize = 128;

/// Among more names than these a name that is given twice is searched for by its hash.
const FEW: usize = 16;

/// Parses one JSON document: RFC 8259, with `//` and `/* */` comments and a byte order mark passed over, and each name of an object
/// given once. The error names the place and what belongs there.
pub fn parse_json(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let at = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    Reader { source, text: &source.text, at, open: Vec::new() }.document()
}

/// A list or an object that is still open, and where it began.
enum Open {
    List(Vec<Node>, usize),
    Object(Vec<(Key, Node)>, Key, usize),
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    text: &'a str,
    at: usize,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn document(mut self) -> Result<Node, Diagnostic> {
        self.pass_over_blanks()?;
        if self.at == self.text.len() {
            return Err(Diagnostic::error(self.source, self.here(), "the file is empty"));
        }
        loop {
            let mut done = self.value()?;
            // What is finished goes into what is open, and may finish that in its turn.
            while let Some(node) = done.take() {
                match self.open.pop() {
                    Some(Open::List(items, start)) => done = self.item(items, node, start)?,
                    Some(Open::Object(entries, key, start)) => done = self.member(entries, key, node, start)?,
                    None => return self.end(node),
                }
            }
        }
    }

    /// A value that is due here; none where it is a list or an object that has only begun.
    fn value(&mut self) -> Result<Option<Node>, Diagnostic> {
        self.pass_over_blanks()?;
        let start = self.at;
        let value = match self.byte() {
            Some(b'"') => Value::Text(self.string()?),
            Some(b'{') => {
                self.enter()?;
                if !self.closes(b'}')? {
                    let key = self.key(start)?;
                    self.open.push(Open::Object(Vec::new(), key, start));
                    return Ok(None);
                }
                Value::Map(Vec::new())
            }
            Some(b'[') => {
                self.enter()?;
                if !self.closes(b']')? {
                    self.open.push(Open::List(Vec::new(), start));
                    return Ok(None);
                }
                Value::List(Vec::new())
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            None => return Err(self.ends_early()),
            Some(_) => self.word()?,
        };
        Ok(Some(Node { value, span: Span { start, end: self.at } }))
    }

    fn item(&mut self, mut items: Vec<Node>, node: Node, start: usize) -> Result<Option<Node>, Diagnostic> {
        items.push(node);
        if self.closes(b']')? {
            return Ok(Some(Node { value: Value::List(items), span: Span { start, end: self.at } }));
        }
        self.open.push(Open::List(items, start));
        self.comma(b']')?;
        Ok(None)
    }

    fn member(
        &mut self,
        mut entries: Vec<(Key, Node)>,
        key: Key,
        node: Node,
        start: usize,
    ) -> Result<Option<Node>, Diagnostic> {
        entries.push((key, node));
        if self.closes(b'}')? {
            if let Some(key) = twice(&entries) {
                return Err(Diagnostic::error(self.source, key.span, format!("`{}` is given twice", key.text))
                    .help("keep one of the two"));
            }
            return Ok(Some(Node { value: Value::Map(entries), span: Span { start, end: self.at } }));
        }
        // The object stays open while its next name is read, so that an error there can name it.
        self.open.push(Open::Object(entries, Key { text: String::new(), span: Span::default() }, start));
        self.comma(b'}')?;
        let next = self.key(start)?;
        if let Some(Open::Object(_, key, _)) = self.open.last_mut() {
            *key = next;
        }
        Ok(None)
    }

    fn end(&mut self, node: Node) -> Result<Node, Diagnostic> {
        self.pass_over_blanks()?;
        if self.at == self.text.len() {
            return Ok(node);
        }
        Err(self.wrong(
            "something follows after the end of the document",
            "a file holds one object or list; remove the rest",
        ))
    }

    /// Opens a list or an object.
    fn enter(&mut self) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            let help = format!("no more than {MAX_DEPTH} levels are read");
            return Err(self.wrong("nested too deeply", help));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over a closing bracket, if it is there.
    fn closes(&mut self, bracket: u8) -> Result<bool, Diagnostic> {
        self.pass_over_blanks()?;
        let closes = self.byte() == Some(bracket);
        self.at += usize::from(closes);
        Ok(closes)
    }

    fn comma(&mut self, bracket: u8) -> Result<(), Diagnostic> {
        let close = char::from(bracket);
        match self.byte() {
            Some(b',') => self.at += 1,
            None => return Err(self.ends_early()),
            Some(_) => {
                let message = format!("`,` or `{close}` is needed here");
                return Err(self.wrong(message, "a comma stands between two members"));
            }
        }
        self.pass_over_blanks()?;
        if self.byte() == Some(bracket) {
            return Err(self.wrong(format!("a member is needed between `,` and `{close}`"), "remove the last comma"));
        }
        Ok(())
    }

    /// A name and the colon after it.
    fn key(&mut self, opened: usize) -> Result<Key, Diagnostic> {
        let start = self.at;
        match self.byte() {
            Some(b'"') => {}
            None => return Err(self.unclosed(opened, '}')),
            Some(_) => return Err(self.wrong("a name in double quotes is needed here", "write `\"name\": value`")),
        }
        let text = self.string()?;
        let key = Key { text, span: Span { start, end: self.at } };
        self.pass_over_blanks()?;
        match self.byte() {
            Some(b':') => self.at += 1,
            None => return Err(self.unclosed(opened, '}')),
            Some(_) => return Err(self.wrong("`:` is needed here", "write `\"name\": value`")),
        }
        Ok(key)
    }

    fn word(&mut self) -> Result<Value, Diagnostic> {
        let rest = &self.text[self.at..];
        let length = rest.find(|any: char| !any.is_ascii_alphanumeric() && any != '_').unwrap_or(rest.len());
        let word = &rest[..length];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => {
                let help = match word.to_ascii_lowercase().as_str() {
                    near @ ("true" | "false" | "null") => format!("write `{near}`, in lower case"),
                    "none" | "nil" | "undefined" => "write `null`".to_owned(),
                    "" => "write text in double quotes, a number, true, false, null, `[...]` or `{...}`".to_owned(),
                    _ => "write text in double quotes".to_owned(),
                };
                let first = rest.chars().next().map_or(0, char::len_utf8);
                let span = Span { start: self.at, end: self.at + length.max(first) };
                return Err(Diagnostic::error(self.source, span, "a value is needed here").help(help));
            }
        };
        self.at += length;
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Diagnostic> {
        let rest = &self.text[self.at..];
        let other = |any: char| !any.is_ascii_alphanumeric() && !matches!(any, '.' | '+' | '-');
        let text = &rest[..rest.find(other).unwrap_or(rest.len())];
        let value = if is_number(text) {
            let integer = text.parse().ok().map(Value::Integer);
            integer.or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number))
        } else {
            None
        };
        let Some(value) = value else {
            let span = Span { start: self.at, end: self.at + text.len() };
            let help = "write digits such as `72` or `72.5`, or text in double quotes";
            return Err(Diagnostic::error(self.source, span, "this is no number").help(help));
        };
        self.at += text.len();
        Ok(value)
    }

    /// A text from its opening quote to its closing one.
    fn string(&mut self) -> Result<String, Diagnostic> {
        let opened = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f)).unwrap_or(rest.len());
            text.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(b'\n' | b'\r') | None => {
                    let span = Span { start: opened, end: self.at };
                    return Err(Diagnostic::error(self.source, span, "this text has no end on its line")
                        .help("close it with `\"`; a line break in it is written `\\n`"));
                }
                Some(_) => return Err(self.wrong("a control character in text", "write it as `\\t` or `\\u0000`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Diagnostic> {
        let start = self.at;
        let letter = self.text.as_bytes().get(self.at + 1);
        self.at += 2;
        let letter = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => match self.unicode() {
                Some(letter) => letter,
                None => return Err(self.bad_escape(start, "four hexadecimal digits of a character follow `\\u`")),
            },
            _ => return Err(self.bad_escape(start, "write `\\\\` where a backslash is meant")),
        };
        Ok(letter)
    }

    /// The character of `\uXXXX`, or of the two that a character beyond the basic plane takes.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.text[self.at..].starts_with("\\u").then_some(())?;
        self.at += 2;
        let second = self.hexadecimal().filter(|unit| (0xdc00..0xe000).contains(unit))?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|four| four.bytes().all(|one| one.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn pass_over_blanks(&mut self) -> Result<(), Diagnostic> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') => {
                    let rest = &self.text[self.at..];
                    let length = if rest.starts_with("//") {
                        Some(rest.find('\n').unwrap_or(rest.len()))
                    } else if let Some(comment) = rest.strip_prefix("/*") {
                        comment.find("*/").map(|end| end + 4)
                    } else {
                        return Ok(());
                    };
                    let Some(length) = length else {
                        return Err(Diagnostic::error(self.source, self.span(2), "this comment has no end")
                            .help("close it with `*/`"));
                    };
                    self.at += length;
                }
                _ => return Ok(()),
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn here(&self) -> Span {
        Span { start: self.at, end: self.at }
    }

    fn span(&self, length: usize) -> Span {
        Span { start: self.at, end: self.at + length }
    }

    /// An error at the next character.
    fn wrong(&self, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        let length = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        Diagnostic::error(self.source, self.span(length), message).help(help)
    }

    fn bad_escape(&self, start: usize, help: &str) -> Diagnostic {
        let mut end = self.at.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Diagnostic::error(self.source, Span { start, end }, "this escape is not known in JSON").help(help)
    }

    /// The file ends inside of what is open.
    fn ends_early(&self) -> Diagnostic {
        match self.open.last() {
            Some(Open::List(_, start)) => self.unclosed(*start, ']'),
            Some(Open::Object(_, _, start)) => self.unclosed(*start, '}'),
            None => self.wrong("a value is needed here", "write `{...}` or `[...]`"),
        }
    }

    fn unclosed(&self, opened: usize, bracket: char) -> Diagnostic {
        let what = if bracket == ']' { "list" } else { "object" };
        Diagnostic::error(
            self.source,
            Span { start: opened, end: opened + 1 },
            format!("the file ends inside this {what}"),
        )
        .label("opened here")
        .help(format!("close it with `{bracket}`; is the file complete?"))
    }
}

/// A name that an object has twice, at its second place.
fn twice(entries: &[(Key, Node)]) -> Option<&Key> {
    if entries.len() <= FEW {
        let mut pairs = entries.iter().enumerate();
        return pairs
            .find(|(at, (key, _))| entries[..*at].iter().any(|(earlier, _)| earlier.text == key.text))
            .map(|(_, (key, _))| key);
    }
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().map(|(key, _)| key).find(|key| !seen.insert(key.text.as_str()))
}

/// The grammar of numbers in RFC 8259 section 6.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(before, after)| (before, Some(after)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(before, after)| (before, Some(after)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests;
