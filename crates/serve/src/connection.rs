//! One connection: TLS, then request after request: read whole, stamped, faulted, answered, remembered.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::answer::Answer;
use crate::journal::Entry;
use crate::message::{Request, Response, Service, respond};
use crate::patient::Patient;
use crate::rule::{Fault, header_map};
use crate::server::{Limits, ServerConfig};
use crate::unread::Unread;

/// What all connections of a listener have in common.
pub(crate) struct Shared<S> {
    config: ServerConfig,
    service: Arc<S>,
    http: http1::Builder,
}

impl<S> Shared<S> {
    pub(crate) fn new(config: ServerConfig, service: Arc<S>) -> Self {
        let mut http = http1::Builder::new();
        let head_bytes = config.limits.head_bytes.max(8192);
        http.timer(TokioTimer::new())
            .header_read_timeout(config.limits.head_time)
            .max_header_size(head_bytes)
            .max_buf_size(head_bytes + 8192);
        Self { config, service, http }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.config.limits
    }
}

/// Serves one connection to its end.
pub(crate) async fn serve<S: Service>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared<S>>,
    stopped: watch::Receiver<bool>,
) {
    // Answers are small and whole; waiting to fill a packet would only cost the client time.
    let _ = stream.set_nodelay(true);
    match &shared.config.tls {
        None => drive(stream, peer, &shared, stopped).await,
        Some(tls) => {
            let acceptor = TlsAcceptor::from(Arc::clone(&tls.config));
            let handshake = tokio::time::timeout(shared.limits().head_time, secure(acceptor, stream)).await;
            if let Ok(Some(stream)) = handshake {
                drive(stream, peer, &shared, stopped).await;
            }
        }
    }
}

/// Turns away a connection that is one too many, at once and without waiting for anything. Plain HTTP is told why; what speaks TLS
/// finds the connection closed, and either is in the journal.
pub(crate) fn refuse<S>(stream: TcpStream, peer: SocketAddr, shared: &Shared<S>) {
    let most = shared.limits().connections;
    if shared.config.tls.is_none()
        && let Ok(mut stream) = stream.into_std()
    {
        let body = format!("this server has its {most} connections already; close some, or use them again\n");
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        // A request that is left unread would turn the end into a reset, which can overtake the answer.
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer.as_bytes());
    }
    let mut record = Record { method: String::new(), path: String::new(), note: Some("too many connections") };
    record.keep(shared, None, peer, (shared.config.clock)(), Instant::now());
}

/// The TLS handshake. A client that speaks plain HTTP is told so, in plain HTTP: a dropped connection explains nothing.
async fn secure(acceptor: TlsAcceptor, mut stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    const HANDSHAKE: u8 = 22;
    let mut first = [HANDSHAKE];
    stream.peek(&mut first).await.ok()?;
    if first == [HANDSHAKE] {
        return acceptor.accept(stream).await.ok();
    }
    let body = "this port speaks HTTPS; use https:// in the URL\n";
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    None
}

/// A byte stream of which the socket underneath is known.
trait Line: AsyncRead + AsyncWrite + Unpin {
    fn socket(&self) -> &TcpStream;
}

impl Line for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Line for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

async fn drive<S: Service>(
    line: impl Line,
    peer: SocketAddr,
    shared: &Arc<Shared<S>>,
    mut stopped: watch::Receiver<bool>,
) {
    let https = shared.config.tls.is_some();
    let service = service_fn(move |request| {
        let shared = Arc::clone(shared);
        async move { exchange(&shared, peer, https, request).await }
    });
    let line = Patient::new(line, shared.limits().write_time);
    let mut connection = shared.http.serve_connection(TokioIo::new(line), service);
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        _ = stopped.changed() => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    };
    // All errors are the client's, and there is nobody to tell; only a reset that a rule asked for has work left.
    if let Err(error) = ended
        && error.source().is_some_and(<dyn Error>::is::<Reset>)
    {
        let line = connection.into_parts().io.into_inner().into_inner();
        let _ = line.socket().set_zero_linger();
    }
}

/// The service's way to ask for a reset of the connection.
#[derive(Debug)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("reset on demand")
    }
}

impl Error for Reset {}

