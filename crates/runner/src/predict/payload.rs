//! What a recipe says of the claims of a token.

use std::collections::HashMap;

use authsettings::{Claim, Fact, Facts};
use serde_json::{Number, Value};
use token::{Recipe, Version};

use super::part::{self, Part};

/// A validator may let `exp` and `nbf` be off by five minutes, and clocks differ: within twice that nobody can say.
pub(super) const LONGEST_SKEW: i64 = 600;

/// Stands for the groups that the token was issued with.
pub(super) const ISSUED_GROUPS: &str = "${issued.groups}";

/// Before this moment (2023) and behind that one (2096) no clock is.
const LONG_PAST: i64 = 1_700_000_000;
const FAR_AHEAD: i64 = 4_000_000_000;

/// What stands in the place of one claim.
#[derive(Debug, Clone, PartialEq)]
enum Held {
    /// What the issuer put there.
    Issued,
    Absent,
    Text(String),
    Texts(Vec<String>),
    /// A list that holds other things than texts.
    List,
    Number(Number),
    /// So many seconds from the moment of making.
    In(i64),
    /// Null, true, false or an object.
    Other,
    /// It is there twice.
    Twice,
    /// It cannot be told what is there.
    Unclear,
}

/// The claims of a recipe's token.
struct Claims {
    changed: HashMap<String, Held>,
    /// What is not among the changes stands there as issued; else it is not there.
    issued: bool,
    version: Version,
}

/// What a recipe makes of the payload: the facts that rest on claims, and whether it can be read. Texts keep their variables.
pub(super) fn facts(recipe: &Recipe, version: Version) -> Facts {
    let part = part::read(&recipe.forge.payload_bytes, recipe.forge.base64.payload);
    let readable = part.readable;
    let claims = Claims::of(recipe, part, version);
    // Some readers refuse an object in which a name stands twice (RFC 8259 section 4).
    let twice = if claims.changed.values().any(|held| *held == Held::Twice) { Fact::Unknown } else { Fact::Yes };
    Facts {
        readable: readable.and(twice),
        expired: claims.expired(),
        premature: claims.premature(),
        issuer: claims.text("iss"),
        audience: claims.audience(),
        client: claims.client(),
        object: claims.text("oid"),
        tenant: claims.tenant(),
        groups: claims.groups(),
        ..Facts::default()
    }
}

impl Claims {
    fn of(recipe: &Recipe, part: Part, version: Version) -> Self {
        let mut claims = Self { changed: HashMap::new(), issued: true, version };
        let times = [("exp", recipe.lifetime.expires_in), ("nbf", recipe.lifetime.not_before_in)];
        for (name, seconds) in times {
            claims.changed.extend(seconds.map(|seconds| (name.to_owned(), Held::In(seconds))));
        }
        for (name, value) in &recipe.claims {
            let held = value.as_ref().map_or(Held::Absent, Held::of);
            claims.changed.insert(name.clone(), held);
        }
        if let Some(instead) = part.instead {
            claims.issued = false;
            claims.changed = instead.iter().map(|(name, value)| (name.clone(), Held::of(value))).collect();
        }
        for (name, value) in part.added {
            let held = if claims.holds(&name) { Held::Twice } else { Held::of(&value) };
            claims.changed.insert(name, held);
        }
        claims
    }

    fn get(&self, name: &str) -> &Held {
        let other_version = if self.version == Version::V2 { "appid" } else { "azp" };
        match self.changed.get(name) {
            Some(held) => held,
            None if self.issued && name != other_version && OF_ENTRA.contains(&name) => &Held::Issued,
            None => &Held::Absent,
        }
    }

    /// Whether a claim of this name may stand there already.
    fn holds(&self, name: &str) -> bool {
        match self.changed.get(name) {
            Some(held) => *held != Held::Absent,
            None => self.issued && (self.get(name) == &Held::Issued || BESIDES.contains(&name)),
        }
    }

    /// A claim that is one text. Some readers look into lists.
    fn text(&self, name: &str) -> Claim<String> {
        match self.get(name) {
            Held::Issued => Claim::Is(format!("${{issued.{name}}}")),
            Held::Text(text) => Claim::Is(text.clone()),
            Held::Absent | Held::Number(_) | Held::In(_) | Held::Other => Claim::Absent,
            Held::Texts(_) | Held::List | Held::Twice | Held::Unclear => Claim::Unknown,
        }
    }

