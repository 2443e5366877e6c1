//! The platform before a host that runs elsewhere: what goes there, what comes back, and what is told where nothing does.

mod stand_in;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use wire::Exchange;

use self::stand_in::StandIn;
use super::lab::{UNLISTED, token};
use super::raw::{HOST, Raw, header};
use crate::{AppConfig, Upstream};

const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

/// A platform before a host, and what it told.
struct Before {
    raw: Raw,
    told: Arc<Mutex<Vec<String>>>,
}

impl Before {
    async fn start(host: SocketAddr) -> Self {
        Self::with(host, Upstream::PATIENCE, |config| config).await
    }

    async fn with(host: SocketAddr, patience: Duration, change: impl FnOnce(AppConfig) -> AppConfig) -> Self {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let keep = Arc::clone(&told);
        let tell = move |line: &str| keep.lock().unwrap().push(line.to_owned());
        let upstream = Upstream::new(&format!("http://{host}"), patience, tell).unwrap();
        Self { raw: Raw::of(|config| change(config.before(upstream))).await, told }
    }

    async fn get(&self, target: &str, lines: &[&str]) -> Exchange {
        self.send("GET", target, lines, "").await
    }

    /// Sends the listed caller's token with the other lines.
    async fn send(&self, method: &str, target: &str, lines: &[&str], body: &str) -> Exchange {
        let bearer = bearer();
        self.raw.send(method, target, &[&[HOST, bearer.as_str()], lines].concat(), body).await
    }
}

fn bearer() -> String {
    format!("Authorization: Bearer {}", token(&[]))
}

/// Head and body as text, without what is of the moment.
fn shown(exchange: &Exchange) -> String {
    let head = String::from_utf8_lossy(&exchange.received_head);
    let head: Vec<&str> = head.lines().filter(|line| !line.starts_with("date: ")).collect();
    format!("{}\n{}", head.join("\n"), String::from_utf8_lossy(&exchange.body))
}

/// A request as a host saw it, without what is of the moment.
fn received(request: &str) -> String {
    let is_token = |line: &&str| !line.starts_with("authorization: Bearer ey");
    let mut lines: Vec<&str> = request.lines().filter(is_token).collect();
    lines.insert(1, if lines.len() == request.lines().count() { "(no token)" } else { "(the token)" });
    lines.join("\n")
}

#[rstest]
#[case::no_token(None, 401)]
#[case::expired(Some(token(&[("exp", json!(1_000_000_000))])), 401)]
#[case::unlisted(Some(token(&[("azp", json!(UNLISTED))])), 403)]
#[tokio::test]
async fn who_is_refused_never_reaches_the_host(#[case] token: Option<String>, #[case] status: u16) {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    let bearer = token.map(|token| format!("Authorization: Bearer {token}"));
    let lines: Vec<&str> = [HOST].into_iter().chain(bearer.as_deref()).collect();
    // Nor is a body waited for that was only announced.
    for more in [&[][..], &["Content-Length: 500000", "Expect: 100-continue"]] {
        let refused = before.raw.send("POST", "/api/orders", &[&lines, more].concat(), "").await;
        assert_eq!((refused.status, header(&refused, "server").as_deref()), (status, Some("Kestrel")));
    }
    assert!(host.seen().is_empty());
}

#[rstest]
#[case::query("/api/orders?a=%2F&b=+&&a", "/api/orders?a=%2F&b=+&&a")]
#[case::empty_query("/api/orders?", "/api/orders?")]
#[case::escaped_dots("/api/%2e%2E/orders", "/api/%2e%2E/orders")]
#[case::dots("/api/../x/./y", "/api/../x/./y")]
#[case::slashes("//api//orders/", "//api//orders/")]
#[case::matrix("/api;a=1/orders;v=2", "/api;a=1/orders;v=2")]
#[case::no_utf8_escapes("/api/%c0%af", "/api/%c0%af")]
#[case::utf8("/api/örders", "/api/örders")]
#[case::capitals("/API/Orders", "/API/Orders")]
#[case::absolute("https://evil.example/api/orders?x", "/api/orders?x")]
#[case::absolute_without_path("https://evil.example?x", "/?x")]
#[tokio::test]
async fn a_target_goes_on_to_the_byte(#[case] target: &str, #[case] expected: &str) {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    assert_eq!(before.get(target, &[]).await.status, 200);
    let seen = host.seen();
    assert_eq!(seen[0].lines().next(), Some(&*format!("GET {expected} HTTP/1.1")));
}

