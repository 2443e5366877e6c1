//! The keys that an authority publishes.

use std::sync::Arc;

use authsettings::{Authority, Claim, Fact, IssuerAcceptance, Settings, Tenant, TokenVersion};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{Documents, FetchedKeys, KeySource};

/// The placeholder in the documents of an authority for any tenant.
const ANY_TENANT: &str = "{tenantid}";

/// A key that verifies RS256 signatures.
#[derive(Debug)]
pub struct PublicKey {
    kid: Option<String>,
    issuer: Option<String>,
    jwk: Value,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Takes an RSA key out of a JWK (RFC 7518 section 6.3.1); anything else is none.
    pub fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("kty") != Some("RSA") {
            return None;
        }
        let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let components = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
        Some(Self {
            kid: text("kid").map(str::to_owned),
            issuer: text("issuer").map(str::to_owned),
            jwk: jwk.clone(),
            key: components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?,
        })
    }

    /// The key as it was published.
    pub fn jwk(&self) -> &Value {
        &self.jwk
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

/// Whether a published key may verify our signatures: nothing in it says that it is for something else (RFC 7517 sections 4.2
/// to 4.4).
pub fn is_for_signatures(jwk: &Value) -> bool {
    let is_or_absent = |name: &str, wanted: &str| jwk.get(name).is_none_or(|value| value == wanted);
    let verifies =
        jwk.get("key_ops").is_none_or(|ops| ops.as_array().is_some_and(|ops| ops.contains(&"verify".into())));
    is_or_absent("use", "sig") && is_or_absent("alg", "RS256") && verifies
}

/// The keys of the authority that settings name, as it publishes them now.
pub struct Published {
    documents: Arc<dyn Documents>,
    place: Option<(Authority, String)>,
}

impl Published {
    /// Where the settings say that the keys are.
    pub fn new(settings: &Settings, documents: Arc<dyn Documents>) -> Self {
        Self { documents, place: settings.authority().zip(settings.metadata_url()) }
    }
}

impl KeySource for Published {
    fn fetch(&self) -> FetchedKeys<'_> {
        Box::pin(async move {
            let (authority, metadata_url) = self.place.as_ref().ok_or("the settings name no authority")?;
            let metadata = get(&*self.documents, metadata_url).await?;
            let url = keys_url(&metadata, authority)?;
            keys(&get(&*self.documents, &url).await?)
        })
    }
}

/// The body of an answer with status 200.
///
/// # Errors
/// There was no answer, or one with another status.
pub async fn get(documents: &dyn Documents, url: &str) -> Result<Bytes, String> {
    let fetched = documents.get(url).await?;
    if fetched.status == 200 { Ok(fetched.body) } else { Err(format!("{url} answers {}", fetched.status)) }
}

/// Where an authority's metadata says that its keys are.
///
/// # Errors
/// The metadata must be an object, name the issuer that belongs to the authority, and point to a place of the authority's own.
pub fn keys_url(metadata: &[u8], authority: &Authority) -> Result<String, String> {
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
pub fn keys(document: &[u8]) -> Result<Vec<PublicKey>, String> {
    let keys: Vec<PublicKey> =
        key_set(document)?.iter().filter(|jwk| is_for_signatures(jwk)).filter_map(PublicKey::read).collect();
    if keys.is_empty() { Err("the key set has no key that verifies RS256".to_owned()) } else { Ok(keys) }
}

/// The members of a JWK set, whatever they are.
///
/// # Errors
/// The document must be JSON.
pub fn key_set(document: &[u8]) -> Result<Vec<Value>, String> {
    let mut document: Value =
        serde_json::from_slice(document).map_err(|error| format!("the key set is no JSON: {error}"))?;
    match document.get_mut("keys").map(Value::take) {
        Some(Value::Array(keys)) => Ok(keys),
        _ => Ok(Vec::new()),
    }
}
