use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{Phase, WireError};
use crate::origin::Origin;
use crate::proxy::{NoTunnel, Proxy};

/// A connection, plain or TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// An open connection and its other end.
pub(crate) struct Line {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) address: SocketAddr,
}

/// How connections are made.
pub(crate) struct Connector {
    tls: TlsConnector,
    verifier: Option<Arc<WebPkiServerVerifier>>,
    /// Hosts whose address is known beforehand.
    addresses: Vec<(String, SocketAddr)>,
    /// For name and TCP together, and once more for TLS.
    patience: Duration,
    /// Through which TLS to other machines goes.
    proxy: Option<Proxy>,
}

impl Connector {
    pub(crate) fn new(
        (tls, verifier): (ClientConfig, Option<Arc<WebPkiServerVerifier>>),
        addresses: Vec<(String, SocketAddr)>,
        proxy: Option<Proxy>,
        patience: Duration,
    ) -> Self {
        Self { tls: TlsConnector::from(Arc::new(tls)), verifier, addresses, patience, proxy }
    }

    /// Opens a connection to an origin.
    pub(crate) async fn connect(&self, origin: &Origin) -> Result<Line, WireError> {
        if origin.is_https() {
            let (stream, address) = self.shake_hands(origin).await?;
            Ok(Line { stream: Box::new(stream), address })
        } else {
            let (stream, address) = self.way(origin).await?;
            Ok(Line { stream: Box::new(stream), address })
        }
    }

