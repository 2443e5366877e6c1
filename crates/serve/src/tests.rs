//! A server as its clients see it: over real sockets on loopback, misbehaving ones included.

mod faults;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{
    Authority, Limits, Request, Response, ServeError, Server, ServerConfig, Service, StateFolder, Tls, Unread, respond,
};

const NOW: i64 = 1_790_000_000;
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Answers with what it was asked.
async fn echo(request: Request) -> Response {
    assert_ne!(request.path(), "/panic", "asked to panic");
    if request.path() == "/slow" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let text = format!(
        "{} {} path={} query={:?} body={} https={} at={}",
        request.method,
        request.target,
        request.path(),
        request.query(),
        String::from_utf8_lossy(&request.body),
        request.https,
        request.at
    );
    respond(StatusCode::OK, "text/plain", text)
}

fn config() -> ServerConfig {
    ServerConfig { clock: Arc::new(|| NOW), ..ServerConfig::new("echo", LOOPBACK) }
}

async fn start(config: ServerConfig) -> Server {
    Server::start(config, Arc::new(echo)).await.unwrap()
}

/// Sends bytes and reads until the server closes.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses a long request may reset the connection after its answer.
    if let Err(error) = stream.read_to_end(&mut answer).await {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(address: SocketAddr, target: &str) -> String {
    raw(address, format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes()).await
}

fn client(authority: &Authority, address: SocketAddr) -> reqwest::Client {
    reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap()])
        .resolve("login.microsoftonline.com", address)
        .no_proxy()
        .build()
        .unwrap()
}

#[rstest]
#[case::plain("/a?b=c", "/a", Some("b=c"))]
#[case::nothing_is_resolved("//a/%2e%2e/b%2F\\c", "//a/%2e%2e/b%2F\\c", None)]
#[case::two_question_marks("/a?b?c", "/a", Some("b?c"))]
#[case::empty_query("/a?", "/a", Some(""))]
#[case::absolute_form("http://other/a?b", "/a", Some("b"))]
#[case::asterisk("*", "*", None)]
#[tokio::test]
async fn a_target_arrives_as_sent(#[case] target: &str, #[case] path: &str, #[case] query: Option<&str>) {
    let server = start(config()).await;
    let answer = get(server.address(), target).await;
    let expected = format!("GET {target} path={path} query={query:?} body= https=false at={NOW}");
    assert!(answer.ends_with(&expected), "{answer}");
}

#[tokio::test]
async fn tls_holds_for_every_name_of_the_certificate_and_no_other() {
    let authority = Authority::generate(now()).unwrap();
    let names = ["localhost", "127.0.0.1", "::1", "login.microsoftonline.com", "*.example.net"].map(String::from);
    let server = start(ServerConfig { tls: Some(authority.tls(&names).unwrap()), ..config() }).await;
    let port = server.address().port();
    let client = client(&authority, server.address());
    for host in ["localhost", "127.0.0.1", "login.microsoftonline.com"] {
        let answer = client.get(format!("https://{host}:{port}/a")).send().await.unwrap();
        assert!(answer.text().await.unwrap().contains("https=true"), "{host}");
    }
    assert_eq!(server.url(), format!("https://localhost:{port}"));

    let other = start(ServerConfig { tls: Some(authority.tls(&["other.example".into()]).unwrap()), ..config() }).await;
    let error = client.get(format!("https://127.0.0.1:{}/", other.address().port())).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("NotValidForName"), "{error:?}");
}

#[tokio::test]
async fn a_server_shows_alpn_http11_and_a_given_certificate() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
    let tls = Tls::from_pem(&certificate.pem(), &key.serialize_pem()).unwrap();
    assert_eq!(tls.config.alpn_protocols, [b"http/1.1".to_vec()]);

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = start(ServerConfig { tls: Some(tls), ..config() }).await;
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
}

