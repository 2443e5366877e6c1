//! Through a proxy that is asked for a tunnel, and what becomes of one that gives none.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rstest::rstest;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::{Act, Pki, StandIn, config, get, patient, read_head, say, sender};
use crate::{Origin, Proxy, RequestBytes, SenderConfig, Trust, WireError};

/// A proxy that leads everybody to one address, wherever he wants to go, or gives another answer.
struct Tunnels {
    address: SocketAddr,
    /// What it was asked.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    async fn to(target: SocketAddr) -> Self {
        Self::start(Some(target), b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n").await
    }

    async fn start(target: Option<SocketAddr>, answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let heard = Arc::clone(&heard);
                tokio::spawn(async move {
                    let Some(head) = read_head(&mut stream).await else { return };
                    heard.lock().unwrap().push(String::from_utf8(head).unwrap());
                    let _ = stream.write_all(answer).await;
                    if let Some(target) = target {
                        let mut onwards = TcpStream::connect(target).await.unwrap();
                        let _ = copy_bidirectional(&mut stream, &mut onwards).await;
                    }
                });
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn proxy(&self, user_info: &str) -> Proxy {
        Proxy::parse(&format!("http://{user_info}{}/", self.address)).unwrap()
    }
}

const FUNCTION: &str = "func.example.net";

fn function() -> Origin {
    Origin::new(true, FUNCTION, 443)
}

#[tokio::test]
async fn what_goes_through_a_tunnel_is_exact_and_tls_is_by_name() {
    let pki = Pki::new();
    let answers = vec![Act::ReadHead, say("HTTP/1.1 204 No Content\r\n\r\n"), Act::Again];
    let target = StandIn::tls(answers, pki.acceptor(FUNCTION, 4000)).await;
    let proxy = Tunnels::to(target.address).await;
    let trust = Trust::Only(vec![pki.pem.clone()]);
    let sender = sender(SenderConfig { trust, proxy: Some(proxy.proxy("me:p%40ss@")), ..patient() });
    let odd = RequestBytes { lines: vec![b" folded".to_vec()], ..get(&function()) };
    for request in [get(&function()), odd] {
        let exchange = sender.send(&function(), &request).await.unwrap();
        assert_eq!((exchange.status, &exchange.sent), (204, &request.to_bytes()));
        assert_eq!(exchange.connected_to, proxy.address);
    }
    let agent = concat!("greenlight/", env!("CARGO_PKG_VERSION"));
    let connect = format!(
        "CONNECT {FUNCTION}:443 HTTP/1.1\r\nHost: {FUNCTION}:443\r\nUser-Agent: {agent}\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n"
    );
    assert_eq!(proxy.asked(), [connect.clone(), connect], "a tunnel for each connection");
}

#[tokio::test]
async fn a_known_address_is_asked_for_in_place_of_the_name() {
    let pki = Pki::new();
    let target =
        StandIn::tls(vec![Act::ReadHead, say("HTTP/1.1 204 No Content\r\n\r\n")], pki.acceptor(FUNCTION, 4000)).await;
    let proxy = Tunnels::to(target.address).await;
    let trust = Trust::Only(vec![pki.pem.clone()]);
    let addresses = vec![(FUNCTION.to_owned(), ([10, 1, 2, 3], 0).into())];
    let sender = sender(SenderConfig { trust, addresses, proxy: Some(proxy.proxy("")), ..patient() });
    assert_eq!(sender.send(&function(), &get(&function())).await.unwrap().status, 204);
    assert!(proxy.asked()[0].starts_with("CONNECT 10.1.2.3:443 HTTP/1.1\r\n"), "{:?}", proxy.asked());
}

#[tokio::test]
async fn plain_http_and_this_machine_need_no_proxy() {
    let proxy = Tunnels::start(None, b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    let plain = StandIn::start(vec![Act::ReadHead, say("HTTP/1.1 204 No Content\r\n\r\n")]).await;
    let addresses = vec![("here.example".to_owned(), ([127, 0, 0, 1], 0).into())];
    let sender = sender(SenderConfig { addresses, proxy: Some(proxy.proxy("")), ..patient() });
    assert_eq!(sender.send(&plain.origin(), &get(&plain.origin())).await.unwrap().status, 204);
    for host in ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "here.example"] {
        let origin = Origin::new(true, host, 1);
        let _ = sender.send(&origin, &get(&origin)).await.unwrap_err();
    }
    assert_eq!(proxy.asked(), [""; 0]);
}

#[rstest]
#[case::no_credentials(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "asks for credentials (407)")]
#[case::no_way(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "gives no way through (502 Bad Gateway)")]
#[case::forbidden(b"HTTP/1.0 403\r\n\r\n", "gives no way through (403)")]
#[case::no_word(b"", "closed the connection without an answer")]
#[case::no_proxy(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "gave an answer that is not HTTP/1.1")]
#[tokio::test]
async fn a_proxy_that_gives_no_tunnel_is_named(#[case] answer: &'static [u8], #[case] reason: &str) {
    let proxy = Tunnels::start(None, answer).await;
    let sender = sender(SenderConfig { proxy: Some(proxy.proxy("me:secret@")), ..patient() });
    let error = sender.send(&function(), &get(&function())).await.unwrap_err();
    assert!(matches!(error, WireError::Proxy { .. }), "{error:?}");
    let (begin, message) = (format!("https://{FUNCTION}: the proxy {} {reason}; ", proxy.address), error.to_string());
    assert!(message.starts_with(&begin), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_says_nothing_is_named() {
    let nowhere = Proxy::parse("http://127.0.0.1:1").unwrap();
    let absent = sender(SenderConfig { proxy: Some(nowhere), ..config() });
    let message = absent.send(&function(), &get(&function())).await.unwrap_err().to_string();
    assert!(
        message.contains("the proxy 127.0.0.1:1 cannot be reached (http://127.0.0.1:1: connection refused"),
        "{message}"
    );

    let hung = StandIn::start(vec![Act::Hang]).await;
    let silent = sender(SenderConfig { proxy: Proxy::parse(&hung.address.to_string()).ok(), ..config() });
    let message = silent.send(&function(), &get(&function())).await.unwrap_err().to_string();
    assert!(message.contains("did not answer within 0.2 s"), "{message}");
}

#[rstest]
#[case("http://proxy.example:3128", "proxy.example:3128")]
#[case("http://me:word@proxy.example:3128/", "proxy.example:3128")]
#[case("proxy.example:3128", "proxy.example:3128")]
#[case("http://[::1]:3128", "[::1]:3128")]
#[case("HTTP://proxy.example", "proxy.example:80")]
fn a_proxy_is_shown_without_its_credentials(#[case] url: &str, #[case] shown: &str) {
    let proxy = Proxy::parse(url).unwrap();
    assert_eq!((proxy.to_string(), format!("{proxy:?}")), (shown.to_owned(), format!("Proxy({shown})")));
}

#[rstest]
#[case("https://me:secret@proxy.example", "plain HTTP")]
#[case("socks5://me:secret@proxy.example", "plain HTTP")]
#[case("http://me:secret@proxy.example/path?secret", "no path")]
#[case("http://me:secret@:3128", "no host")]
#[case("", "no host")]
fn what_is_no_proxy_is_refused_and_tells_no_secret(#[case] url: &str, #[case] part: &str) {
    let message = Proxy::parse(url).unwrap_err().to_string();
    assert!(message.contains(part) && !message.contains("secret"), "{message}");
}
