//! The names that are filled when a case is played, and where each may stand.

use diagnostics::nearest;
use token::variables::{Prefix, Variable};

/// Whether this is filled when the case is played, rather than by an axis. Whether it is known is asked of [`kind`].
pub(crate) fn is_runtime(variable: Variable<'_>) -> bool {
    let name = variable.name;
    variable.prefix != Prefix::None || name.contains(['.', ':']) || TOKENS.contains(&name) || PARTS.contains(&name)
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

/// What a namespace holds.
enum Names {
    /// These.
    Known(&'static [&'static str]),
    /// Names that somebody else gives: roles, APIs, claims.
    Any,
}

/// The members that a public key may have, and all of it.
const OF_KEYS: Names = Names::Known(&["jwk", "kid", "kty", "use", "alg", "n", "e", "x5c", "x5t", "crv", "x", "y"]);

const SPACES: [(&str, Kind, Names); 13] = [
    ("target", Kind::World, Names::Known(&["host", "path", "excluded", "keyed", "warm-up", "audience", "tenant"])),
    ("settings", Kind::World, Names::Known(&["identity", "group"])),
    ("key", Kind::World, Names::Known(&["master", "host", "function", "system", "gateway", "previous"])),
    ("sink", Kind::World, Names::Known(&["url", "authority", "path"])),
    ("caller", Kind::World, Names::Any),
    ("object", Kind::World, Names::Any),
    ("tenant", Kind::World, Names::Any),
    ("api", Kind::World, Names::Any),
    ("stranger", Kind::Key, OF_KEYS),
    ("stranger-ec", Kind::Key, OF_KEYS),
    ("stranger-ed", Kind::Key, OF_KEYS),
    ("issuer", Kind::Key, OF_KEYS),
    ("issued", Kind::Issued, Names::Any),
];

/// What a name is about; none where nobody knows it.
pub(crate) fn kind(name: &str) -> Option<Kind> {
    if TOKENS.contains(&name) {
        return Some(Kind::Token);
    }
    if PARTS.contains(&name) {
        return Some(Kind::Part);
    }
    let (space, member) = name.split_once('.')?;
    let (_, kind, names) = SPACES.iter().find(|(known, ..)| *known == space)?;
    let is_known = match names {
        Names::Known(known) => known.contains(&member),
        Names::Any => !member.is_empty() && member != "header.",
    };
    is_known.then_some(*kind)
}

/// What may have been meant by a name that nobody knows.
pub(crate) fn meant(variable: Variable<'_>) -> String {
    if let Some((prefix, name)) = variable.name.split_once(':') {
        return match nearest(prefix, ["upper", "lower", "text"]) {
            Some(near) => format!("did you mean `${{{near}:{name}}}`?"),
            None => "a prefix is one of `upper:`, `lower:` and `text:`".to_owned(),
        };
    }
    let name = variable.name;
    let instead = |better: &str| format!("did you mean `{}`?", variable.written.replace(name, better));
    let (space, member) = name.split_once('.').unwrap_or((name, ""));
    let spaces = SPACES.iter().map(|(space, ..)| *space);
    let Some((_, _, names)) = SPACES.iter().find(|(known, ..)| *known == space) else {
        let near = nearest(space, spaces.clone());
        return match near {
            Some(near) => instead(&format!("{near}.{member}")),
            None => format!("names start with one of {}", spaces.collect::<Vec<_>>().join(", ")),
        };
    };
    match names {
        Names::Any => format!("say which: `{}`", variable.written.replace(name, &format!("{space}.NAME"))),
        Names::Known(known) => match nearest(member, known.iter().copied()) {
            Some(near) => instead(&format!("{space}.{near}")),
            None => format!("known of `{space}`: {}", known.join(", ")),
        },
    }
}
