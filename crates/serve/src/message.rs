use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::unread::Unread;

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixTime = i64;

/// What a server believes the time to be.
pub type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

/// The clock of this machine.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// One whole request.
#[derive(Debug, Clone)]
pub struct Request {
    /// As received; unknown and odd-case methods too.
    pub method: Method,
    /// The request target as received: nothing is decoded, collapsed or resolved. Only a fragment is gone.
    pub target: String,
    /// In order of arrival; a name may repeat. The case of names is lost.
    pub headers: HeaderMap,
    /// At most [`crate::Limits::body_bytes`]. Empty where the service does not look at bodies.
    pub body: Bytes,
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// Whether it came over TLS.
    pub https: bool,
    /// When its head had arrived, by the server's clock.
    pub at: UnixTime,
}

impl Request {
    /// The raw path: the target up to the first `?`, without scheme and authority where a client sent the absolute form.
    pub fn path(&self) -> &str {
        let origin_form = self.origin_form();
        origin_form.split_once('?').map_or(origin_form, |(path, _)| path)
    }

    /// What follows the first `?` of the target.
    pub fn query(&self) -> Option<&str> {
        self.origin_form().split_once('?').map(|(_, query)| query)
    }

    /// The first value of a header, if it is visible ASCII. `headers` has repeated ones and other bytes.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn origin_form(&self) -> &str {
        if self.target.starts_with('/') {
            return &self.target;
        }
        match self.target.split_once("://") {
            Some((_, rest)) => rest.find(['/', '?']).map_or("/", |start| &rest[start..]),
            None => &self.target,
        }
    }
}

/// One whole answer. Content-Length and Date are added on the way out.
pub type Response = http::Response<Bytes>;

/// An answer with a body of one content type.
pub fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What answers requests. A panic inside ends in a 500 and an entry of the journal, never in the end of the server.
pub trait Service: Send + Sync + 'static {
    /// Told of each request whose head has arrived, its body still unread, whether or not a fault keeps it from being answered.
    fn arrived(&self, _request: &Request) {}

    /// Answers one request.
    fn call(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Answers one request whose body is still on its way; asked in place of [`Service::call`] where bodies are not read
    /// beforehand. Whoever needs the body only sometimes reads it here, once that is known.
    fn call_unread(&self, request: Request, unread: Unread) -> impl Future<Output = Response> + Send {
        async move {
            let answer = self.call(request).await;
            drop(unread);
            answer
        }
    }

    /// Whether it looks at bodies. One that does not is asked as soon as a request's head is there; the body is neither invited
    /// (`Expect: 100-continue`) nor waited for, and [`Request::body`] is empty.
    fn reads_bodies(&self) -> bool {
        true
    }
}

impl<F, A> Service for F
where
    F: Fn(Request) -> A + Send + Sync + 'static,
    A: Future<Output = Response> + Send,
{
    fn call(&self, request: Request) -> impl Future<Output = Response> + Send {
        self(request)
    }
}