#[tokio::test]
async fn a_request_goes_on_with_the_identity_that_the_platform_found() {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    let lines = [
        "Cookie: a=1",
        "Cookie: b=2",
        "X-MS-CLIENT-PRINCIPAL-ID: somebody-else",
        "X_MS_CLIENT_PRINCIPAL_NAME: somebody-else",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN: stolen",
        "Connection: keep-alive, X-MS-CLIENT-PRINCIPAL, x-ms-client-principal-id, X-Mine, host, content-length",
        "X-Mine: for the platform only",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Upgrade: h2c",
        "Expect: 100-continue",
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-For: 192.0.2.8",
        "X-Forwarded-Proto: gopher",
        "X-Forwarded-Host: evil.example",
        "Content-Length: 5",
    ];
    assert_eq!(before.send("PATCH", "/api/orders", &lines, "hello").await.status, 200);
    insta::assert_snapshot!(received(&host.seen()[0]));
}

#[tokio::test]
async fn nobody_is_somebody_on_an_excluded_path() {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    let lines = [HOST, "X-MS-CLIENT-PRINCIPAL: e30=", "X-MS-CLIENT-PRINCIPAL-ID: somebody"];
    assert_eq!(before.raw.send("GET", "/api/health", &lines, "").await.status, 200);
    insta::assert_snapshot!(received(&host.seen()[0]), @r"
    GET /api/health HTTP/1.1
    (no token)
    host: func.example.net
    x-forwarded-for: 127.0.0.1
    x-forwarded-proto: https
    x-forwarded-host: func.example.net
    ");
}

#[tokio::test]
async fn an_answer_comes_back_as_it_is() {
    let host = StandIn::answering(
        "HTTP/1.1 418 Short And Stout\r\nServer: Teapot\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type: text/x-tea\r\n\
         X-Hop: gone\r\nConnection: close, x-hop\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n2\r\n!!\r\n0\r\nTrailing: x\r\n\r\n",
    );
    let host = host.await;
    let before = Before::start(host.address).await;
    insta::assert_snapshot!(shown(&before.get("/api/orders", &[]).await), @r"
    HTTP/1.1 418 I'm a teapot
    server: Teapot
    set-cookie: a=1
    set-cookie: b=2
    content-type: text/x-tea
    content-length: 5

    tea!!
    ");
}

#[rstest]
#[case::length_of_what_is_not_sent("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n", 200, Some("4711"))]
#[case::no_content("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, None)]
#[case::not_modified("GET", "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", 304, None)]
#[case::redirect("GET", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 302, Some("0"))]
#[case::its_own_failure("GET", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nmine", 502, Some("4"))]
#[case::after_interim("GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\ntill the end", 200, Some("12"))]
#[tokio::test]
async fn any_status_comes_back(
    #[case] method: &str,
    #[case] answer: &str,
    #[case] status: u16,
    #[case] length: Option<&str>,
) {
    let host = StandIn::answering(answer).await;
    let before = Before::start(host.address).await;
    let exchange = before.send(method, "/api/orders", &[], "").await;
    assert_eq!((exchange.status, header(&exchange, "content-length").as_deref()), (status, length));
    assert_eq!(header(&exchange, "server"), None);
    assert!(before.told.lock().unwrap().is_empty());
}

#[rstest]
#[case::nothing("nothing", "")]
#[case::half_a_head("half_a_head", "HTTP/1.1 200 OK\r\nContent-")]
#[case::half_a_body("half_a_body", "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nhalf")]
#[case::another_protocol("another_protocol", "SSH-2.0-OpenSSH_9.2\r\n")]
#[case::tls("tls", "\x15\x03\x01\x00\x02\x02\x46")]
#[case::no_status("no_status", "HTTP/1.1 007 Bond\r\nContent-Length: 0\r\n\r\n")]
#[case::an_upgrade("an_upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
#[case::a_head_without_end("a_head_without_end", format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(70_000)))]
#[tokio::test]
async fn a_broken_answer_is_told(#[case] name: &str, #[case] answer: impl Into<String>) {
    let host = StandIn::answering(answer.into()).await;
    let before = Before::start(host.address).await;
    let exchange = before.get("/api/orders?code=secret", &[]).await;
    assert_eq!(exchange.status, 502);
    assert_told(name, &before, &exchange);
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let most = Upstream::BODY_BYTES;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", most + 1);
    let host = StandIn::answering([head.into_bytes(), vec![b'x'; most + 1]].concat()).await;
    let before = Before::start(host.address).await;
    let exchange = before.get("/api/orders", &[]).await;
    assert_eq!(exchange.status, 502);
    assert_told("longer_than_is_forwarded", &before, &exchange);
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_given_up() {
    let host = StandIn::silent().await;
    let before = Before::with(host.address, Duration::from_millis(50), |config| config).await;
    let exchange = before.get("/api/orders", &[]).await;
    assert_eq!(exchange.status, 504);
    assert_told("silent", &before, &exchange);
}

#[tokio::test]
async fn a_host_that_does_not_run_is_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let before = Before::start(free).await;
    let exchange = before.get("/api/orders", &[]).await;
    assert_eq!(exchange.status, 502);
    assert_told("down", &before, &exchange);
}

/// What the client gets, and below it what whoever runs the platform is told.
fn assert_told(name: &str, before: &Before, exchange: &Exchange) {
    let told = before.told.lock().unwrap().join("\n");
    insta::with_settings!({ filters => [(r"127\.0\.0\.1:\d+", "HOST")] }, {
        insta::assert_snapshot!(name, format!("{}\n{told}", String::from_utf8_lossy(&exchange.body)));
    });
}

#[tokio::test]
async fn a_body_goes_on_whole_or_not_at_all() {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    let body = "0123456789abcdef".repeat(200_000);
    let length = format!("Content-Length: {}", body.len());
    assert_eq!(before.send("POST", "/api/orders", &[&length], &body).await.status, 200);
    assert!(host.seen()[0].ends_with(&format!("content-length: 3200000\r\n\r\n{body}")));

    let length = format!("Content-Length: {}", Upstream::BODY_BYTES + 1);
    let refused = before.send("POST", "/api/orders", &[&length], "").await;
    assert_eq!((refused.status, &refused.body[..]), (413, &b"body too large\n"[..]));
    assert!(host.seen().is_empty());
}

#[rstest]
#[case::in_chunks(&["Transfer-Encoding: chunked"], "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", Some("3"), "abc")]
#[case::said_to_be_empty(&["Content-Length: 0"], "", Some("0"), "")]
#[case::none(&[], "", None, "")]
#[tokio::test]
async fn the_length_goes_on_with_the_body(
    #[case] lines: &[&str],
    #[case] body: &str,
    #[case] length: Option<&str>,
    #[case] expected: &str,
) {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    assert_eq!(before.send("POST", "/api/orders", lines, body).await.status, 200);
    let seen = host.seen().remove(0);
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert_eq!((head.lines().find_map(|line| line.strip_prefix("content-length: ")), body), (length, expected));
    assert!(!head.contains("transfer-encoding"), "{head}");
}

#[tokio::test]
async fn a_web_socket_is_refused_once_its_client_is_known() {
    let host = StandIn::answering(FINE).await;
    let before = Before::start(host.address).await;
    let lines = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    let stranger = before.raw.send("GET", "/api/orders", &[&[HOST], &lines[..]].concat(), "").await;
    assert_eq!(stranger.status, 401);
    let exchange = before.get("/api/orders", &lines).await;
    insta::assert_snapshot!(format!("{} {}", exchange.status, String::from_utf8_lossy(&exchange.body)), @"400 tunnels and WebSocket connections are not forwarded to the upstream; connect to it without Easy Auth");
    assert!(host.seen().is_empty());
}

#[tokio::test]
async fn where_authentication_is_off_everything_goes_on_as_on_the_platform() {
    let host = StandIn::answering(FINE).await;
    let before = Before::with(host.address, Upstream::PATIENCE, |mut config| {
        config.settings.enabled = false;
        config
    })
    .await;
    let lines = [HOST, "X-MS-CLIENT-PRINCIPAL-ID: anybody"];
    assert_eq!(before.raw.send("GET", "/api/orders", &lines, "").await.status, 200);
    assert!(host.seen()[0].contains("x-ms-client-principal-id: anybody\r\n"));
}

#[rstest]
#[case::no_scheme("localhost:7071")]
#[case::other_scheme("ftp://localhost")]
#[case::password("http://me:secret@localhost:7071")]
#[case::path("http://localhost:7071/api")]
#[case::query("http://localhost:7071/?code=secret")]
#[case::port("http://localhost:70710")]
fn a_url_that_says_too_little_or_too_much_is_refused(#[case] url: &str) {
    let error = Upstream::new(url, Upstream::PATIENCE, |_| {}).err().unwrap().to_string();
    assert!(error.starts_with("URL `") && !error.contains("secret"), "{error}");
    insta::assert_snapshot!(format!("url_{}", url.replace(|c: char| !c.is_ascii_alphanumeric(), "_")), error);
}
