//! What the SDK shows for a client, where it does not make it itself.

use std::fmt;
use std::sync::Arc;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use serde_json::Value;
use token::{ClientCertificate, UnixTime};

use crate::transport::Errands;

/// For whom Entra wants the tokens of other issuers to be.
const EXCHANGE: &str = "api%3A%2F%2FAzureADTokenExchange";

/// Signs with the certificate of a registration.
pub(crate) struct ByCertificate {
    pub(crate) certificate: ClientCertificate,
    pub(crate) client_id: String,
    pub(crate) endpoint: String,
    pub(crate) clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
}

#[async_trait::async_trait]
impl ClientAssertion for ByCertificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let id = uuid::Uuid::new_v4().to_string();
        let assertion = self.certificate.assertion(&self.client_id, &self.endpoint, &id, (self.clock)());
        Ok(assertion.expose().to_owned())
    }
}

/// Asks GitHub Actions for the identity token of the job that this runs in.
/// <https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>
pub(crate) struct ActionsJob {
    pub(crate) errands: Arc<Errands>,
    pub(crate) url: String,
    pub(crate) token: String,
}

#[async_trait::async_trait]
impl ClientAssertion for ActionsJob {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let joint = if self.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{joint}audience={EXCHANGE}", self.url);
        let headers = [("Authorization", format!("Bearer {}", self.token))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = self.errands.get(&url, &headers).await?;
        let told = || serde_json::from_slice::<Value>(&answer.body).ok()?.get("value")?.as_str().map(str::to_owned);
        let token = told().filter(|_| answer.status == 200);
        token.ok_or_else(|| {
            let message = format!(
                "GitHub Actions handed out no identity token (status {}): does the job have `permissions: id-token: write`?",
                answer.status
            );
            Error::with_message(ErrorKind::Credential, message)
        })
    }
}

/// Nothing of either is for a log.
impl fmt::Debug for ByCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByCertificate").field(&self.certificate).finish()
    }
}

impl fmt::Debug for ActionsJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActionsJob")
    }
}