async fn exchange<S: Service>(
    shared: &Shared<S>,
    peer: SocketAddr,
    https: bool,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Answer>, Reset> {
    let started = Instant::now();
    let at = (shared.config.clock)();
    let (head, body) = request.into_parts();
    let target = match (head.uri.scheme(), head.uri.path_and_query()) {
        (None, Some(path_and_query)) => path_and_query.as_str().to_owned(),
        _ => head.uri.to_string(),
    };
    let mut request =
        Request { method: head.method, target, headers: head.headers, body: Bytes::new(), peer, https, at };
    let mut record = Record { method: request.method.to_string(), path: request.path().to_owned(), note: None };

    shared.service.arrived(&request);
    let unread = Unread::new(body, shared.limits());
    let received = if shared.service.reads_bodies() {
        unread.receive().await.map(|body| {
            request.body = body;
            None
        })
    } else {
        Ok(Some(unread))
    };
    let outcome = match received {
        Ok(unread) => {
            let fault = shared.config.faults.hit(&record.path);
            play(shared, fault, Asked { request, unread }, &mut record, started).await
        }
        Err(not_received) => {
            record.note = Some(not_received.reason);
            Ok(Answer::whole(not_received.response()))
        }
    };
    let status = outcome.as_ref().ok().map(|response| response.status().as_u16());
    record.keep(shared, status, peer, at, started);
    outcome
}

/// A request, and its body where the service has it still on its way.
struct Asked {
    request: Request,
    unread: Option<Unread>,
}

/// Plays a fault, if there is one, else the service.
async fn play<S: Service>(
    shared: &Shared<S>,
    fault: Option<Arc<Fault>>,
    asked: Asked,
    record: &mut Record,
    started: Instant,
) -> Result<hyper::Response<Answer>, Reset> {
    let (peer, at) = (asked.request.peer, asked.request.at);
    let Some(fault) = fault else { return Ok(Answer::whole(ask(shared, asked, record).await)) };
    record.note = Some(fault.note());
    match &*fault {
        Fault::Status { status, headers, body, body_base64 } => {
            let body = body_base64.as_ref().map_or_else(|| Bytes::from(body.clone()), |body| body.0.clone());
            let mut response = Response::new(body);
            // Rules were checked when they were set.
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            *response.headers_mut() = header_map(headers);
            Ok(Answer::whole(response))
        }
        Fault::Headers { headers } => {
            let mut response = ask(shared, asked, record).await;
            response.headers_mut().extend(header_map(headers));
            Ok(Answer::whole(response))
        }
        Fault::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            Ok(Answer::whole(ask(shared, asked, record).await))
        }
        Fault::Drip { milliseconds, bytes } => {
            let pause = Duration::from_millis(*milliseconds);
            Ok(ask(shared, asked, record).await.map(|body| Answer::dripping(body, *bytes, pause)))
        }
        Fault::Pad { bytes } => Ok(ask(shared, asked, record).await.map(|body| Answer::padded(body, *bytes))),
        Fault::Truncate { bytes } => Ok(ask(shared, asked, record).await.map(|body| Answer::cut(&body, *bytes))),
        Fault::Reset => Err(Reset),
        Fault::Hang => {
            record.keep(shared, None, peer, at, started);
            std::future::pending().await
        }
    }
}

/// Asks the service; a panic becomes a 500.
async fn ask<S: Service>(shared: &Shared<S>, asked: Asked, record: &mut Record) -> Response {
    let mut call = pin!(async {
        match asked.unread {
            None => shared.service.call(asked.request).await,
            Some(unread) => shared.service.call_unread(asked.request, unread).await,
        }
    });
    let answer = poll_fn(|context| {
        // The future is never polled again after a panic, so it cannot be seen half changed.
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await;
    answer.unwrap_or_else(|| {
        record.note = Some("panicked");
        respond(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain",
            "this mock has failed; its standard error says where\n",
        )
    })
}

/// What the journal will say of a request.
struct Record {
    method: String,
    path: String,
    note: Option<&'static str>,
}

impl Record {
    fn keep<S>(&mut self, shared: &Shared<S>, status: Option<u16>, peer: SocketAddr, at: i64, started: Instant) {
        shared.config.journal.record(Entry {
            sequence: 0,
            at,
            server: shared.config.name,
            method: std::mem::take(&mut self.method),
            path: std::mem::take(&mut self.path),
            status,
            peer,
            milliseconds: started.elapsed().as_secs_f64() * 1000.0,
            note: self.note,
        });
    }
}
