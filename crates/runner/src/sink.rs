//! Where a target would call back to if it followed what a caller wrote into a token or a request.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use scenario::{Address, Profile};
use serde_json::json;
use serve::{Request, Server, ServerConfig, respond};

use crate::tokens::Tokens;

/// So many calls to one place are remembered; one is enough to fail a case.
const REMEMBERED: usize = 8;

/// A listener to which nobody must come. It answers every path with the stranger's key set, so that a target that does come finds
/// there what it would believe; it redirects nobody.
pub(crate) struct Sink {
    /// Scheme and authority.
    base: String,
    hits: Arc<Hits>,
    _server: Server,
}

/// Who came to each place, by the first segment of its path. Who comes elsewhere is nobody's.
#[derive(Default)]
struct Hits(Mutex<HashMap<String, Vec<String>>>);

/// A place at the sink that was named to the target by one step and by nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    base: String,
    segment: String,
}

impl Sink {
    /// Listens where the profile says, or on this machine where the target is on it too. An error says what to add to the profile.
    pub(crate) async fn start(profile: &Profile, tokens: Arc<Tokens>, now: i64) -> Result<Self, String> {
        let listen = match (&profile.sink, &profile.target.address) {
            (Some(sink), _) => sink.listen,
            (None, Address::Url(url)) if !is_here(&url.host) => return Err(
                "the target is on another machine and could not call back to this one: add `sink: { listen: ..., url: ... }` with an \
                 address of this machine that the target reaches"
                    .to_owned(),
            ),
            (None, _) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        };
        let hits: Arc<Hits> = Arc::default();
        let seen = Arc::clone(&hits);
        let service = move |request: Request| {
            seen.note(&request);
            let tokens = Arc::clone(&tokens);
            async move {
                let keys = tokens.stranger_jwk(now).await.into_iter().collect::<Vec<_>>();
                respond(StatusCode::OK, "application/json", json!({"keys": keys}).to_string())
            }
        };
        let server = Server::start(ServerConfig::new("the sink for callbacks", listen), Arc::new(service)).await;
        let server = server.map_err(|error| error.to_string())?;
        let base = match &profile.sink {
            Some(sink) => sink.url.to_string(),
            None => format!("http://{}", server.address()),
        };
        Ok(Self { base, hits, _server: server })
    }

    /// A place that nobody was told of yet.
    pub(crate) fn place(&self) -> Place {
        let segment = uuid::Uuid::new_v4().simple().to_string();
        self.hits.lock().insert(segment.clone(), Vec::new());
        Place { base: self.base.clone(), segment }
    }

    /// Who came to a place.
    pub(crate) fn hits(&self, place: &Place) -> Vec<String> {
        self.hits.lock().get(&place.segment).cloned().unwrap_or_default()
    }

    /// Who came to a place until now; who comes later is nobody's.
    pub(crate) fn forget(&self, place: &Place) -> Vec<String> {
        self.hits.lock().remove(&place.segment).unwrap_or_default()
    }
}

impl Hits {
    fn note(&self, request: &Request) {
        let segment = request.path().trim_start_matches('/').split('/').next().unwrap_or_default();
        if let Some(seen) = self.lock().get_mut(segment)
            && seen.len() < REMEMBERED
        {
            seen.push(format!("{} {} from {}", request.method, request.path(), request.peer));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<String>>> {
        // One entry is added at a time; a panic cannot leave it half there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The URL that the target is told.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.base, self.path())
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.base.split_once("://").map_or(&self.base, |(_, authority)| authority)
    }

    /// The path.
    pub(crate) fn path(&self) -> String {
        format!("/{}", self.segment)
    }
}

/// Whether a host is this machine for sure.
fn is_here(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}
