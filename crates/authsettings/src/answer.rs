//! How App Service Authentication answers a request.

use std::fmt;

/// How App Service Authentication answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The request is handed to the Functions host.
    Reaches {
        /// The identity that is injected.
        as_: Identity,
    },
    /// The request ends here.
    Refused {
        /// Whether the caller is not known or not allowed.
        kind: Kind,
        /// HTTP status: 401, 403, or 302 to the login page.
        status: u16,
        /// The value of `WWW-Authenticate`.
        challenge: Option<String>,
        /// The value of `Location`, with status 302.
        location: Option<String>,
        /// Why, for logs and explanations; never on the wire.
        reason: Reason,
    },
    /// The same request over HTTPS is asked for.
    Redirect {
        /// HTTP status.
        status: u16,
        /// The value of `Location`.
        location: String,
    },
    /// An endpoint of App Service Authentication itself answers: `/.auth/...` or the protected resource metadata.
    Endpoint,
    /// It depends on something that is not known. The text names it.
    Depends(&'static str),
}

impl Answer {
    /// Whether two answers are the same to everyone but the log: their reasons may differ.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Refused { kind, status, challenge, location, reason: _ },
                Self::Refused { kind: kind2, status: status2, challenge: challenge2, location: location2, reason: _ },
            ) => (kind, status, challenge, location) == (kind2, status2, challenge2, location2),
            _ => self == other,
        }
    }
}

/// As whom a request reaches the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// As the caller whom the token names; the identity headers are injected.
    Caller,
    /// As nobody; no identity header is there.
    Anonymous,
}

/// Whether a refused caller is not known or not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody could be made out: no credential, or one that does not count.
    Unauthenticated,
    /// A known caller whom the settings do not allow.
    Forbidden,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No credential.
    NoCredential,
    /// A credential of a scheme other than Bearer.
    OtherScheme,
    /// The settings name no Entra registration, so no token can be validated.
    NoProvider,
    /// The token cannot be read.
    Unreadable,
    /// No published key verifies the token's signature by an allowed algorithm.
    NotSigned,
    /// The token's issuer is not the configured one.
    WrongIssuer,
    /// The token is meant for another API.
    WrongAudience,
    /// The token has expired.
    Expired,
    /// The token is not valid yet.
    Premature,
    /// The token's tenant is not in `WEBSITE_AUTH_AAD_ALLOWED_TENANTS`.
    TenantNotAllowed,
    /// The caller has no service principal in the tenant, and one is required.
    NoServicePrincipal,
    /// The calling application is not in `allowedApplications`.
    ApplicationNotAllowed,
    /// The caller is neither in `allowedPrincipals.identities` nor a member of `allowedPrincipals.groups`.
    PrincipalNotAllowed,
    /// The calling application is not in `jwtClaimChecks.allowedClientApplications`.
    ClientCheckFailed,
    /// The caller is not a member of `jwtClaimChecks.allowedGroups`.
    GroupCheckFailed,
}

impl Reason {
    /// The HTTP sub-status that App Service writes to its logs, for instance 83 of `401.83`.
    ///
    /// Source: the enumeration in the Easy Auth wiki, "HTTP Status Codes".
    pub fn sub_status(self) -> u16 {
        match self {
            Self::NoCredential | Self::OtherScheme => 71,
            Self::NoProvider => 74,
            Self::Unreadable
            | Self::NotSigned
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::Expired
            | Self::Premature => 83,
            Self::TenantNotAllowed
            | Self::NoServicePrincipal
            | Self::ApplicationNotAllowed
            | Self::PrincipalNotAllowed
            | Self::ClientCheckFailed
            | Self::GroupCheckFailed => 76,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCredential => "the request has no bearer token",
            Self::OtherScheme => "the Authorization header is not of the Bearer scheme",
            Self::NoProvider => "the settings name no usable Entra registration",
            Self::Unreadable => "the token cannot be read",
            Self::NotSigned => "no published key verifies the signature by an allowed algorithm",
            Self::WrongIssuer => "the token's issuer is not the configured one",
            Self::WrongAudience => "the token is meant for another audience",
            Self::Expired => "the token has expired",
            Self::Premature => "the token is not valid yet",
            Self::TenantNotAllowed => "the token's tenant is not in WEBSITE_AUTH_AAD_ALLOWED_TENANTS",
            Self::NoServicePrincipal => {
                "the caller has no service principal in the tenant (no oid), and one is required"
            }
            Self::ApplicationNotAllowed => "the calling application is not in allowedApplications",
            Self::PrincipalNotAllowed => "the caller is not in allowedPrincipals",
            Self::ClientCheckFailed => "the calling application is not in jwtClaimChecks.allowedClientApplications",
            Self::GroupCheckFailed => "the caller is in no group of jwtClaimChecks.allowedGroups",
        })
    }
}
