//! Whom a function says it was told is calling.

use scenario::PrincipalPlace;
use serde_json::Value;
use wire::Exchange;

use crate::attribute::header;

/// Whom a function says it was told is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Nobody,
    /// Somebody of this id.
    Somebody(String),
    /// It cannot be told from the answer; why.
    Unclear(&'static str),
}

impl Told {
    /// The word for nobody.
    pub(super) const NOBODY: &str = "nobody";

    /// Reads it from the place that the profile names. A place that is not there, null or empty stands for nobody.
    pub(super) fn by(exchange: &Exchange, place: Option<&PrincipalPlace>) -> Self {
        let pointer = match place {
            None => return Self::Unclear("the profile does not say where the function shows the principal"),
            Some(PrincipalPlace::Header(name)) => return Self::named(header(exchange, name).next().as_deref()),
            Some(PrincipalPlace::Json(pointer)) => pointer,
        };
        match serde_json::from_slice::<Value>(&exchange.body) {
            Ok(body) => match body.pointer(pointer) {
                None | Some(Value::Null) => Self::Nobody,
                Some(Value::String(id)) => Self::named(Some(id)),
                Some(other) => Self::Somebody(other.to_string()),
            },
            Err(_) if exchange.truncated => Self::Unclear(
                "the body that shows the principal did not come whole (`limits.body-bytes`, `limits.answer-ms`)",
            ),
            Err(_) => Self::Unclear("the principal cannot be read from the body, which is no JSON"),
        }
    }

    fn named(id: Option<&str>) -> Self {
        match id {
            None | Some("") => Self::Nobody,
            Some(id) => Self::Somebody(id.to_owned()),
        }
    }

    /// The id, or a word for nobody; an error says why neither is known.
    pub(super) fn name(&self) -> Result<&str, &'static str> {
        match self {
            Self::Nobody => Ok(Self::NOBODY),
            Self::Somebody(id) => Ok(id),
            Self::Unclear(why) => Err(why),
        }
    }
}
