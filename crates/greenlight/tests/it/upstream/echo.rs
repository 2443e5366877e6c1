//! A host that answers everybody with the very bytes it was sent, and sets two cookies.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub(super) struct Echo {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Echo {
    /// Runs until the tests end.
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let echo = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&echo.asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Ordering::SeqCst);
                answer(stream.unwrap());
            }
        });
        echo
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests have reached it.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: TcpStream) {
    let (mut bytes, mut piece) = (Vec::new(), [0; 16_384]);
    let mut wanted = usize::MAX;
    while bytes.len() < wanted {
        let read = stream.read(&mut piece).unwrap();
        assert_ne!(read, 0, "a request breaks off");
        bytes.extend_from_slice(&piece[..read]);
        if let (usize::MAX, Some(end)) = (wanted, bytes.windows(4).position(|four| four == b"\r\n\r\n")) {
            let head = String::from_utf8_lossy(&bytes[..end]);
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            wanted = end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap());
        }
    }
    let head = "HTTP/1.1 200 OK\r\nServer: echo\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: close\r\n\r\n";
    stream.write_all(&[head.as_bytes(), &bytes].concat()).unwrap();
}
