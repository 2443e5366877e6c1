//! A host that answers everybody with the same bytes, however broken, and remembers the bytes that it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(super) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::serving(Some(answer.into())).await
    }

    /// One that takes a request and says nothing.
    pub(super) async fn silent() -> Self {
        Self::serving(None).await
    }

    async fn serving(answer: Option<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&stand_in.seen);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                seen.lock().unwrap().push(String::from_utf8(request).unwrap());
                match &answer {
                    // Whoever has had enough of it hangs up.
                    Some(answer) => drop(stream.write_all(answer).await),
                    None => std::future::pending().await,
                }
            }
        });
        stand_in
    }

    /// What it was sent since the last time this was called.
    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// Head, and as much of a body as it announces.
async fn read(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut wanted = usize::MAX;
    while bytes.len() < wanted && stream.read_buf(&mut bytes).await.unwrap() > 0 {
        if let (usize::MAX, Some(end)) = (wanted, bytes.windows(4).position(|four| four == b"\r\n\r\n")) {
            let head = String::from_utf8_lossy(&bytes[..end]);
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            wanted = end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap());
        }
    }
    bytes
}
