use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use crate::message::{Response, respond};
use crate::server::Limits;

/// The body of a request, still on its way. Nobody invites it (`Expect: 100-continue`) or waits for it until it is read.
#[derive(Debug)]
pub struct Unread {
    body: Incoming,
    most: usize,
    patience: Duration,
}

impl Unread {
    pub(crate) fn new(body: Incoming, limits: &Limits) -> Self {
        Self { body, most: limits.body_bytes, patience: limits.body_time }
    }

    /// Reads it to its end, within [`Limits::body_bytes`] and [`Limits::body_time`].
    ///
    /// # Errors
    /// The answer to one that is too large (413), too slow (408) or broken (400); it ends the connection.
    pub async fn read(self) -> Result<Bytes, Box<Response>> {
        self.receive().await.map_err(|not_received| Box::new(not_received.response()))
    }

    pub(crate) async fn receive(self) -> Result<Bytes, NotReceived> {
        let too_large = NotReceived { status: StatusCode::PAYLOAD_TOO_LARGE, reason: "body too large" };
        if self.body.is_end_stream() {
            return Ok(Bytes::new());
        }
        // Known beforehand, it is refused before `Expect: 100-continue` would invite it.
        if self.body.size_hint().lower() > self.most as u64 {
            return Err(too_large);
        }
        match tokio::time::timeout(self.patience, Limited::new(self.body, self.most).collect()).await {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
            Ok(Err(_)) => Err(NotReceived { status: StatusCode::BAD_REQUEST, reason: "body broken" }),
            Err(_) => Err(NotReceived { status: StatusCode::REQUEST_TIMEOUT, reason: "body too slow" }),
        }
    }
}

/// Why a body could not be read, for the client and for the journal.
pub(crate) struct NotReceived {
    status: StatusCode,
    pub(crate) reason: &'static str,
}

impl NotReceived {
    pub(crate) fn response(self) -> Response {
        let mut refusal = respond(self.status, "text/plain", format!("{}\n", self.reason));
        refusal.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        refusal
    }
}
