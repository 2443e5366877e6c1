//! The one form of a path that both the platform and the Functions host look at.

use std::borrow::Cow;

/// A request's path as Kestrel hands it to an app: percent-encoded UTF-8 is decoded once, save for `%2F`, and then segments
/// of `.` and `..` are resolved. Everything else stays: case, double slashes, backslashes, matrix parameters, sequences that
/// are no UTF-8. None where the path has a NUL in it, which Kestrel refuses with 400.
///
/// An app is only safe where the platform and the host compare the same form; so both use this one.
///
/// Source: `PathNormalizer` and `UrlDecoder` of ASP.NET Core; RFC 3986 section 5.2.4.
pub fn canonical_path(raw: &str) -> Option<Cow<'_, str>> {
    let decoded = decode(raw)?;
    if decoded.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Some(Cow::Owned(resolve(&decoded)));
    }
    Some(decoded)
}

fn decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains(['%', '\0']) {
        return Some(Cow::Borrowed(raw));
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while !rest.is_empty() {
        let plain = rest.find('%').unwrap_or(rest.len());
        decoded.push_str(&rest[..plain]);
        rest = &rest[plain..];
        if rest.is_empty() {
            break;
        }
        let (character, taken) = escaped_character(rest.as_bytes()).unwrap_or(('%', 1));
        if character == '/' {
            decoded.push_str(&rest[..taken]);
        } else {
            decoded.push(character);
        }
        rest = &rest[taken..];
    }
    (!decoded.contains('\0')).then_some(Cow::Owned(decoded))
}

/// The one character that the escapes at the start of a text spell, and how many bytes they take.
fn escaped_character(text: &[u8]) -> Option<(char, usize)> {
    let mut bytes = [0; 4];
    for length in 1..=4 {
        let escape = text.get((length - 1) * 3..length * 3)?;
        let (high, low) = (char::from(escape[1]).to_digit(16)?, char::from(escape[2]).to_digit(16)?);
        if escape[0] != b'%' {
            return None;
        }
        bytes[length - 1] = u8::try_from(high * 16 + low).ok()?;
        if let Some(character) = std::str::from_utf8(&bytes[..length]).ok().and_then(|text| text.chars().next()) {
            return Some((character, length * 3));
        }
    }
    None
}

fn resolve(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::canonical_path;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("/api/orders", "/api/orders")]
    #[case::case_stays("/API/Orders", "/API/Orders")]
    #[case::escaped("/%61pi/orders", "/api/orders")]
    #[case::utf8("/caf%C3%A9", "/café")]
    #[case::decoded_once("/%2561pi", "/%61pi")]
    #[case::slash_stays("/api%2Forders%2f", "/api%2Forders%2f")]
    #[case::backslash("/api%5Corders", "/api\\orders")]
    #[case::overlong("/%C0%AE%C0%AE/x", "/%C0%AE%C0%AE/x")]
    #[case::broken_escape("/100%/%zz/%2", "/100%/%zz/%2")]
    #[case::dot("/./api/orders", "/api/orders")]
    #[case::dots("/x/../api/orders", "/api/orders")]
    #[case::escaped_dots("/api/health/%2e%2E/orders", "/api/orders")]
    #[case::above_the_root("/../../api", "/api")]
    #[case::dots_at_the_end("/api/health/..", "/api/")]
    #[case::dot_at_the_end("/api/health/.", "/api/health/")]
    #[case::double_slash("//api//orders", "//api//orders")]
    #[case::dots_after_double_slash("/a//../b", "/a/b")]
    #[case::matrix("/api/health;/../orders", "/api/orders")]
    #[case::three_dots("/api/.../x", "/api/.../x")]
    #[case::escaped_question_mark("/api/health%3f", "/api/health?")]
    #[case::asterisk("*", "*")]
    fn paths_are_read_as_kestrel_reads_them(#[case] raw: &str, #[case] expected: &str) {
        assert_eq!(canonical_path(raw).unwrap(), expected);
    }

    #[test]
    fn a_nul_is_refused() {
        assert_eq!(canonical_path("/api/health%00/x"), None);
    }

    proptest! {
        #[test]
        fn no_dots_are_left(raw in "(/|\\.|%2e|%2F|a|%25|%C3|%A9|;){0,12}") {
            let raw = format!("/{raw}");
            let path = canonical_path(&raw).unwrap();
            prop_assert!(path.starts_with('/'));
            prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."), "{path}");
        }
    }
}
