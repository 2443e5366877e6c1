//! A stand-in for API Management, as far as it matters to what stands behind it.
//!
//! An API is called at its suffix (`/orders/...`) in its current revision, and at `/orders;rev=2/...` in that one
//! (<https://learn.microsoft.com/azure/api-management/api-management-revisions>). A request needs a subscription key before any
//! policy runs. What the revision's policy says is then done to the request, and it goes on to the revision's backend. Texts and
//! headers of refusals are those of recorded answers.

mod answers;
mod identity;
mod onwards;

use http::header;
use serve::{Request, Response, Service};
use wire::{Origin, Sender, SenderConfig, Trust, WireError};

pub use identity::ManagedIdentity;

/// Where a client presents its subscription key, unless an API says otherwise.
pub const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";
/// Where it may stand in the query instead.
pub const KEY_PARAMETER: &str = "subscription-key";

/// One revision of an API.
pub struct Revision {
    /// The API's suffix in the gateway's URL, without slashes: `orders`.
    pub suffix: String,
    /// Its number, from 1.
    pub number: u32,
    /// Whether it is the one that callers reach who name none.
    pub current: bool,
    /// Where its requests go: scheme, host and port.
    pub backend: String,
    /// How it shows the backend who is calling.
    pub policy: Policy,
}

/// How a revision shows its backend who is calling.
pub enum Policy {
    /// `set-header` of `x-functions-key`.
    FunctionKey(String),
    /// `authentication-managed-identity`.
    ManagedIdentity {
        /// `resource`: the API to ask a token for.
        resource: String,
        /// `client-id`: which of the gateway's identities; none: the system-assigned one.
        client_id: Option<String>,
    },
}

/// The gateway.
pub struct Gateway {
    revisions: Vec<(Revision, Origin)>,
    subscription_key: String,
    identity: ManagedIdentity,
    sender: Sender,
}

/// Why a request ends at the gateway.
enum Refusal {
    NotFound,
    MissingKey {
        realm: String,
    },
    InvalidKey {
        realm: String,
    },
    /// Whatever fails inside is one answer to the caller; the reason stands in the trace alone.
    Internal,
}

impl Gateway {
    /// A gateway that trusts its backends' certificates as told.
    ///
    /// # Errors
    /// [`WireError`] where a backend's URL or the authority cannot be read.
    pub fn new(
        revisions: Vec<Revision>,
        subscription_key: impl Into<String>,
        identity: ManagedIdentity,
        trust: Trust,
    ) -> Result<Self, WireError> {
        let located = revisions.into_iter().map(|one| Ok((Origin::parse(&one.backend)?.0, one)));
        let revisions =
            located.map(|one| one.map(|(origin, revision)| (revision, origin))).collect::<Result<_, _>>()?;
        let sender = Sender::new(SenderConfig { trust, ..SenderConfig::default() })?;
        Ok(Self { revisions, subscription_key: subscription_key.into(), identity, sender })
    }

    async fn answer(&self, request: Request) -> Result<Response, Refusal> {
        let (revision, origin, path) = self.matched(&request)?;
        self.admit(&request, revision)?;
        let (name, value) = match &revision.policy {
            Policy::FunctionKey(key) => ("x-functions-key", key.clone()),
            Policy::ManagedIdentity { resource, client_id } => {
                let token = self.identity.token(resource, client_id.as_deref(), request.at).await;
                ("authorization", format!("Bearer {}", token.ok_or(Refusal::Internal)?))
            }
        };
        let onwards = onwards::request(&request, origin, &path, (name, &value));
        let exchange = self.sender.send(origin, &onwards).await.map_err(|_| Refusal::Internal)?;
        onwards::response(exchange).ok_or(Refusal::Internal)
    }

    /// The revision that a request is for, and the path that goes on.
    fn matched(&self, request: &Request) -> Result<(&Revision, &Origin, String), Refusal> {
        let path = request.path().strip_prefix('/').ok_or(Refusal::NotFound)?;
        let (first, rest) = path.split_once('/').ok_or(Refusal::NotFound)?;
        let (suffix, number) = match first.split_once(";rev=") {
            Some((suffix, number)) => (suffix, Some(number.parse::<u32>().map_err(|_| Refusal::NotFound)?)),
            None => (first, None),
        };
        let is_meant = |one: &Revision| number.map_or(one.current, |number| one.number == number);
        let found = self.revisions.iter().find(|(one, _)| one.suffix.eq_ignore_ascii_case(suffix) && is_meant(one));
        let (revision, origin) = found.ok_or(Refusal::NotFound)?;
        Ok((revision, origin, format!("/{rest}")))
    }

    /// The header goes before the query, which is looked at only where there is no header.
    fn admit(&self, request: &Request, revision: &Revision) -> Result<(), Refusal> {
        let host = request.header(header::HOST.as_str()).unwrap_or_default();
        let realm = format!("https://{host}/{}", revision.suffix);
        match request.header(KEY_HEADER).or_else(|| onwards::parameter(request.query(), KEY_PARAMETER)) {
            None => Err(Refusal::MissingKey { realm }),
            Some(key) if key == self.subscription_key => Ok(()),
            Some(_) => Err(Refusal::InvalidKey { realm }),
        }
    }
}

impl Service for Gateway {
    async fn call(&self, request: Request) -> Response {
        self.answer(request).await.unwrap_or_else(|refusal| match refusal {
            Refusal::NotFound => answers::not_found(),
            Refusal::MissingKey { realm } => answers::missing_key(&realm),
            Refusal::InvalidKey { realm } => answers::invalid_key(&realm),
            Refusal::Internal => answers::internal(),
        })
    }
}
