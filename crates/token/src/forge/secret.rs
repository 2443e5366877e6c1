//! What an HMAC is keyed with.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::Materials;
use crate::jwk::pem;
use crate::{HmacSecret, KeyComponents, TokenError};

pub(super) fn bytes(secret: &HmacSecret, materials: &Materials<'_>) -> Result<Vec<u8>, TokenError> {
    let issuer = || materials.issuer.map(Published).ok_or_else(|| unusable("the issuer's public key is not known"));
    Ok(match secret {
        HmacSecret::SpkiPem => issuer()?.spki_pem()?.into_bytes(),
        HmacSecret::SpkiDer => issuer()?.components()?.spki_der()?,
        HmacSecret::Pkcs1Pem => issuer()?.pkcs1_pem()?.into_bytes(),
        HmacSecret::Pkcs1Der => issuer()?.components()?.pkcs1_der()?,
        HmacSecret::SpkiPemTrimmed => issuer()?.spki_pem()?.trim_end().into(),
        HmacSecret::Pkcs1PemTrimmed => issuer()?.pkcs1_pem()?.trim_end().into(),
        HmacSecret::Jwk => issuer()?.0.to_string().into_bytes(),
        HmacSecret::Modulus => issuer()?.text("n")?.into(),
        HmacSecret::CertificatePem => pem("CERTIFICATE", &issuer()?.certificate()?).into_bytes(),
        HmacSecret::CertificateDer => issuer()?.certificate()?,
        HmacSecret::CertificateText => issuer()?.certificate_text()?.into(),
        HmacSecret::Empty => Vec::new(),
        HmacSecret::Text(text) => text.as_bytes().to_vec(),
    })
}

/// A key as its issuer's key set has it.
struct Published<'a>(&'a Value);

impl<'a> Published<'a> {
    fn components(&self) -> Result<KeyComponents, TokenError> {
        Ok(KeyComponents::from_jwk(self.text("n")?, self.text("e")?)?)
    }

    fn spki_pem(&self) -> Result<String, TokenError> {
        Ok(pem("PUBLIC KEY", &self.components()?.spki_der()?))
    }

    fn pkcs1_pem(&self) -> Result<String, TokenError> {
        Ok(pem("RSA PUBLIC KEY", &self.components()?.pkcs1_der()?))
    }

    fn certificate(&self) -> Result<Vec<u8>, TokenError> {
        BASE64_STANDARD.decode(self.certificate_text()?).map_err(|error| unusable(error.to_string()))
    }

    fn certificate_text(&self) -> Result<&'a str, TokenError> {
        self.0["x5c"][0].as_str().ok_or_else(|| unusable("the issuer's key set has no certificate for it (`x5c`)"))
    }

    fn text(&self, member: &str) -> Result<&'a str, TokenError> {
        self.0[member].as_str().ok_or_else(|| unusable(format!("the issuer's key set gives it no `{member}`")))
    }
}

fn unusable(reason: impl Into<String>) -> TokenError {
    TokenError::Key(reason.into())
}