#[rstest]
#[case::empty(String::new(), String::new(), "holds no `BEGIN CERTIFICATE`")]
#[case::no_key(Authority::generate(NOW).unwrap().pem().into(), String::new(), "key's PEM")]
#[case::not_its_key(Authority::generate(NOW).unwrap().pem().into(), rcgen::KeyPair::generate().unwrap().serialize_pem(), "belongs to another")]
fn a_certificate_that_cannot_be_used_is_explained(
    #[case] certificate: String,
    #[case] key: String,
    #[case] part: &str,
) {
    let error = Tls::from_pem(&certificate, &key).unwrap_err().to_string();
    assert!(error.contains(part), "{error}");
}

#[tokio::test]
async fn an_authority_kept_in_a_folder_is_trusted_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::open(folder.path().join("deep/state")).unwrap();
    let first = Authority::kept_in(&state, now()).unwrap();
    let second = Authority::kept_in(&state, now()).unwrap();
    assert_eq!(first.pem(), second.pem());
    let tls = second.tls(&["localhost".into()]).unwrap();
    let server = start(ServerConfig { tls: Some(tls), ..config() }).await;
    client(&first, server.address()).get(server.url()).send().await.unwrap();
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::open(folder.path().join("state")).unwrap();
    state.write("key", b"1").unwrap();
    state.write("key", b"2").unwrap();
    assert_eq!(state.read("key").unwrap().as_deref(), Some(b"2".as_slice()));
    assert_eq!(state.read("other").unwrap(), None);
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(state.path("key")), 0o600);
    assert_eq!(mode(folder.path().join("state")), 0o700);
    assert_eq!(std::fs::read_dir(folder.path().join("state")).unwrap().count(), 1);

    std::fs::set_permissions(state.path("key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(state.read("key"), Err(ServeError::NotPrivate { .. })));
}

#[tokio::test]
async fn plain_http_on_a_tls_port_is_told_so() {
    let tls = Authority::generate(NOW).unwrap().tls(&["localhost".into()]).unwrap();
    let server = start(ServerConfig { tls: Some(tls), ..config() }).await;
    let answer = get(server.address(), "/").await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
}

#[tokio::test]
async fn a_port_taken_is_named_with_what_to_do() {
    let server = start(config()).await;
    let taken = ServerConfig { address: server.address(), ..config() };
    let error = Server::start(taken, Arc::new(echo)).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&server.address().to_string()), "{message}");
    assert!(message.contains("echo") && message.contains("another port"), "{message}");

    let elsewhere = ServerConfig { address: "192.0.2.1:0".parse().unwrap(), ..config() };
    let message = Server::start(elsewhere, Arc::new(echo)).await.unwrap_err().to_string();
    assert!(message.contains("192.0.2.1") && message.contains("127.0.0.1"), "{message}");
}

#[rstest]
#[case::v4("127.0.0.1:0", false)]
#[case::v6("[::1]:0", false)]
#[case::mapped("[::ffff:127.0.0.1]:0", false)]
#[case::all("0.0.0.0:0", true)]
#[case::all_v6("[::]:0", true)]
#[case::some("192.0.2.1:0", true)]
fn exposure_is_known_before_the_start(#[case] address: &str, #[case] exposed: bool) {
    assert_eq!(ServerConfig::new("x", address.parse().unwrap()).is_exposed(), exposed);
}

#[tokio::test]
async fn an_ipv6_listener_is_called_localhost() {
    let Ok(server) =
        Server::start(ServerConfig { address: (Ipv6Addr::LOCALHOST, 0).into(), ..config() }, Arc::new(echo)).await
    else {
        return; // A machine without IPv6.
    };
    assert_eq!(server.url(), format!("http://localhost:{}", server.address().port()));
    assert!(!server.is_exposed());
}

