//! Where something stands in a user's file, for readers other than people.

use diagnostics::Diagnostic;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a path keeps as it is in a URI: RFC 3986 calls it unreserved, and the slash.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Lines and columns of some words, from 1, columns in characters. The end is one past the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line of the first character.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// The line of the last.
    pub end_line: usize,
    /// One past its column.
    pub end_column: usize,
}

impl Place {
    /// Of a diagnostic; none where it is about a file as a whole.
    pub fn of(diagnostic: &Diagnostic) -> Option<Self> {
        let span = diagnostic.span?;
        let (line, column) = diagnostic.source.line_column(span.start);
        let (end_line, end_column) = diagnostic.source.line_column(span.end.max(span.start));
        Some(Self { line, column, end_line, end_column })
    }
}

/// The path of a file as seen from the root of a repository, with forward slashes: `name` as seen from `folder`, which is seen from
/// the root. An absolute name stays one.
pub(crate) fn path(folder: &str, name: &str) -> String {
    if is_absolute(name) {
        return name.to_owned();
    }
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(name.split('/')) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The same as a URI.
pub(crate) fn uri(folder: &str, name: &str) -> String {
    let path = path(folder, name);
    let encoded = utf8_percent_encode(&path, KEPT);
    match path.strip_prefix('/') {
        Some(_) => format!("file://{encoded}"),
        None if is_absolute(&path) => format!("file:///{encoded}"),
        None => encoded.to_string(),
    }
}

/// Whether a name is a whole path: `/x`, or `C:/x` of Windows.
pub(crate) fn is_absolute(name: &str) -> bool {
    name.starts_with('/') || name.get(1..3) == Some(":/")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::uri;

    #[rstest]
    #[case::at_the_root("", "infra/x.json", "infra/x.json")]
    #[case::in_a_folder("service", "./infra/x.json", "service/infra/x.json")]
    #[case::beside_it("service/a", "../b/x.json", "service/b/x.json")]
    #[case::outside("", "../x.json", "../x.json")]
    #[case::absolute("service", "/tmp/x.json", "file:///tmp/x.json")]
    #[case::of_windows("service", "C:/x.json", "file:///C%3A/x.json")]
    #[case::odd_letters("", "für uns/100%.json", "f%C3%BCr%20uns/100%25.json")]
    fn a_file_has_one_uri_wherever_the_program_was_called(
        #[case] folder: &str,
        #[case] name: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(uri(folder, name), expected);
    }
}