    /// Where something other than a text stands in its place, it may count as missing or as the id of nobody.
    fn tenant(&self) -> Claim<String> {
        match (self.text("tid"), self.get("tid")) {
            (Claim::Absent, Held::Absent) => Claim::Absent,
            (Claim::Absent, _) => Claim::Unknown,
            (tenant, _) => tenant,
        }
    }

    fn audience(&self) -> Claim<Vec<String>> {
        match self.get("aud") {
            Held::Texts(texts) => Claim::Is(texts.clone()),
            // A list of lists or of objects holds no audience.
            Held::List => Claim::Absent,
            _ => match self.text("aud") {
                Claim::Is(text) => Claim::Is(vec![text]),
                Claim::Absent => Claim::Absent,
                Claim::Unknown => Claim::Unknown,
            },
        }
    }

    fn groups(&self) -> Claim<Vec<String>> {
        match self.get("groups") {
            Held::Issued => Claim::Is(vec![ISSUED_GROUPS.to_owned()]),
            Held::Texts(texts) => Claim::Is(texts.clone()),
            Held::Absent | Held::Number(_) | Held::In(_) | Held::Other => Claim::Absent,
            Held::Text(_) | Held::List | Held::Twice | Held::Unclear => Claim::Unknown,
        }
    }

    /// A reader that does not go by `ver` takes whichever of the two claims is there; where they differ nobody can say.
    fn client(&self) -> Claim<String> {
        let (own, other) = if self.version == Version::V2 { ("azp", "appid") } else { ("appid", "azp") };
        let (own, other) = (self.text(own), self.text(other));
        match (&own, &other) {
            _ if own == other => own,
            (_, Claim::Absent) if self.get("ver") == &Held::Issued => own,
            _ => Claim::Unknown,
        }
    }

    fn expired(&self) -> Fact {
        match self.get("exp") {
            Held::Issued => Fact::No,
            Held::In(seconds) if *seconds > 0 => Fact::No,
            Held::In(seconds) if *seconds < -LONGEST_SKEW => Fact::Yes,
            Held::Number(number) => at(number).map_or(Fact::Unknown, |ahead| Fact::from(ahead).not()),
            Held::Absent | Held::Other | Held::Texts(_) | Held::List => Fact::Yes,
            Held::Text(text) if !text.contains("${") && text.trim().parse::<f64>().is_err() => Fact::Yes,
            Held::In(_) | Held::Text(_) | Held::Twice | Held::Unclear => Fact::Unknown,
        }
    }

    /// Entra always sets `nbf`; whether a token is refused for something else in its place is not known.
    fn premature(&self) -> Fact {
        match self.get("nbf") {
            Held::Issued | Held::Absent => Fact::No,
            Held::In(seconds) if *seconds <= 0 => Fact::No,
            Held::In(seconds) if *seconds > LONGEST_SKEW => Fact::Yes,
            Held::Number(number) => at(number).map_or(Fact::Unknown, Fact::from),
            _ => Fact::Unknown,
        }
    }
}

/// The claims of Entra's tokens that facts rest on.
const OF_ENTRA: [&str; 10] = ["iss", "aud", "exp", "nbf", "azp", "appid", "oid", "tid", "ver", "groups"];

/// What else they may hold.
const BESIDES: [&str; 13] =
    ["iat", "aio", "appidacr", "azpacr", "idp", "idtyp", "rh", "roles", "sub", "uti", "xms_az_rid", "xms_mirid", "scp"];

/// Whether a moment lies ahead; none where that depends on when it is asked, or on how the number is read.
fn at(number: &Number) -> Option<bool> {
    match number.as_i64()? {
        past if past < LONG_PAST => Some(false),
        ahead if ahead > FAR_AHEAD => Some(true),
        _ => None,
    }
}

impl Held {
    fn of(value: &Value) -> Self {
        match value {
            Value::String(text) if text == "${issued.exp}" || text == "${issued.nbf}" => Self::Unclear,
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) => Self::Number(number.clone()),
            Value::Array(items) => {
                let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                match texts {
                    Some(texts) => Self::Texts(texts),
                    None if items.iter().any(Value::is_string) => Self::Unclear,
                    None => Self::List,
                }
            }
            Value::Null | Value::Bool(_) | Value::Object(_) => Self::Other,
        }
    }
}
