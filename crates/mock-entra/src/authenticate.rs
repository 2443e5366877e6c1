//! Who asks for a token, and how the request proves it.

use token::{ClientAuth, KeyComponents, Names, UnixTime, Version};

use crate::assertion::Assertion;
use crate::directory::{Credentials, FederatedCredential, FederatedIssuer, Tenant};
use crate::issuer::Issuer;
use crate::{OAuthError, Secret};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request presents.
pub(crate) enum Presented<'a> {
    Secret(Secret),
    Assertion { kind: Option<&'a str>, assertion: &'a str },
}

/// Against what it is held.
pub(crate) struct Authenticator<'a> {
    pub(crate) issuer: &'a Issuer,
    pub(crate) names: &'a Names,
    /// Where the client reached the issuer: its assertions are meant for this address.
    pub(crate) base: &'a str,
    pub(crate) tenant: &'a Tenant,
    pub(crate) client_id: &'a str,
    pub(crate) credentials: &'a Credentials,
    pub(crate) at: UnixTime,
}

impl Authenticator<'_> {
    /// Checks what was presented; on success it says how the caller proved itself.
    pub(crate) async fn check(&self, presented: &Presented<'_>) -> Result<ClientAuth, OAuthError> {
        match presented {
            Presented::Secret(secret) => self.secret(secret).map(|()| ClientAuth::Secret),
            Presented::Assertion { kind, assertion } => {
                match kind {
                    None => return Err(OAuthError::missing("client_assertion_type")),
                    Some(kind) if *kind != ASSERTION_TYPE => return Err(OAuthError::malformed()),
                    Some(_) => {}
                }
                let assertion = Assertion::parse(assertion)?;
                if assertion.issuer().eq_ignore_ascii_case(self.client_id) {
                    self.certificate(&assertion)?;
                } else {
                    self.federated(&assertion).await?;
                }
                Ok(ClientAuth::Certificate)
            }
        }
    }

    fn secret(&self, presented: &Secret) -> Result<(), OAuthError> {
        let known = self.credentials.secrets.iter().find(|known| known.value.matches(presented.expose()));
        let known = known.ok_or_else(|| OAuthError::bad_secret(self.client_id))?;
        match known.expires {
            Some(expires) if expires <= self.at => Err(OAuthError::expired_secret(self.client_id)),
            _ => Ok(()),
        }
    }

    fn certificate(&self, assertion: &Assertion<'_>) -> Result<(), OAuthError> {
        let thumbprint = assertion.thumbprint().unwrap_or_default();
        let certificate = self.credentials.certificates.iter().find(|one| one.has_thumbprint(&thumbprint));
        let certificate = certificate.ok_or_else(|| OAuthError::unsigned_assertion("The key was not found."))?;
        if !assertion.is_signed_by(certificate.key()) {
            return Err(OAuthError::unsigned_assertion("The key was found, but it did not make the signature."));
        }
        assertion.check_times(self.at)?;
        if !assertion.subject().eq_ignore_ascii_case(self.client_id) {
            return Err(OAuthError::assertion_of_another_client());
        }
        if !assertion.audiences().iter().any(|audience| self.is_meant_for_us(audience)) {
            return Err(OAuthError::assertion_for_another_audience());
        }
        Ok(())
    }

    /// Whether an audience is one of this tenant's addresses: a token endpoint or an issuer.
    fn is_meant_for_us(&self, audience: &str) -> bool {
        let own = [self.base, self.names.authority()].into_iter();
        let bases = own.chain((*self.names == Names::Entra).then_some("https://sts.windows.net"));
        let mut paths = bases.filter_map(|base| audience.strip_prefix(base)?.strip_prefix('/'));
        paths.any(|path| {
            let (tenant, rest) = path.split_once('/').unwrap_or((path, ""));
            let ours = self.issuer.tenants().find(tenant);
            ours.is_some_and(|ours| ours.tenant.id == self.tenant.id)
                && matches!(rest, "" | "v2.0" | "v2.0/" | "oauth2/token" | "oauth2/v2.0/token")
        })
    }

    /// Issuer, subject and audience must match one credential to the letter; then its issuer's key must have signed.
    async fn federated(&self, assertion: &Assertion<'_>) -> Result<(), OAuthError> {
        let all: Vec<_> = self.credentials.federated.iter().collect();
        let (issuer, subject, audiences) = (assertion.issuer(), assertion.subject(), assertion.audiences());
        let found = narrow(all, |one| self.is_issued_by(one, issuer))
            .ok_or_else(|| OAuthError::no_federated_record(700_211, "issuer", issuer))?;
        let found = narrow(found, |one| one.subject == subject)
            .ok_or_else(|| OAuthError::no_federated_record(700_213, "subject", subject))?;
        let found = narrow(found, |one| audiences.contains(&one.audience.as_str()))
            .ok_or_else(|| OAuthError::no_federated_record(700_212, "audience", &audiences.join(", ")))?;
        for credential in found {
            if self.issuers_keys(credential, assertion.kid()).await?.iter().any(|key| assertion.is_signed_by(key)) {
                return assertion.check_times(self.at);
            }
        }
        Err(OAuthError::unsigned_assertion("The key was not found."))
    }

    fn is_issued_by(&self, credential: &FederatedCredential, presented: &str) -> bool {
        match &credential.issuer {
            FederatedIssuer::External { issuer, .. } => issuer == presented,
            FederatedIssuer::Tenant(tenant) => {
                [Version::V1, Version::V2].iter().any(|version| self.names.issuer(tenant, *version) == presented)
            }
        }
    }

    /// The keys that may have signed an assertion, PKCS#1 DER: those with its key id, and those without any.
    async fn issuers_keys(
        &self,
        credential: &FederatedCredential,
        kid: Option<&str>,
    ) -> Result<Vec<Vec<u8>>, OAuthError> {
        let components: Vec<KeyComponents> = match &credential.issuer {
            FederatedIssuer::External { keys, .. } => {
                let named = keys.iter().filter(|key| key.kid.is_none() || key.kid.as_deref() == kid);
                named.map(|key| key.components.clone()).collect()
            }
            FederatedIssuer::Tenant(tenant) => {
                let Some(tenancy) = self.issuer.tenants().find(tenant) else { return Ok(Vec::new()) };
                let ring = self.issuer.ring(&tenancy).await?;
                kid.and_then(|kid| ring.find(kid)).map(token::SigningKey::components).into_iter().collect()
            }
        };
        Ok(components.iter().filter_map(|key| key.pkcs1_der().ok()).collect())
    }
}

/// The members that fit, or none where none does.
fn narrow(
    all: Vec<&FederatedCredential>,
    fits: impl Fn(&FederatedCredential) -> bool,
) -> Option<Vec<&FederatedCredential>> {
    let found: Vec<_> = all.into_iter().filter(|one| fits(one)).collect();
    (!found.is_empty()).then_some(found)
}
