//! Entra's app-only access tokens to the claim.
//!
//! Shapes after <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference> and recorded tokens.

use aws_lc_rs::digest::{self, SHA256};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::jws::append;
use crate::{Algorithm, Draft, SigningKey, Token, UnixTime};

/// Which shape a token has; the API's registration decides (`requestedAccessTokenVersion`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `ver` 1.0.
    V1,
    /// `ver` 2.0.
    V2,
}

impl Version {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::V1 => Self::V2,
            Self::V2 => Self::V1,
        }
    }
}

/// Under which names an issuer speaks of itself in tokens and metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// Entra's public ones: `https://sts.windows.net/` for v1, `https://login.microsoftonline.com/` for v2.
    Entra,
    /// A URL of its own, without a slash at the end.
    Own(String),
}

impl Names {
    /// The authority: where the v2 endpoints of all tenants live, without a slash at the end.
    pub fn authority(&self) -> &str {
        match self {
            Self::Entra => "https://login.microsoftonline.com",
            Self::Own(url) => url,
        }
    }

    /// The `iss` of a tenant's tokens. `tenant` may be the placeholder `{tenantid}` of shared metadata.
    pub fn issuer(&self, tenant: &str, version: Version) -> String {
        match (version, self) {
            (Version::V1, Self::Entra) => format!("https://sts.windows.net/{tenant}/"),
            (Version::V1, Self::Own(url)) => format!("{url}/{tenant}/"),
            (Version::V2, _) => format!("{}/{tenant}/v2.0", self.authority()),
        }
    }
}

/// How the caller proved who it is (`appidacr`, `azpacr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// By a client secret: "1".
    Secret,
    /// By a certificate or a federated assertion: "2". Managed identities always do.
    Certificate,
}

/// What only the tokens of managed identities say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedIdentity {
    /// `xms_mirid`: the ARM id of the user-assigned identity, or of the resource that bears a system-assigned one.
    pub mirid: String,
    /// `xms_az_rid`: the ARM id of the resource that hosts a user-assigned identity.
    pub az_rid: Option<String>,
}

/// An app-only access token before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppToken {
    /// Its shape.
    pub version: Version,
    /// `iss`, from [`Names::issuer`] of the same version.
    pub issuer: String,
    /// `tid`.
    pub tenant: String,
    /// `aud`: the API's client id in v2; what was asked for in v1.
    pub audience: String,
    /// `azp` or `appid`: the caller's client id.
    pub client_id: String,
    /// `azpacr` or `appidacr`.
    pub client_auth: ClientAuth,
    /// `oid` and `sub`: the object id of the caller's service principal.
    pub object_id: String,
    /// The caller's app roles on this API; without any there is no `roles` claim.
    pub roles: Vec<String>,
    /// Set where the caller is a managed identity.
    pub managed_identity: Option<ManagedIdentity>,
    /// `iat` and `nbf`. Entra sets both 300 s before the moment of issue.
    pub issued_at: UnixTime,
    /// `exp`.
    pub expires_at: UnixTime,
    /// Makes `uti` (and with it `aio`) unique.
    pub token_id: [u8; 16],
}

impl AppToken {
    /// The header for a key id: v1 tokens say `x5t` too.
    pub fn header(&self, kid: &str) -> Map<String, Value> {
        let x5t = (self.version == Version::V1).then(|| ("x5t", kid.into()));
        let members = [("typ", "JWT".into()), ("alg", Algorithm::Rs256.name().into())];
        object(members.into_iter().chain(x5t).chain([("kid", kid.into())]))
    }

    /// The claims in Entra's order.
    pub fn payload(&self) -> Map<String, Value> {
        let text = |value: &str| Some(Value::from(value));
        let v1 = |value: &str| if self.version == Version::V1 { text(value) } else { None };
        let v2 = |value: &str| if self.version == Version::V2 { text(value) } else { None };
        let acr = if self.client_auth == ClientAuth::Secret { "1" } else { "2" };
        let identity = self.managed_identity.as_ref();
        let claims = [
            ("aud", text(&self.audience)),
            ("iss", text(&self.issuer)),
            ("iat", Some(self.issued_at.into())),
            ("nbf", Some(self.issued_at.into())),
            ("exp", Some(self.expires_at.into())),
            ("aio", text(&self.aio())),
            ("appid", v1(&self.client_id)),
            ("appidacr", v1(acr)),
            ("azp", v2(&self.client_id)),
            ("azpacr", v2(acr)),
            ("idp", v1(&self.issuer)),
            ("idtyp", text("app")),
            ("oid", text(&self.object_id)),
            ("rh", text(&self.rh())),
            ("roles", (!self.roles.is_empty()).then(|| self.roles.clone().into())),
            ("sub", text(&self.object_id)),
            ("tid", text(&self.tenant)),
            ("uti", text(&BASE64_URL_SAFE_NO_PAD.encode(self.token_id))),
            ("ver", text(if self.version == Version::V1 { "1.0" } else { "2.0" })),
            ("xms_az_rid", identity.and_then(|identity| identity.az_rid.as_deref()).and_then(text)),
            ("xms_mirid", identity.map(|identity| identity.mirid.as_str()).and_then(text)),
        ];
        object(claims.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }

    /// Signs the token as Entra does, with RS256.
    pub fn mint(&self, key: &SigningKey) -> Token {
        let input = Draft::of(&self.header(key.kid()), &self.payload()).signing_input();
        let signature = key.sign(Algorithm::Rs256, input.as_bytes());
        Token::new(append(input, &signature))
    }

    /// Opaque to everyone but Entra; here a digest of the token id.
    fn aio(&self) -> String {
        format!("k2Rg{}", opaque(&[&self.token_id]))
    }

    /// Opaque too; the same for all tokens of one caller for one API.
    fn rh(&self) -> String {
        let prefix = if self.version == Version::V1 { "0.A" } else { "1.A" };
        format!("{prefix}{}.", opaque(&[self.tenant.as_bytes(), self.client_id.as_bytes(), self.audience.as_bytes()]))
    }
}

fn opaque(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    BASE64_URL_SAFE_NO_PAD.encode(context.finish())
}

fn object<'a>(members: impl Iterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    // Room for all claims at once; a map that grows would hash them again and again.
    let mut object = Map::with_capacity(24);
    object.extend(members.map(|(name, value)| (name.to_owned(), value)));
    object
}
