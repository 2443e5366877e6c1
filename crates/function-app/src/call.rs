//! One request on its way through the chain.

use std::ops::ControlFlow;
use std::sync::Arc;

use authsettings::{Answer, Facts, Identity, Reason, canonical_path, decide};
use serve::{Request, Response};

use crate::{Jws, PublicKey, Site};

/// Whether the next stage goes on, or the request is answered here.
pub type Flow = ControlFlow<Response>;

/// One request on its way through the chain, and what the stages have found out about it.
pub struct Call {
    /// The app that was called.
    pub site: Arc<Site>,
    /// The request as the next layer sees it: the platform takes identity headers away and adds its own.
    pub request: Request,
    /// The path in the one form that platform and host look at. Empty where there is none.
    pub path: String,
    /// What followed the word `Bearer`.
    pub bearer: Option<String>,
    /// The token, if it could be read.
    pub token: Option<Jws>,
    /// The published keys that may have signed it.
    pub keys: Vec<Arc<PublicKey>>,
    /// What is true of the credential.
    pub facts: Facts,
    /// As whom the platform lets the request through.
    pub identity: Option<Identity>,
    /// Where the host sends it.
    pub route: Option<Route>,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// What else is worth telling in an explanation. Never a token or a key.
    pub notes: Vec<String>,
}

/// Where the Functions host sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To a function, by its place in [`Site::functions`].
    Function(usize),
    /// To the host's own API, below `/admin`.
    Admin,
    /// To an extension, below `/runtime/webhooks`.
    Webhook,
}

impl Call {
    pub(crate) fn new(site: Arc<Site>, request: Request) -> Self {
        let path = canonical_path(request.path()).unwrap_or_default().into_owned();
        Self {
            site,
            request,
            path,
            bearer: None,
            token: None,
            keys: Vec::new(),
            facts: Facts::default(),
            identity: None,
            route: None,
            reason: None,
            notes: Vec::new(),
        }
    }

    /// The `Host` header.
    pub fn host(&self) -> &str {
        self.request.header("host").unwrap_or_default()
    }

    /// How the settings answer this request, given these facts.
    pub fn ask(&self, facts: &Facts) -> Answer {
        let request = authsettings::Request {
            https: self.request.https,
            path: self.request.path(),
            query: self.request.query(),
            host: self.host(),
            user_agent: self.request.header("user-agent"),
        };
        decide(&self.site.settings, facts, &request)
    }

    /// Notes something for an explanation.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
