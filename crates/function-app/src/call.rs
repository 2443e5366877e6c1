//! One request on its way through the chain.

use std::ops::ControlFlow;
use std::sync::Arc;

use authsettings::{Answer, Facts, Identity, Reason, canonical_path, decide, decide_beforehand};
use serve::{Request, Response, Unread};

use crate::{Jws, PublicKey, Site, platform};

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
    /// The answer, from the stage that gave it; until then a 500.
    pub response: Response,
    /// Whether that is the answer of a host that runs elsewhere, which is left as it is.
    pub forwarded: bool,
    /// The body, where it is still on its way.
    unread: Option<Unread>,
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
    pub(crate) fn new(site: Arc<Site>, request: Request, unread: Option<Unread>) -> Self {
        let path = canonical(&request);
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
            response: platform::empty(500),
            forwarded: false,
            unread,
        }
    }

    /// Puts another target in the place of the one that was asked for.
    pub fn retarget(&mut self, target: impl Into<String>) {
        self.request.target = target.into();
        self.path = canonical(&self.request);
    }

    /// The `Host` header.
    pub fn host(&self) -> &str {
        self.request.header("host").unwrap_or_default()
    }

    /// The request as the settings look at it.
    pub fn asked(&self) -> authsettings::Request<'_> {
        authsettings::Request {
            https: self.request.https,
            path: self.request.path(),
            query: self.request.query(),
            host: self.host(),
            user_agent: self.request.header("user-agent"),
        }
    }

    /// How the settings answer this request whatever it presents; none where that depends.
    pub fn ask_beforehand(&self) -> Option<Answer> {
        decide_beforehand(&self.site.settings, &self.asked())
    }

    /// How the settings answer this request, given these facts.
    pub fn ask(&self, facts: &Facts) -> Answer {
        decide(&self.site.settings, facts, &self.asked())
    }

    /// Reads the body into the request, where it is still on its way.
    ///
    /// # Errors
    /// The answer to one that is too large, too slow or broken.
    pub async fn read_body(&mut self) -> Result<(), Box<Response>> {
        if let Some(unread) = self.unread.take() {
            self.request.body = unread.read().await?;
        }
        Ok(())
    }

    /// Notes something for an explanation.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

fn canonical(request: &Request) -> String {
    canonical_path(request.path()).unwrap_or_default().into_owned()
}
