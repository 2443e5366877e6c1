use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, split};
use tokio::time::{Instant, timeout};

use crate::answer::{self, Answer, Bounds, NoAnswer};
use crate::connect::{Connector, Line};
use crate::error::{Phase, WireError, chain};
use crate::hello::{self, Hello, TlsVersion};
use crate::origin::Origin;
use crate::pool::Pool;
use crate::proxy::Proxy;
use crate::request::RequestBytes;
use crate::trust::Trust;

/// What bounds a [`Sender`], and whom it trusts.
#[derive(Debug, Clone)]
pub struct SenderConfig {
    /// For TLS.
    pub trust: Trust,
    /// Hosts and where to find them instead of asking DNS. A port in the URL that is not the scheme's own goes before the map's.
    pub addresses: Vec<(String, SocketAddr)>,
    /// Through which https goes, but not to this machine.
    pub proxy: Option<Proxy>,
    /// For name resolution and TCP together, and once more for the TLS handshake.
    pub connect: Duration,
    /// From the first byte sent to the first byte of an answer.
    pub first_byte: Duration,
    /// From the first byte sent to the last byte of the answer.
    pub answer: Duration,
    /// The longest head read, in bytes.
    pub max_head: usize,
    /// The longest body read, in bytes; the rest is not waited for.
    pub max_body: usize,
}

impl Default for SenderConfig {
    /// 5 s to connect, 30 s for an answer, 64 KiB of head and 1 MiB of body.
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            addresses: Vec::new(),
            proxy: None,
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            max_head: 64 * 1024,
            max_body: 1024 * 1024,
        }
    }
}

impl SenderConfig {
    /// What bounds the answer to a request that is sent now.
    pub(crate) fn bounds(&self) -> Bounds {
        let now = Instant::now();
        Bounds {
            first_byte: now + self.first_byte,
            end: now + self.answer,
            head_bytes: self.max_head,
            body_bytes: self.max_body,
        }
    }
}

/// Sends requests byte for byte and keeps both directions as evidence. Connections are kept open and used again, but only after
/// requests whose end no two readers can see differently.
pub struct Sender {
    config: SenderConfig,
    connector: Connector,
    pool: Pool,
}

/// One request and its answer, as the bytes that went over the wire.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// All bytes of the request.
    pub sent: Vec<u8>,
    /// Of the final answer; interim ones (1xx) are skipped.
    pub status: u16,
    /// As sent; often empty.
    pub reason: String,
    /// In their order and spelling.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Without its transfer coding.
    pub body: Vec<u8>,
    /// The body did not come to its end: too long, too slow, broken off, or not framed as announced.
    pub truncated: bool,
    /// Status line and headers up to and with the empty line.
    pub received_head: Vec<u8>,
    /// From the first byte sent to the last byte read; connecting is not in it.
    pub milliseconds: f64,
    /// The other end; behind a proxy, that.
    pub connected_to: SocketAddr,
}

impl Sender {
    /// A sender without connections.
    ///
    /// # Errors
    /// [`WireError::Trust`] if a CA certificate cannot be read.
    pub fn new(config: SenderConfig) -> Result<Self, WireError> {
        let connector = Connector::new(
            config.trust.client_config()?,
            config.addresses.clone(),
            config.proxy.clone(),
            config.connect,
        );
        Ok(Self { config, connector, pool: Pool::default() })
    }

    /// Sends one request and reads its answer. No redirect is followed.
    ///
    /// A connection that was kept open may have been closed by the server in the meantime; a request that can be sent twice (GET,
    /// HEAD, OPTIONS) is then sent again on a new one. Any other request gets a new connection to begin with.
    ///
    /// # Errors
    /// When no answer came. Once the head has come there is an [`Exchange`], perhaps a truncated one.
    pub async fn send(&self, origin: &Origin, request: &RequestBytes) -> Result<Exchange, WireError> {
        let sent = request.to_bytes();
        if request.is_safe()
            && request.is_well_framed()
            && let Some(line) = self.pool.take(origin)
        {
            match self.exchange(origin, request, &sent, line).await {
                Err((NoAnswer::Closed { begun: false, .. }, _)) => {}
                outcome => return self.told(origin, sent, outcome),
            }
        }
        let line = self.connector.connect(origin).await?;
        let outcome = self.exchange(origin, request, &sent, line).await;
        self.told(origin, sent, outcome)
    }

