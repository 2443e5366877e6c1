//! The keys that an authority publishes.

use authsettings::{Authority, Claim, Fact, IssuerAcceptance, Tenant, TokenVersion};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The placeholder in the documents of an authority for any tenant.
const ANY_TENANT: &str = "{tenantid}";

/// A key that verifies RS256 signatures.
#[derive(Debug)]
pub struct PublicKey {
    kid: Option<String>,
    issuer: Option<String>,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Takes an RSA key for signatures out of a JWK set; anything else is none.
    fn of(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_or_absent = |name: &str, wanted: &str| jwk.get(name).is_none_or(|value| value == wanted);
        let verifies =
            jwk.get("key_ops").is_none_or(|ops| ops.as_array().is_some_and(|ops| ops.contains(&"verify".into())));
        if text("kty") != Some("RSA") || !is_or_absent("use", "sig") || !is_or_absent("alg", "RS256") || !verifies {
            return None;
        }
        let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let components = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
        Some(Self {
            kid: text("kid").map(str::to_owned),
            issuer: text("issuer").map(str::to_owned),
            key: components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?,
        })
    }

    /// Its name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether it may sign tokens of a tenant: v2 documents say of each key whose tokens it signs.
    pub fn signs_for(&self, authority: &Authority, tenant: Option<&str>) -> bool {
        let Some(issuer) = &self.issuer else { return true };
        let tenant = match (&authority.tenant, tenant) {
            (Tenant::Id(id), _) => id,
            (_, Some(tenant)) => tenant,
            (_, None) => return false,
        };
        *issuer.replace(ANY_TENANT, tenant) == authority.issuer(tenant, TokenVersion::V2)
    }

    /// Whether a signature over a text is this key's: RSASSA-PKCS1-v1_5 with SHA-256, 2048 to 8192 bits.
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        self.key.verify_sig(text.as_bytes(), signature).is_ok()
    }
}

/// Where an authority's metadata says that its keys are.
///
/// # Errors
/// The metadata must be an object, name the issuer that belongs to the authority, and point to a place of the authority's own.
pub(crate) fn keys_url(metadata: &[u8], authority: &Authority) -> Result<String, String> {
    let metadata: Map<String, Value> =
        serde_json::from_slice(metadata).map_err(|error| format!("the metadata is no JSON object: {error}"))?;
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
    let issuer = text("issuer");
    let expected = match &authority.tenant {
        Tenant::Id(id) => Fact::from(issuer == authority.issuer(id, authority.version)),
        Tenant::Any => Fact::from(issuer == authority.issuer(ANY_TENANT, authority.version)),
        Tenant::Domain(_) => {
            authority.accepts(&Claim::Is(issuer.to_owned()), &Claim::Unknown, IssuerAcceptance::StrictMetadata)
        }
    };
    if expected == Fact::No {
        return Err(format!("the metadata is of another issuer, {issuer:?}"));
    }
    let url = text("jwks_uri");
    if authority.owns(url) { Ok(url.to_owned()) } else { Err(format!("the keys would be at a foreign place, {url:?}")) }
}

/// The usable keys of a JWK set (RFC 7517 section 5). Keys that cannot be used are passed over.
///
/// # Errors
/// The document must be a JWK set with at least one usable key.
pub(crate) fn keys(document: &[u8]) -> Result<Vec<PublicKey>, String> {
    let document: Value =
        serde_json::from_slice(document).map_err(|error| format!("the key set is no JSON: {error}"))?;
    let keys: Vec<PublicKey> =
        document.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(PublicKey::of).collect();
    if keys.is_empty() { Err("the key set has no key that verifies RS256".to_owned()) } else { Ok(keys) }
}