#[rstest]
#[case::head(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(20_000)), "431")]
#[case::headers(format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(200)), "431")]
#[case::announced_body("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 101\r\n\r\n".into(), "413")]
#[case::chunked_body(format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n65\r\n{}\r\n0\r\n\r\n", "x".repeat(101)), "413")]
#[case::broken_chunk("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".into(), "400")]
#[case::slow_body("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf".into(), "408")]
#[case::garbage("\x01\x02\r\n\r\n".into(), "400")]
#[case::slow_head("GET / HT".into(), "")]
#[case::silence(String::new(), "")]
#[case::idle("GET / HTTP/1.1\r\nhost: a\r\n\r\n".into(), "200")]
#[tokio::test]
async fn a_client_that_takes_too_much_is_refused(#[case] request: String, #[case] status: &str) {
    let limits = Limits {
        head_bytes: 8192,
        body_bytes: 100,
        head_time: Duration::from_millis(80),
        body_time: Duration::from_millis(80),
        ..Limits::default()
    };
    let server = start(ServerConfig { limits, ..config() }).await;
    let answer = raw(server.address(), request.as_bytes()).await;
    let sent = answer.strip_prefix("HTTP/1.1 ").map_or("", |rest| &rest[..3]);
    assert_eq!(sent, status, "{answer}");
    assert!(get(server.address(), "/").await.starts_with("HTTP/1.1 200"), "the server goes on");
}

#[tokio::test]
async fn one_connection_too_many_is_turned_away_until_one_ends() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let tls = Authority::generate(NOW).unwrap().tls(&["localhost".into()]).unwrap();
    for tls in [None, Some(tls)] {
        let config = ServerConfig { limits: limits.clone(), ..config() };
        let journal = Arc::clone(&config.journal);
        let https = tls.is_some();
        let server = start(ServerConfig { tls, ..config }).await;
        let first = TcpStream::connect(server.address()).await.unwrap();
        let refused = get(server.address(), "/").await;
        if https {
            assert_eq!(refused, "");
        } else {
            assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("its 1 connections"), "{refused}");
        }
        assert_eq!(journal.since(0)[0].note, Some("too many connections"));
        drop(first);
        while !get(server.address(), "/").await.contains(if https { "400" } else { "200" }) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_dropped() {
    let limits = Limits { write_time: Duration::from_millis(80), connections: 1, ..Limits::default() };
    let config = ServerConfig { limits, ..config() };
    let pad = crate::Fault::Pad { bytes: 100_000_000 };
    config.faults.set(vec![crate::Rule { path: "/".into(), times: None, fault: pad }]).unwrap();
    let server = start(config).await;
    let mut stuck = TcpStream::connect(server.address()).await.unwrap();
    stuck.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while !get(server.address(), "/free").await.starts_with("HTTP/1.1 200") {
        tokio::task::yield_now().await;
    }
    let mut answer = Vec::new();
    let _ = stuck.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.len() < 100_000_000, "{}", answer.len());
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_connection_goes_on() {
    let config = config();
    let journal = Arc::clone(&config.journal);
    let server = start(config).await;
    let both = "GET /panic HTTP/1.1\r\nhost: a\r\n\r\nGET /b?secret HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = raw(server.address(), both.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("HTTP/1.1 200"), "{answer}");

    let entries = journal.since(0);
    let short: Vec<_> =
        entries.iter().map(|entry| (entry.sequence, entry.path.as_str(), entry.status, entry.note, entry.at)).collect();
    assert_eq!(short, [(1, "/panic", Some(500), Some("panicked"), NOW), (2, "/b", Some(200), None, NOW)]);
    assert_eq!(journal.since(1).len(), 1);
    let text = serde_json::to_string(&entries).unwrap();
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn the_journal_is_bounded() {
    let config = ServerConfig { journal: Arc::new(crate::Journal::new(2)), ..config() };
    let journal = Arc::clone(&config.journal);
    let server = start(config).await;
    for path in ["/1", "/2", &format!("/{}", "3".repeat(1000))] {
        get(server.address(), path).await;
    }
    let entries = journal.since(0);
    assert_eq!(entries.iter().map(|entry| (entry.sequence, entry.path.len())).collect::<Vec<_>>(), [(2, 2), (3, 256)]);
    journal.clear();
    assert!(journal.since(0).is_empty());
}

#[tokio::test]
async fn stop_lets_a_running_request_finish_and_closes_idle_connections() {
    let config = config();
    let server = start(config).await;
    let address = server.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut some = [0; 8];
    idle.read_exact(&mut some).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    server.stop().await;
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    idle.read_to_string(&mut answer).await.unwrap();
}

#[tokio::test]
async fn headers_arrive_in_order_and_repeat() {
    let service = |request: Request| async move {
        let all: Vec<_> = request.headers.get_all("x").iter().map(|value| value.as_bytes().to_vec()).collect();
        assert_eq!(request.header("X"), Some("1"));
        Response::new(Bytes::from(all.join(&b'|')))
    };
    let server = Server::start(config(), Arc::new(service)).await.unwrap();
    let answer = raw(server.address(), b"GET / HTTP/1.1\r\nhost: a\r\nX: 1\r\nx: 2\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\n1|2"), "{answer}");
}

