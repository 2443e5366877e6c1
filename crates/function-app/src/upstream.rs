//! What stands behind the platform in place of the reference app's own host and function: a Functions host that runs elsewhere.

mod headers;

use std::time::Duration;

use http::{Method, StatusCode};
use serve::{Request, Response, respond};
use wire::{Exchange, Origin, Phase, RequestBytes, Sender, SenderConfig, Trust, WireError};

use crate::{Call, Flow, Stage, StageFuture};

/// A Functions host to which goes what the platform lets through, and from which the answer comes back as it is.
pub struct Upstream {
    origin: Origin,
    sender: Sender,
    patience: Duration,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl Upstream {
    /// The longest body that is forwarded, of a request and of an answer: 32 MiB. Bodies are forwarded whole, never piece by piece.
    pub const BODY_BYTES: usize = 32 * 1024 * 1024;

    /// How long an answer may take: the 230 seconds after which App Service's load balancer gives up a request.
    ///
    /// Source: Microsoft's page on hosting options of Azure Functions, time-out of HTTP triggers.
    pub const PATIENCE: Duration = Duration::from_secs(230);

    /// A host by its URL, which is scheme, host and port. Over https the authorities of this machine are trusted. Whatever keeps
    /// it from answering is told, a line at a time, beside the answer that the client gets.
    ///
    /// # Errors
    /// [`WireError::Url`] with what would be right.
    pub fn new(url: &str, patience: Duration, tell: impl Fn(&str) + Send + Sync + 'static) -> Result<Self, WireError> {
        let (origin, target) = Origin::parse(url)?;
        if target != "/" {
            // The query may hold a key.
            let path = target.split('?').next().unwrap_or_default();
            let reason = "write scheme, host and port alone; the path is that of each request".to_owned();
            return Err(WireError::Url { url: format!("{origin}{path}"), reason });
        }
        // Plain HTTP needs no authorities, and reading those of a machine takes a while.
        let trust = if origin.is_https() { Trust::default() } else { Trust::Only(Vec::new()) };
        let sender = Sender::new(SenderConfig {
            trust,
            first_byte: patience,
            answer: patience,
            max_body: Self::BODY_BYTES,
            ..SenderConfig::default()
        })?;
        Ok(Self { origin, sender, patience, tell: Box::new(tell) })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.origin.to_string()
    }

    async fn forward(&self, call: &mut Call) -> Response {
        if call.request.method == Method::CONNECT || headers::asks_for_web_socket(&call.request.headers) {
            let text = "tunnels and WebSocket connections are not forwarded to the upstream; connect to it without Easy Auth\n";
            // Nothing has failed that could be tried again: it is the request that does not belong here.
            return respond(StatusCode::BAD_REQUEST, "text/plain", text);
        }
        if let Err(refusal) = call.read_body().await {
            return *refusal;
        }
        match self.sender.send(&self.origin, &onwards(&mut call.request)).await {
            Ok(exchange) => match self.answer(call, exchange) {
                Ok(response) => {
                    call.forwarded = true;
                    response
                }
                Err(reason) => self.trouble(call, StatusCode::BAD_GATEWAY, &format!("{}: {reason}", self.origin)),
            },
            Err(error) => {
                let (status, reason) = explain(&error);
                self.trouble(call, status, &reason)
            }
        }
    }

    /// The answer as it goes back, or why it cannot.
    fn answer(&self, call: &Call, exchange: Exchange) -> Result<Response, String> {
        if exchange.status == 101 {
            return Err("it answered 101 where no other protocol was asked for".to_owned());
        }
        if exchange.truncated && exchange.body.len() == Self::BODY_BYTES {
            return Err(format!("its answer is longer than the {} bytes that are forwarded", Self::BODY_BYTES));
        }
        if exchange.truncated {
            let seconds = self.patience.as_secs_f64();
            return Err(format!("its answer broke off, or took longer than {seconds} s; look into its log"));
        }
        let headers = headers::back(&exchange.headers, &call.request.method)?;
        let mut response = Response::new(exchange.body.into());
        *response.status_mut() =
            StatusCode::from_u16(exchange.status).map_err(|_| format!("{} is no status", exchange.status))?;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Tells whoever runs this, and the client.
    fn trouble(&self, call: &mut Call, status: StatusCode, reason: &str) -> Response {
        let told = format!("no answer of the upstream could be forwarded: {reason}");
        // The query may hold a key, and what a client wrote may steer a terminal.
        let (method, path) = (&call.request.method, call.request.path().escape_debug());
        (self.tell)(&format!("{method} {path}: {}: {told}", status.as_u16()));
        let response = respond(status, "text/plain; charset=utf-8", format!("{told}\n"));
        call.note(told);
        response
    }
}

impl Stage for Upstream {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(async move { Flow::Break(self.forward(call).await) })
    }
}

/// The request as it goes on: method, path and query as they were received, and the body.
fn onwards(request: &mut Request) -> RequestBytes {
    let headers = headers::onwards(request);
    let query = request.query().map_or_else(String::new, |query| format!("?{query}"));
    // An absolute form may have no path.
    let path = Some(request.path()).filter(|path| !path.is_empty()).unwrap_or("/");
    RequestBytes {
        method: request.method.as_str().into(),
        target: format!("{path}{query}").into(),
        headers,
        body: std::mem::take(&mut request.body).into(),
        ..RequestBytes::default()
    }
}

/// Why there is no answer, and with which status that is told.
fn explain(error: &WireError) -> (StatusCode, String) {
    match error {
        WireError::TimedOut { at, phase: Phase::FirstByte | Phase::Answer, after } => {
            let seconds = after.as_secs_f64();
            let reason = format!("{at}: no answer within {seconds} s; is it hung, or held by a debugger?");
            (StatusCode::GATEWAY_TIMEOUT, reason)
        }
        WireError::TimedOut { .. } => (StatusCode::GATEWAY_TIMEOUT, error.to_string()),
        WireError::Tls { at, reason, .. } => {
            let advice = "use http://, or name its authority's certificate in the environment variable SSL_CERT_FILE";
            (StatusCode::BAD_GATEWAY, format!("{at}: {reason}; {advice}"))
        }
        _ => (StatusCode::BAD_GATEWAY, error.to_string()),
    }
}
