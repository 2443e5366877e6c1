//! `${name}` in texts, and the names that are filled when a case is played.

use diagnostics::nearest;

/// A text cut at its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// What stands between the braces.
    Variable(&'a str),
    /// `${` without `}`.
    Open,
}

pub(crate) fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    while let Some(at) = rest.find("${") {
        if at > 0 {
            found.push(Piece::Text(&rest[..at]));
        }
        let Some(length) = rest[at..].find('}') else {
            found.push(Piece::Open);
            return found;
        };
        found.push(Piece::Variable(&rest[at + 2..at + length]));
        rest = &rest[at + length + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The names of a text's variables, without their prefixes.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Variable(written) => Some(split(written).1),
        Piece::Text(_) | Piece::Open => None,
    })
}

/// What a prefix does to a value: `upper:`, `lower:` or `text:`.
pub(crate) const PREFIXES: [&str; 3] = ["upper", "lower", "text"];

/// The prefix, if there is one, and the name.
pub(crate) fn split(written: &str) -> (Option<&str>, &str) {
    match written.split_once(':') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, written),
    }
}

/// Whether this is filled when the case is played, rather than by an axis. Whether it is known is asked of [`kind`].
pub(crate) fn is_runtime(written: &str) -> bool {
    let (prefix, name) = split(written);
    prefix.is_some() || name.contains('.') || TOKENS.contains(&name) || PARTS.contains(&name)
}

/// The tokens of a step.
pub(crate) const TOKENS: [&str; 2] = ["token", "other-token"];
/// The parts of a token as its encoding wrote them.
pub(crate) const PARTS: [&str; 3] = ["header", "payload", "signature"];

/// What a variable is about, which decides where it may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of [`TOKENS`].
    Token,
    /// One of [`PARTS`].
    Part,
    /// What the profile, the directory and the run know.
    World,
    /// A key: the stranger's or the issuer's.
    Key,
    /// The token as issued.
    Issued,
}

/// Names that are known as a whole.
const WHOLE: [(&str, Kind); 24] = [
    ("token", Kind::Token),
    ("other-token", Kind::Token),
    ("header", Kind::Part),
    ("payload", Kind::Part),
    ("signature", Kind::Part),
    ("target.host", Kind::World),
    ("target.path", Kind::World),
    ("target.excluded", Kind::World),
    ("target.keyed", Kind::World),
    ("target.audience", Kind::World),
    ("target.tenant", Kind::World),
    ("key.master", Kind::World),
    ("key.host", Kind::World),
    ("key.function", Kind::World),
    ("key.system", Kind::World),
    ("sink.url", Kind::World),
    ("sink.authority", Kind::World),
    ("sink.path", Kind::World),
    ("stranger.jwk", Kind::Key),
    ("stranger.kid", Kind::Key),
    ("stranger.x5c", Kind::Key),
    ("stranger-ec.jwk", Kind::Key),
    ("stranger-ec.kid", Kind::Key),
    ("issuer.jwk", Kind::Key),
];

/// Beginnings of names whose rest is somebody's own.
const OPEN: [(&str, Kind); 5] = [
    ("caller", Kind::World),
    ("object", Kind::World),
    ("tenant", Kind::World),
    ("api", Kind::World),
    ("issued", Kind::Issued),
];

/// What a name is about; none where nobody knows it.
pub(crate) fn kind(name: &str) -> Option<Kind> {
    if let Some((_, kind)) = WHOLE.iter().find(|(known, _)| *known == name) {
        return Some(*kind);
    }
    let (space, rest) = name.split_once('.')?;
    let (_, kind) = OPEN.iter().find(|(known, _)| *known == space)?;
    (!rest.is_empty() && rest != "header.").then_some(*kind)
}

/// What may have been meant by what is not known.
pub(crate) fn meant(written: &str) -> String {
    let (prefix, name) = split(written);
    if let Some(prefix) = prefix
        && !PREFIXES.contains(&prefix)
    {
        return match nearest(prefix, PREFIXES) {
            Some(near) => format!("did you mean `${{{near}:{name}}}`?"),
            None => "a prefix is `upper:`, `lower:` or `text:`".to_owned(),
        };
    }
    let prefix = prefix.map(|prefix| format!("{prefix}:")).unwrap_or_default();
    let (space, rest) = name.split_once('.').unwrap_or((name, ""));
    let open = OPEN.map(|(space, _)| space);
    if open.contains(&space) {
        return format!("say which: `${{{prefix}{space}.NAME}}`");
    }
    if let Some(near) = nearest(name, WHOLE.map(|(known, _)| known)) {
        return format!("did you mean `${{{prefix}{near}}}`?");
    }
    if let Some(near) = nearest(space, open) {
        return format!("did you mean `${{{prefix}{near}.{rest}}}`?");
    }
    let mut siblings = WHOLE.iter().map(|(known, _)| *known).filter(|known| known.split('.').next() == Some(space));
    match siblings.next() {
        Some(first) => format!("known here: {}", siblings.fold(first.to_owned(), |list, known| list + ", " + known)),
        None => {
            "names start with target, key, caller, object, tenant, api, sink, issued, stranger, stranger-ec or issuer"
                .to_owned()
        }
    }
}