#[test]
fn keys_are_not_shown() {
    let authority = Authority::generate(NOW).unwrap();
    let tls = authority.tls(&["localhost".into()]).unwrap();
    assert_eq!(format!("{authority:?} {tls:?}"), "Authority { .. } Tls { .. }");
    assert!(Authority::generate(i64::MAX).is_err());
    assert!(authority.tls(&["not a name\u{e9}".into()]).is_err());
}

/// The time that client libraries check certificates by.
fn now() -> i64 {
    crate::system_clock()()
}

/// Reads only the bodies that it asks for.
struct Choosy;

impl Service for Choosy {
    async fn call(&self, _: Request) -> Response {
        unreachable!("bodies are left on their way")
    }

    async fn call_unread(&self, request: Request, unread: Unread) -> Response {
        if request.path() != "/read" {
            return respond(StatusCode::FORBIDDEN, "text/plain", "no");
        }
        match unread.read().await {
            Ok(body) => respond(StatusCode::OK, "text/plain", body),
            Err(refusal) => *refusal,
        }
    }

    fn reads_bodies(&self) -> bool {
        false
    }
}

#[rstest]
#[case::unwanted("/x", "content-length: 5", "", "HTTP/1.1 403", "no")]
#[case::whole("/read", "content-length: 5", "hello", "HTTP/1.1 200", "hello")]
#[case::in_chunks("/read", "transfer-encoding: chunked", "2\r\nhe\r\n0\r\n\r\n", "HTTP/1.1 200", "he")]
#[case::none("/read", "accept: */*", "", "HTTP/1.1 200", "")]
#[case::announced_too_large("/read", "content-length: 11", "", "HTTP/1.1 413", "body too large\n")]
#[case::too_large("/read", "transfer-encoding: chunked", "b\r\nhello world\r\n", "HTTP/1.1 413", "body too large\n")]
#[case::broken("/read", "transfer-encoding: chunked", "zz\r\n", "HTTP/1.1 400", "body broken\n")]
#[case::too_slow("/read", "content-length: 5", "hel", "HTTP/1.1 408", "body too slow\n")]
#[tokio::test]
async fn a_service_may_leave_a_body_unread_until_it_wants_it(
    #[case] path: &str,
    #[case] header: &str,
    #[case] body: &str,
    #[case] status: &str,
    #[case] expected: &str,
) {
    let limits = Limits { body_bytes: 10, body_time: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(ServerConfig { limits, ..config() }, Arc::new(Choosy)).await.unwrap();
    let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n\r\n{body}");
    let answer = raw(server.address(), request.as_bytes()).await;
    assert!(answer.starts_with(status) && answer.ends_with(&format!("\r\n\r\n{expected}")), "{answer}");
}