    /// When the certificate of an origin ends, or the first of those that vouch for it, where that is no later than so many seconds
    /// after 1970.
    pub(crate) async fn ends_before(&self, origin: &Origin, limit: u64) -> Result<Option<u64>, WireError> {
        let (stream, _) = self.shake_hands(origin).await?;
        let name = ServerName::try_from(origin.host()).ok();
        let (Some([own, others @ ..]), Some(name), Some(verifier)) =
            (stream.get_ref().1.peer_certificates(), name, &self.verifier)
        else {
            return Ok(None);
        };
        let at = UnixTime::since_unix_epoch(Duration::from_secs(limit));
        // What was good a moment ago can only have become bad by having ended.
        Ok(match verifier.verify_server_cert(own, others, &name, &[], at) {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                Some(not_after.as_secs())
            }
            _ => None,
        })
    }

    async fn shake_hands(&self, origin: &Origin) -> Result<(TlsStream<TcpStream>, SocketAddr), WireError> {
        let (stream, address) = self.way(origin).await?;
        let at = self.place(origin, address);
        let name = ServerName::try_from(origin.host().to_owned()).map_err(|error| WireError::Tls {
            at: at.clone(),
            reason: format!("`{}` cannot stand in a certificate: {error}", origin.host()),
            advice: "check the host in the URL",
        })?;
        match timeout(self.patience, self.tls.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok((stream, address)),
            Ok(Err(error)) => Err(WireError::handshake(at, origin.host(), &error)),
            Err(_) => Err(WireError::TimedOut { at, phase: Phase::Handshake, after: self.patience }),
        }
    }

    /// Opens a connection on which nothing was said yet.
    pub(crate) async fn way(&self, origin: &Origin) -> Result<(TcpStream, SocketAddr), WireError> {
        let (stream, address) = match self.proxy_to(origin) {
            Some(proxy) => self.tunnel(proxy, origin).await?,
            None => self.tcp(origin).await?,
        };
        // Requests are written whole; waiting to fill a packet would only cost time.
        let _ = stream.set_nodelay(true);
        Ok((stream, address))
    }

    /// The proxy through which an origin is reached: only TLS goes through one, and nothing that stays on this machine.
    fn proxy_to(&self, origin: &Origin) -> Option<&Proxy> {
        let is_here = |ip: IpAddr| ip.to_canonical().is_loopback();
        let stays = origin.host() == "localhost"
            || origin.ip().or(self.known(origin).map(|known| known.ip())).is_some_and(is_here);
        self.proxy.as_ref().filter(|_| origin.is_https() && !stays)
    }

    /// Opens a way through a proxy, to the address that is known for the origin or else to its name, which the proxy resolves.
    async fn tunnel(&self, proxy: &Proxy, origin: &Origin) -> Result<(TcpStream, SocketAddr), WireError> {
        let failed = |NoTunnel(reason, advice)| WireError::Proxy {
            at: origin.to_string(),
            proxy: proxy.to_string(),
            reason,
            advice,
        };
        let unreachable = |error: WireError| {
            failed(NoTunnel(
                format!("cannot be reached ({error})"),
                "check `HTTPS_PROXY`, or `target.proxy` in a profile",
            ))
        };
        let (mut stream, address) = self.tcp(proxy.origin()).await.map_err(unreachable)?;
        let to = self.known(origin).map_or_else(|| origin.host_and_port(), |known| known.to_string());
        let late = |_| {
            NoTunnel(
                format!("did not answer within {:.1} s", self.patience.as_secs_f64()),
                "try again, or allow more time",
            )
        };
        let opened = timeout(self.patience, proxy.tunnel(&mut stream, &to)).await.map_err(late);
        opened.and_then(|opened| opened).map_err(failed)?;
        Ok((stream, address))
    }

    /// An origin for a message, with what lies behind the name.
    pub(crate) fn place(&self, origin: &Origin, address: SocketAddr) -> String {
        match self.proxy_to(origin) {
            Some(proxy) => format!("{origin} (through the proxy {proxy})"),
            None => place(origin, Some(address)),
        }
    }

    /// Tries the host's addresses one after the other, each for its share of the time that is left.
    async fn tcp(&self, origin: &Origin) -> Result<(TcpStream, SocketAddr), WireError> {
        let deadline = Instant::now() + self.patience;
        let late = |at: String| WireError::TimedOut { at, phase: Phase::Connect, after: self.patience };
        let resolved = timeout_at(deadline, self.resolve(origin)).await;
        let addresses = resolved
            .map_err(|_| late(origin.to_string()))?
            .map_err(|error| WireError::Resolve { at: origin.to_string(), reason: error.to_string() })?;
        let mut trouble = WireError::Resolve { at: origin.to_string(), reason: "it has no address".to_owned() };
        for (number, address) in addresses.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            // A name has a handful of addresses.
            let share = left / u32::try_from(addresses.len() - number).unwrap_or(u32::MAX);
            let at = place(origin, Some(*address));
            trouble = match timeout(share, TcpStream::connect(*address)).await {
                Ok(Ok(stream)) => return Ok((stream, *address)),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => WireError::Refused { at },
                Ok(Err(error)) => WireError::Unreachable { at, reason: error.to_string() },
                Err(_) => late(at),
            };
        }
        Err(trouble)
    }

    async fn resolve(&self, origin: &Origin) -> io::Result<Vec<SocketAddr>> {
        if let Some(ip) = origin.ip() {
            return Ok(vec![SocketAddr::new(ip, origin.port())]);
        }
        match self.known(origin) {
            Some(address) => Ok(vec![address]),
            None => Ok(lookup_host((origin.host(), origin.port())).await?.collect()),
        }
    }

    /// The address of a host that is known beforehand.
    fn known(&self, origin: &Origin) -> Option<SocketAddr> {
        let known = self.addresses.iter().find(|(host, _)| host.eq_ignore_ascii_case(origin.host()));
        known.map(|(_, address)| mapped(origin, *address))
    }
}

/// Where a mapped host is. A port in the URL counts more than the map's, and the map's more than the scheme's own: as reqwest does.
fn mapped(origin: &Origin, mut address: SocketAddr) -> SocketAddr {
    if address.port() == 0 || !origin.has_default_port() {
        address.set_port(origin.port());
    }
    address
}

/// An origin for a message, with the address behind it where the name does not say it.
fn place(origin: &Origin, address: Option<SocketAddr>) -> String {
    match address {
        Some(address) if origin.ip() != Some(address.ip()) => format!("{origin} ({address})"),
        _ => origin.to_string(),
    }
}
