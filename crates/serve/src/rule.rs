use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most blanks that are sent behind an answer: 1 GiB.
const MOST_PADDING: u64 = 1 << 30;
/// The longest that an answer drips, in milliseconds.
const LONGEST_DRIP: u64 = 600_000;

/// One kind of trouble for some requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The raw path it is for: exact, or a prefix where it ends in `*`.
    pub path: String,
    /// For how many more requests; none means until cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

/// What happens to a request. In JSON an object with `kind`: `{"kind": "status", "status": 503}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// This answer instead of the service's.
    Status {
        /// 200 to 999.
        status: u16,
        /// Name and value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        headers: Vec<(String, String)>,
        /// As text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
        /// As any bytes, instead of `body`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<Base64>,
    },
    /// The service's answer, with these headers in place of its own of the same names.
    Headers {
        /// Name and value; a name may repeat.
        headers: Vec<(String, String)>,
    },
    /// The service's answer, so much later.
    Delay {
        /// How much later.
        milliseconds: u64,
    },
    /// The service's answer, its body sent byte by byte at first.
    Drip {
        /// The pause before each of them.
        milliseconds: u64,
        /// How many bytes come one by one; the rest follows at once.
        bytes: usize,
    },
    /// The service's answer, with blanks behind its body. They are never held in memory.
    Pad {
        /// How many.
        bytes: u64,
    },
    /// No answer ever; the connection stays open until the client leaves or the server stops.
    Hang,
    /// No answer: the connection is reset.
    Reset,
    /// The service's answer, its body cut off after so many bytes and the connection closed.
    Truncate {
        /// How many bytes of the body are sent. The head announces all of them.
        bytes: usize,
    },
}

/// Bytes that JSON says in standard base64.
#[derive(Debug, Clone, PartialEq)]
pub struct Base64(pub Bytes);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(&text);
        bytes
            .map(|bytes| Self(bytes.into()))
            .map_err(|error| D::Error::custom(format!("not standard base64 with padding: {error}")))
    }
}

impl Fault {
    /// What the journal says of a request that it was played to.
    pub(crate) fn note(&self) -> &'static str {
        match self {
            Self::Status { .. } => "fault: status",
            Self::Headers { .. } => "fault: headers",
            Self::Delay { .. } => "fault: delay",
            Self::Drip { .. } => "fault: drip",
            Self::Pad { .. } => "fault: pad",
            Self::Hang => "fault: hang",
            Self::Reset => "fault: reset",
            Self::Truncate { .. } => "fault: truncate",
        }
    }
}

impl Rule {
    /// Says why a rule could never be played.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.path.starts_with(['/', '*']) {
            return Err(format!("path {:?} matches nothing; it starts with `/`, or is `*` for all", self.path));
        }
        if self.times == Some(0) {
            return Err("times is 0; leave it out to play the fault until it is cleared".into());
        }
        match &self.fault {
            Fault::Status { status, headers, body, body_base64 } => {
                if StatusCode::from_u16(*status).is_err() || *status < 200 {
                    return Err(format!("status {status} is not a final HTTP status; give 200 to 999"));
                }
                if body_base64.is_some() && !body.is_empty() {
                    return Err("`body` and `body-base64` exclude each other".into());
                }
                check_headers(headers)
            }
            Fault::Headers { headers } => check_headers(headers),
            Fault::Pad { bytes } if *bytes > MOST_PADDING => {
                Err(format!("{bytes} blanks are more than the {MOST_PADDING} that can be asked for"))
            }
            Fault::Drip { milliseconds, bytes } => {
                let total = milliseconds.saturating_mul(*bytes as u64);
                let long =
                    format!("{bytes} bytes every {milliseconds} ms take longer than the {LONGEST_DRIP} ms allowed");
                if total > LONGEST_DRIP { Err(long) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}

fn check_headers(headers: &[(String, String)]) -> Result<(), String> {
    for (name, value) in headers {
        let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(format!("{name:?} is not a header name"));
        };
        if known == header::CONTENT_LENGTH || known == header::TRANSFER_ENCODING {
            return Err(format!("{name} follows from the body; to break the framing there are truncate and pad"));
        }
        if HeaderValue::from_str(value).is_err() {
            return Err(format!("the value of header {name} has bytes that no header may have"));
        }
    }
    Ok(())
}

/// Headers of a rule as a map. Rules were checked when they were set; what cannot be sent is left out.
pub(crate) fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let both =
        |(name, value): &(String, String)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?));
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().filter_map(both) {
        map.append(name, value);
    }
    map
}
