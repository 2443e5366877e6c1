//! The gateway's managed identity: tokens from the identity endpoint, kept until they expire.

use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serve::UnixTime;
use tokio::sync::Mutex;
use wire::Client;

/// A token is not used any more so many seconds before it expires, so that it does not expire on its way.
const SPARE: UnixTime = 300;
/// The version of the IMDS protocol that is spoken.
const VERSION: &str = "2018-02-01";

/// Asks the identity endpoint for tokens.
pub struct ManagedIdentity {
    imds: String,
    client: Client,
    kept: Mutex<HashMap<Asked, Kept>>,
}

/// The resource, and which identity where that was said.
type Asked = (String, Option<String>);

struct Kept {
    token: String,
    expires: UnixTime,
}

impl ManagedIdentity {
    /// The identity of a gateway that finds the Instance Metadata Service at this URL.
    pub fn new(imds: impl Into<String>, client: Client) -> Self {
        Self { imds: imds.into(), client, kept: Mutex::default() }
    }

    /// A token for a resource; none where the endpoint hands out none, whatever the reason.
    pub(super) async fn token(&self, resource: &str, client_id: Option<&str>, at: UnixTime) -> Option<String> {
        let asked = (resource.to_owned(), client_id.map(str::to_owned));
        // Held while it is asked for: of many requests at once only one asks.
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.get(&asked).filter(|kept| at < kept.expires - SPARE) {
            return Some(kept.token.clone());
        }
        let fresh = self.ask(resource, client_id).await?;
        let token = fresh.token.clone();
        kept.insert(asked, fresh);
        Some(token)
    }

    async fn ask(&self, resource: &str, client_id: Option<&str>) -> Option<Kept> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            expires_on: String,
        }
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let chosen = client_id.map_or_else(String::new, |id| format!("&client_id={}", encode(id)));
        let imds = &self.imds;
        let resource = encode(resource);
        let url = format!("{imds}/metadata/identity/oauth2/token?api-version={VERSION}&resource={resource}{chosen}");
        let answer = self.client.get(&url, &[("Metadata", "true")]).await.ok().filter(|answer| answer.status == 200)?;
        let answer: Answer = serde_json::from_slice(&answer.body).ok()?;
        Some(Kept { token: answer.access_token, expires: answer.expires_on.parse().ok()? })
    }
}
