use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::certificate::Tls;
use crate::connection::{self, Shared};
use crate::error::ServeError;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::message::{Clock, Service, system_clock};

/// How a listener is set up. Journal and faults are shared, so that a control API can show and set them.
#[derive(Clone)]
pub struct ServerConfig {
    /// What it is, for messages: `mock Entra`.
    pub name: &'static str,
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Plain HTTP without.
    pub tls: Option<Tls>,
    /// Stamps the requests.
    pub clock: Clock,
    /// Remembers the requests.
    pub journal: Arc<Journal>,
    /// Trouble on demand.
    pub faults: Arc<Faults>,
    /// What a client may use up.
    pub limits: Limits,
}

impl ServerConfig {
    /// Plain HTTP by the machine's clock, with a journal of its own and no faults.
    pub fn new(name: &'static str, address: SocketAddr) -> Self {
        Self {
            name,
            address,
            tls: None,
            clock: system_clock(),
            journal: Arc::default(),
            faults: Arc::default(),
            limits: Limits::default(),
        }
    }

    /// Whether other machines could reach it. Callers then warn loudly before they start it.
    pub fn is_exposed(&self) -> bool {
        is_exposed(self.address)
    }
}

/// What one client may use up before it is refused or dropped.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest request head; at least 8192. More is answered 431.
    pub head_bytes: usize,
    /// Longest request body. More is answered 413.
    pub body_bytes: usize,
    /// For the TLS handshake and for each request's head, the idle time before it included; then the connection is closed.
    pub head_time: Duration,
    /// For a request's body; then it is answered 408.
    pub body_time: Duration,
    /// How long a client may take nothing of its answer; then the connection is closed.
    pub write_time: Duration,
    /// How many connections are open at once. One more is turned away: with 503 on plain HTTP, by being closed on HTTPS.
    pub connections: usize,
    /// How long [`Server::stop`] lets running requests finish.
    pub stop_time: Duration,
}

impl Default for Limits {
    /// 64 KiB head, 1 MiB body, 30 s for each and for a client to take its answer, 1000 connections, one second to stop.
    fn default() -> Self {
        Self {
            head_bytes: 64 * 1024,
            body_bytes: 1024 * 1024,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            connections: 1000,
            stop_time: Duration::from_secs(1),
        }
    }
}

/// A running listener. Dropping it closes everything at once; [`Server::stop`] is kinder.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    https: bool,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Binds and serves, in the runtime it is called from.
    ///
    /// # Errors
    /// [`ServeError::Taken`] and [`ServeError::Bind`] name the address and what to do.
    pub async fn start<S: Service>(config: ServerConfig, service: Arc<S>) -> Result<Self, ServeError> {
        let (name, asked) = (config.name, config.address);
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ServeError::Taken { name, address: asked },
            _ => ServeError::Bind { name, address: asked, source },
        };
        let listener = TcpListener::bind(asked).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let https = config.tls.is_some();
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::new(Shared::new(config, service)), stopped));
        Ok(Self { address, https, stop, accepting })
    }

    /// Where it listens; the port is a real one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL without a trailing slash. A loopback or unspecified address is called `localhost`, as in its certificate.
    pub fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let ip = self.address.ip().to_canonical();
        if ip.is_loopback() || ip.is_unspecified() {
            format!("{scheme}://localhost:{}", self.address.port())
        } else {
            format!("{scheme}://{}", self.address)
        }
    }

    /// Whether other machines could reach it.
    pub fn is_exposed(&self) -> bool {
        is_exposed(self.address)
    }

    /// Takes no more connections, lets running requests finish for [`Limits::stop_time`], then closes what is left.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Whether other machines could reach what listens there.
pub fn is_exposed(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

async fn accept<S: Service>(listener: TcpListener, shared: Arc<Shared<S>>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let stop_asked = stopped.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if connections.len() >= shared.limits().connections => {
                    connection::refuse(stream, peer, &shared);
                }
                Ok((stream, peer)) => {
                    connections.spawn(connection::serve(stream, peer, Arc::clone(&shared), stop_asked.clone()));
                }
                // The client is gone already, or the process is out of file descriptors: neither ends the server, and a
                // short pause keeps the second from burning a core.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(shared.limits().stop_time, finish).await.is_err() {
        connections.shutdown().await;
    }
}
