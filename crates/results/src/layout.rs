//! How the document is laid out: short, and so that a line-by-line comparison of two documents says what differs.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// A line for each member of the outermost object and for each element of an array directly in it; the rest within the line.
pub(crate) struct Layout {
    margin: usize,
    depth: usize,
    /// Whether the innermost container has something in it.
    filled: bool,
}

impl Layout {
    /// For a value that stands `margin` columns from the left.
    pub(crate) fn new(margin: usize) -> Self {
        Self { margin, depth: 0, filled: false }
    }

    fn new_line<W: Write + ?Sized>(&self, output: &mut W) -> io::Result<()> {
        write!(output, "\n{:1$}", "", self.margin + 2 * self.depth)
    }

    fn begin<W: Write + ?Sized>(&mut self, output: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        output.write_all(bracket)
    }

    fn end<W: Write + ?Sized>(&mut self, output: &mut W, lines: bool, space: &[u8], bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled && lines {
            self.new_line(output)?;
        } else if self.filled {
            output.write_all(space)?;
        }
        output.write_all(bracket)
    }

    fn item<W: Write + ?Sized>(&mut self, output: &mut W, first: bool, lines: bool, space: &[u8]) -> io::Result<()> {
        match (first, lines) {
            (true, true) => self.new_line(output),
            (true, false) => output.write_all(space),
            (false, true) => output.write_all(b",").and_then(|()| self.new_line(output)),
            (false, false) => output.write_all(b", "),
        }
    }
}

impl Formatter for Layout {
    fn begin_object<W: Write + ?Sized>(&mut self, output: &mut W) -> io::Result<()> {
        self.begin(output, b"{")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, output: &mut W, first: bool) -> io::Result<()> {
        self.item(output, first, self.depth == 1, b" ")
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, output: &mut W) -> io::Result<()> {
        output.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_object<W: Write + ?Sized>(&mut self, output: &mut W) -> io::Result<()> {
        self.end(output, self.depth == 1, b" ", b"}")
    }

    fn begin_array<W: Write + ?Sized>(&mut self, output: &mut W) -> io::Result<()> {
        self.begin(output, b"[")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, output: &mut W, first: bool) -> io::Result<()> {
        self.item(output, first, self.depth <= 2, b"")
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn end_array<W: Write + ?Sized>(&mut self, output: &mut W) -> io::Result<()> {
        self.end(output, self.depth <= 2, b"", b"]")
    }
}