    /// When the certificate of an origin ends, or the first of those that vouch for it: in seconds after 1970, where that is no later
    /// than `limit`. None: it does not, or there is none, as over plain HTTP.
    ///
    /// # Errors
    /// When there is no connection, or the certificate is not good now.
    pub async fn ends_before(&self, origin: &Origin, limit: u64) -> Result<Option<u64>, WireError> {
        if origin.is_https() { self.connector.ends_before(origin, limit).await } else { Ok(None) }
    }

    /// Begins a TLS handshake of an old version, and ends it with the first answer.
    ///
    /// # Errors
    /// When there is no connection, or no answer that a TLS server gives.
    pub async fn greet(&self, origin: &Origin, version: TlsVersion) -> Result<Hello, WireError> {
        let (stream, address) = self.connector.way(origin).await?;
        let at = self.connector.place(origin, address);
        let greeting = hello::greet(stream, origin, version);
        match timeout(self.config.connect, greeting).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(seen)) => Err(WireError::Tls {
                at,
                reason: format!("the answer to a handshake begins with \"{}\"", seen.escape_ascii()),
                advice: "it does not speak TLS there: is it plain http://?",
            }),
            Err(_) => Err(WireError::TimedOut { at, phase: Phase::Handshake, after: self.config.connect }),
        }
    }

    /// Closes the connections to an origin that were kept open: nothing will be sent there any more.
    pub fn close(&self, origin: &Origin) {
        self.pool.close(origin);
    }

    async fn exchange(&self, origin: &Origin, request: &RequestBytes, sent: &[u8], line: Line) -> Result<Told, Untold> {
        let begun = Instant::now();
        let bounds = self.config.bounds();
        let address = line.address;
        let (mut reading, mut writing) = split(line.stream);
        let (answer, written) = {
            let mut read = pin!(answer::read(&mut reading, &request.method, bounds));
            let mut write = pin!(async {
                writing.write_all(sent).await?;
                writing.flush().await
            });
            let mut written = None;
            // A server may answer before it has read everything, and then stop reading: the answer counts, and a failed write
            // shows in it.
            let answer = loop {
                tokio::select! {
                    biased;
                    outcome = &mut write, if written.is_none() => written = Some(outcome.is_ok()),
                    answer = &mut read => break answer,
                }
            };
            (answer, written == Some(true))
        };
        let answer = answer.map_err(|none| (none, address))?;
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        if answer.reusable && written && request.is_well_framed() && !request.closes() {
            self.pool.put(origin, Line { stream: reading.unsplit(writing), address });
        }
        Ok(Told { answer, milliseconds, address })
    }

    fn told(&self, origin: &Origin, sent: Vec<u8>, outcome: Result<Told, Untold>) -> Result<Exchange, WireError> {
        let Told { answer, milliseconds, address } =
            outcome.map_err(|(none, address)| self.untold(origin, none, address))?;
        Ok(Exchange {
            sent,
            status: answer.head.status,
            reason: answer.head.reason,
            headers: answer.head.headers,
            body: answer.body,
            truncated: answer.truncated,
            received_head: answer.head.bytes,
            milliseconds,
            connected_to: address,
        })
    }

    fn untold(&self, origin: &Origin, none: NoAnswer, address: SocketAddr) -> WireError {
        let at = self.connector.place(origin, address);
        match none {
            NoAnswer::TimedOut(phase) => {
                let after = if phase == Phase::FirstByte { self.config.first_byte } else { self.config.answer };
                WireError::TimedOut { at, phase, after }
            }
            NoAnswer::NotHttp(seen) => WireError::NotHttp { at, seen: seen.escape_ascii().to_string() },
            NoAnswer::HeadTooLong => WireError::TooLong { at, part: "head", limit: self.config.max_head },
            NoAnswer::Closed { begun, error } => {
                let when = if begun { "in the middle of the answer's head" } else { "without an answer" };
                let how = error.map_or_else(String::new, |error| format!(" ({})", chain(&error)));
                WireError::Reset { at, reason: format!("the connection was closed {when}{how}") }
            }
        }
    }
}

/// An answer, how long it took, and who gave it.
struct Told {
    answer: Answer,
    milliseconds: f64,
    address: SocketAddr,
}

/// Why there is none, and who did not give it.
type Untold = (NoAnswer, SocketAddr);
