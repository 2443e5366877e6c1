//! What is true of the credential that a request bears.

/// What is known about one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fact {
    /// It is true.
    Yes,
    /// It is false.
    No,
    /// It depends on the reader: a duplicate member, a time within the clock skew, a byte order mark.
    #[default]
    Unknown,
}

impl Fact {
    /// True where both are. One `No` decides, whatever the other is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// True where either is. One `Yes` decides, whatever the other is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The opposite; what is unknown stays unknown.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "an operator would hide that there are three values")]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Fact {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What is known about one claim of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Claim<T> {
    /// The token does not have it, or has something of another type in its place.
    Absent,
    /// It has this value.
    Is(T),
    /// It depends on the reader.
    #[default]
    Unknown,
}

impl<T> Claim<T> {
    /// Whether the claim is there and passes a test.
    pub fn test(&self, test: impl FnOnce(&T) -> bool) -> Fact {
        match self {
            Self::Absent => Fact::No,
            Self::Is(value) => test(value).into(),
            Self::Unknown => Fact::Unknown,
        }
    }
}

/// What kind of credential a request bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credential {
    /// No `Authorization` header, or an empty one.
    #[default]
    None,
    /// An `Authorization` header of a scheme other than Bearer, or without a scheme.
    OtherScheme,
    /// `Authorization: Bearer ...`, whatever follows. The name of the scheme is compared without case (RFC 9110 section 11.1).
    Bearer,
}

/// What is true of the credential that a request bears.
///
/// A validator fills this in from the bytes of a token, a prediction from the recipe the token was made by. Claims are
/// compared with the settings by [`decide`](crate::decide), not by who fills them in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The kind of credential. Where it is not Bearer nothing below is looked at.
    pub credential: Credential,
    /// It is a compact JWS of three base64url segments whose header and payload are JSON objects.
    pub readable: Fact,
    /// Its signature verifies by a key that the configured authority publishes and an algorithm that is allowed.
    pub signed: Fact,
    /// `exp` lies in the past by more than the allowed skew, or is missing or no number.
    pub expired: Fact,
    /// `nbf` lies in the future by more than the allowed skew, or is no number. A missing `nbf` is not premature.
    pub premature: Fact,
    /// `iss`.
    pub issuer: Claim<String>,
    /// `aud`; one text or a list of texts.
    pub audience: Claim<Vec<String>>,
    /// The client that asked for the token: `azp` where `ver` is 2.0, `appid` where it is 1.0.
    pub client: Claim<String>,
    /// `oid`: the caller's service principal or user.
    pub object: Claim<String>,
    /// `tid`.
    pub tenant: Claim<String>,
    /// `groups`. Absent where Entra sent the overage claim in its place.
    pub groups: Claim<Vec<String>>,
}
