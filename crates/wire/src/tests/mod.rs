//! Against stand-ins on loopback: well-behaved ones (wiremock) and raw ones that do what servers must not.

mod bounds;
mod errands;
mod exact;
mod hello;
mod names;
mod pieces;
mod proxy;
mod trouble;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::{Origin, RequestBytes, Sender, SenderConfig, Trust};

/// What a raw stand-in does on each connection, in order; then it closes.
#[derive(Debug, Clone)]
enum Act {
    /// Waits for an empty line.
    ReadHead,
    /// Writes these bytes.
    Say(Vec<u8>),
    /// Writes one byte after the other, slowly.
    Drip(Vec<u8>),
    /// Writes these bytes without end.
    Repeat(Vec<u8>),
    /// Does nothing any more, and stays.
    Hang,
    /// Resets the connection.
    Reset,
    /// Begins again with the first act.
    Again,
}

fn say(bytes: impl AsRef<[u8]>) -> Act {
    Act::Say(bytes.as_ref().to_vec())
}

/// A stand-in that plays the same acts on every connection.
struct StandIn {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl StandIn {
    async fn start(acts: Vec<Act>) -> Self {
        Self::with(acts, None).await
    }

    async fn tls(acts: Vec<Act>, acceptor: TlsAcceptor) -> Self {
        Self::with(acts, Some(acceptor)).await
    }

    async fn with(acts: Vec<Act>, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let (acts, acceptor) = (acts.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => act(stream, &acts).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                act(stream, &acts).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, connections }
    }

    fn origin(&self) -> Origin {
        Origin::new(false, "127.0.0.1", self.address.port())
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn reset(&self);
}

impl Socket for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Socket for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

async fn act(mut stream: impl Socket, acts: &[Act]) {
    let mut number = 0;
    while let Some(act) = acts.get(number) {
        number += 1;
        // The other side may have left: then there is nothing more to do.
        let went_on = match act {
            Act::ReadHead => read_head(&mut stream).await.is_some(),
            Act::Say(bytes) => stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok(),
            Act::Drip(bytes) => drip(&mut stream, bytes).await,
            Act::Repeat(bytes) => loop {
                if stream.write_all(bytes).await.is_err() {
                    break false;
                }
            },
            Act::Hang => std::future::pending().await,
            Act::Reset => {
                stream.reset();
                false
            }
            Act::Again => {
                number = 0;
                true
            }
        };
        if !went_on {
            return;
        }
    }
    let _ = stream.shutdown().await;
    // What is left unread would turn the close into a reset.
    let mut rest = [0; 1024];
    while matches!(stream.read(&mut rest).await, Ok(1..)) {}
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return None,
        }
    }
    Some(head)
}

async fn drip(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    for byte in bytes {
        if stream.write_u8(*byte).await.is_err() {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    true
}

/// Bounds short enough for tests.
fn config() -> SenderConfig {
    SenderConfig {
        trust: Trust::Only(Vec::new()),
        connect: Duration::from_millis(200),
        first_byte: Duration::from_millis(100),
        answer: Duration::from_millis(150),
        max_head: 4096,
        max_body: 1000,
        ..SenderConfig::default()
    }
}

/// Long enough never to matter.
fn patient() -> SenderConfig {
    SenderConfig {
        connect: Duration::from_secs(20),
        first_byte: Duration::from_secs(20),
        answer: Duration::from_secs(20),
        ..config()
    }
}

fn sender(config: SenderConfig) -> Sender {
    Sender::new(config).unwrap()
}

fn get(origin: &Origin) -> RequestBytes {
    RequestBytes::ordinary("GET", origin, "/", [("x", "y")], Vec::new())
}

/// A certificate authority and what it signs.
struct Pki {
    key: rcgen::KeyPair,
    parameters: rcgen::CertificateParams,
    pem: String,
}

impl Pki {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { key, parameters, pem }
    }

    /// A server for one name, whose certificate is valid until a year.
    fn acceptor(&self, name: &str, until: i32) -> TlsAcceptor {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        let issuer = rcgen::Issuer::from_params(&self.parameters, &self.key);
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}
