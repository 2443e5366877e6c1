//! What no well-behaved client sends, byte for byte over TLS to a running app: it always answers, and never with a function that
//! was not asked for.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serve::Authority;
use wire::{Exchange, Origin, RequestBytes, Sender, SenderConfig, Trust};

use super::lab::{Memory, NOW, settings, token};
use crate::{AppConfig, Call, Chain, Flow, FunctionApp, MARKER, StageId};

pub(super) const HOST: &str = "Host: func.example.net";

/// A running app and a way to send it bytes.
pub(super) struct Raw {
    app: FunctionApp,
    sender: Sender,
}

impl Raw {
    async fn start() -> Self {
        Self::with(Chain::standard()).await
    }

    async fn with(chain: Chain) -> Self {
        Self::of(|config| AppConfig { chain, ..config }).await
    }

    pub(super) async fn of(configure: impl FnOnce(AppConfig) -> AppConfig) -> Self {
        let ca = Authority::generate((serve::system_clock())()).unwrap();
        let mut config = configure(AppConfig::new(settings(), Memory::new()));
        config.server.tls = Some(ca.tls(&["localhost".to_owned()]).unwrap());
        config.server.clock = Arc::new(|| NOW);
        let app = FunctionApp::start(config).await.unwrap();
        // Shorter than the time that the server waits for a body.
        let patience = Duration::from_secs(10);
        let trust = Trust::Only(vec![ca.pem().to_owned()]);
        let sender = SenderConfig { trust, first_byte: patience, answer: patience, ..SenderConfig::default() };
        Self { app, sender: Sender::new(sender).unwrap() }
    }

    pub(super) async fn send(&self, method: &str, target: &str, lines: &[&str], body: &str) -> Exchange {
        let split = |line: &&str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.into(), value.into())
        };
        let request = RequestBytes {
            method: method.into(),
            target: target.into(),
            headers: lines.iter().map(split).collect(),
            body: body.into(),
            ..RequestBytes::default()
        };
        self.exchange(&request).await
    }

    async fn exchange(&self, request: &RequestBytes) -> Exchange {
        let origin = Origin::new(true, "localhost", self.app.address().port());
        self.sender.send(&origin, request).await.unwrap()
    }

    /// The status, and which function answered: `200 health`.
    async fn told(&self, method: &str, target: &str, lines: &[&str], body: &str) -> String {
        let exchange = self.send(method, target, lines, body).await;
        let marker = header(&exchange, MARKER).map(|marker| format!(" {marker}")).unwrap_or_default();
        format!("{}{marker}", exchange.status)
    }
}

pub(super) fn header(exchange: &Exchange, name: &str) -> Option<String> {
    let (_, value) = exchange.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[tokio::test]
async fn methods() {
    let raw = Raw::start().await;
    let bearer = format!("Authorization: Bearer {}", token(&[]));
    for method in ["GET", "POST"] {
        assert_eq!(raw.told(method, "/api/orders", &[HOST], "").await, "401");
        assert_eq!(raw.told(method, "/api/orders", &[HOST, &bearer], "").await, "200 orders");
    }
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "TRACK", "PROPFIND", "CONNECT", "get", "FOO"] {
        assert_eq!(raw.told(method, "/api/orders", &[HOST], "").await, "401", "{method}");
        assert_eq!(raw.told(method, "/api/orders", &[HOST, &bearer], "").await, "404", "{method}");
    }
    for method in ["G ET", "G:T", "GÉT", ""] {
        assert_eq!(raw.told(method, "/api/orders", &[HOST, &bearer], "").await, "400", "{method}");
    }
    assert_eq!(raw.told("HEAD", "/api/health", &[HOST], "").await, "200 health");
    assert_eq!(raw.told("POST", "/api/health", &[HOST], "").await, "404");
}

#[rstest]
#[case::asterisk("*", "401", "404")]
#[case::authority("localhost:443", "401", "404")]
#[case::absolute("https://localhost/api/orders", "401", "200 orders")]
#[case::absolute_elsewhere("https://evil.example/api/orders", "401", "200 orders")]
#[case::absolute_with_user("https://u:p@localhost/api/orders", "401", "200 orders")]
#[case::absolute_without_path("https://localhost", "401", "404")]
#[case::relative("api/orders", "400", "400")]
#[case::fragment("/api/orders#/api/health", "401", "200 orders")]
#[case::question_marks("/api/orders?/api/health?", "401", "200 orders")]
#[case::blank("/api/orders /api/health", "400", "400")]
#[case::nul("/api/orders\0", "400", "400")]
#[case::escaped_nul("/api/health%00/../orders", "400", "400")]
#[case::utf8("/api/örders", "401", "404")]
#[case::overlong("/api/%c0%af../orders", "401", "404")]
#[case::slashes("//api//orders", "401", "404")]
#[case::dots("/x/.././api/orders", "401", "200 orders")]
#[case::excluded("/api/health", "200 health", "200 health")]
#[case::excluded_in_capitals("/API/HEALTH", "200 health", "200 health")]
#[case::excluded_with_slash("/api/health/", "401", "200 health")]
#[case::out_of_the_excluded("/api/health/../orders", "401", "200 orders")]
#[case::out_by_matrix("/api/health;/../orders", "401", "200 orders")]
#[case::out_by_escapes("/api/health%2f..%2forders", "401", "404")]
#[case::out_by_backslash("/api/health\\..\\orders", "401", "404")]
#[case::out_by_escaped_question_mark("/api/health%3f/../orders", "401", "200 orders")]
#[case::keyed("/api/reports", "401", "401")]
#[case::admin("/admin/host/status", "401", "401")]
#[case::admin_by_slashes("//ADMIN/host/status", "401", "404")]
#[case::webhook("/runtime/webhooks/eventgrid", "401", "401")]
#[case::session("/.auth/me", "401", "401")]
#[case::session_in_capitals("/.AUTH/me", "401", "401")]
#[case::out_of_the_endpoints("/.auth/../api/orders", "401", "200 orders")]
#[case::root("/", "401", "404")]
#[tokio::test]
async fn targets(#[case] target: &str, #[case] without_token: &str, #[case] with_token: &str) {
    let raw = Raw::start().await;
    let bearer = format!("Authorization: Bearer {}", token(&[]));
    assert_eq!(raw.told("GET", target, &[HOST], "").await, without_token);
    assert_eq!(raw.told("GET", target, &[HOST, &bearer], "").await, with_token);
    for method in ["OPTIONS", "CONNECT"] {
        assert!(!raw.told(method, target, &[HOST], "").await.contains(' '), "{method}");
    }
}

#[tokio::test]
async fn lines_that_are_no_headers_are_refused() {
    let raw = Raw::start().await;
    let bearer = format!("Authorization: Bearer {}", token(&[]));
    for lines in [
        ["X-MS-CLIENT-PRINCIPAL-ID: x\r\n folded", HOST],
        ["X-A : blank before the colon", HOST],
        ["X A: blank in the name", HOST],
        ["X-A: a\0b", HOST],
        ["X-A: a\u{1}b", HOST],
        ["X-A: a\rX-B: b", HOST],
        [HOST, HOST],
        ["X-A: no host", "X-B: at all"],
        ["Host: ", "X-A: a"],
        ["Host: a b", "X-A: a"],
        ["Host: user@func.example.net", "X-A: a"],
        ["Host: é", "X-A: a"],
    ] {
        assert_eq!(raw.told("GET", "/api/orders", &[lines[0], lines[1], &bearer], "").await, "400", "{lines:?}");
    }
}

#[tokio::test]
async fn only_http_1_is_spoken() {
    let raw = Raw::start().await;
    for (version, expected) in
        [("HTTP/1.0", 401), ("", 400), ("HTTP/0.9", 400), ("HTTP/1.2", 400), ("HTTP/2.0", 400), ("http/1.1", 400)]
    {
        let request = RequestBytes {
            method: "GET".into(),
            target: "/api/orders".into(),
            version: Some(version.into()),
            lines: vec![HOST.into()],
            ..RequestBytes::default()
        };
        assert_eq!(raw.exchange(&request).await.status, expected, "{version}");
    }
}

#[tokio::test]
async fn hosts_and_forwarding_headers_change_nothing() {
    let raw = Raw::start().await;
    for lines in [
        ["Host: evil.example", "X-A: a"],
        ["Host: LOCALHOST:1", "X-A: a"],
        [HOST, "X-Original-URL: /api/health"],
        [HOST, "X-Rewrite-URL: /api/health"],
        [HOST, "X-Forwarded-Proto: http"],
        [HOST, "X-Forwarded-Host: evil.example"],
        [HOST, "X-HTTP-Method-Override: OPTIONS"],
        [HOST, "Connection: Authorization"],
        [HOST, "Content-Type: application/grpc"],
        [HOST, "Origin: https://evil.example"],
        [HOST, "Upgrade: websocket"],
    ] {
        let exchange = raw.send("GET", "/api/orders", &lines, "").await;
        assert_eq!((exchange.status, header(&exchange, MARKER)), (401, None), "{lines:?}");
        assert!(!String::from_utf8_lossy(&exchange.received_head).contains("evil.example/"), "{lines:?}");
        assert_eq!(header(&exchange, "access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn oversize_is_refused() {
    let raw = Raw::start().await;
    let pad = format!("X-Pad: {}", "a".repeat(1024));
    let many: Vec<&str> = [HOST].into_iter().chain(std::iter::repeat_n(pad.as_str(), 200)).collect();
    assert_eq!(raw.told("GET", "/api/orders", &many, "").await, "431");
    let cookie = format!("Cookie: a={}", "a".repeat(64 * 1024));
    assert_eq!(raw.told("GET", "/api/orders", &[HOST, &cookie], "").await, "431");
    for (length, expected) in [(7900, "401"), (16_384, "401"), (32_768, "401"), (65_536, "431"), (1_048_576, "431")] {
        let bearer = format!("Authorization: Bearer {}", "a".repeat(length));
        assert_eq!(raw.told("GET", "/api/orders", &[HOST, &bearer], "").await, expected, "{length}");
    }
}

// Framings that two readers see differently. What is answered is one request, and then the connection is closed.
#[rstest]
#[case::both(&["Content-Length: 4", "Transfer-Encoding: chunked"], "0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: a\r\n\r\n", 401)]
#[case::both_reversed(&["Transfer-Encoding: chunked", "Content-Length: 4"], "0\r\n\r\nGET /api/health HTTP/1.1\r\nHost: a\r\n\r\n", 401)]
#[case::two_lengths(&["Content-Length: 4", "Content-Length: 5"], "abcde", 400)]
#[case::list_of_lengths(&["Content-Length: 4, 4"], "abcd", 400)]
#[case::signed_length(&["Content-Length: +4"], "abcd", 400)]
#[case::negative_length(&["Content-Length: -1"], "", 400)]
#[case::length_beyond_64_bits(&["Content-Length: 99999999999999999999"], "", 400)]
#[case::unknown_coding(&["Transfer-Encoding: xchunked"], "0\r\n\r\n", 400)]
#[case::chunked_is_not_last(&["Transfer-Encoding: chunked, identity"], "0\r\n\r\n", 400)]
#[tokio::test]
async fn conflicting_framing(#[case] lines: &[&str], #[case] body: &str, #[case] expected: u16) {
    let raw = Raw::start().await;
    let lines = [&[HOST], lines].concat();
    let exchange = raw.send("POST", "/api/orders", &lines, body).await;
    assert_eq!((exchange.status, header(&exchange, MARKER)), (expected, None));
    assert_eq!(header(&exchange, "connection").as_deref(), Some("close"));
}

// Whoever sends only part of a body, or waits to be invited, is answered all the same.
#[rstest]
#[case::invited(&["Expect: 100-continue", "Content-Length: 500000"], "")]
#[case::begun(&["Content-Length: 100"], "abc")]
#[case::too_long(&["Content-Length: 2000000"], "")]
#[case::begun_chunk(&["Transfer-Encoding: chunked"], "5\r\nhel")]
#[case::broken_chunk(&["Transfer-Encoding: chunked"], "zz\r\n")]
#[case::whole(&["Content-Length: 3"], "abc")]
#[tokio::test]
async fn no_body_is_waited_for(#[case] lines: &[&str], #[case] body: &str) {
    let raw = Raw::start().await;
    let bearer = format!("Authorization: Bearer {}", token(&[]));
    let lines = [&[HOST], lines].concat();
    for method in ["GET", "POST"] {
        assert_eq!(raw.told(method, "/api/orders", &lines, body).await, "401");
        assert_eq!(raw.told(method, "/api/orders", &[&lines[..], &[&bearer]].concat(), body).await, "200 orders");
    }
}

#[tokio::test]
async fn a_chain_may_ask_for_bodies() {
    let echo = |call: &mut Call| Flow::Break(serve::Response::new(call.request.body.clone()));
    let chain = || Chain::standard().replace(StageId::FrontEnd, Box::new(echo));
    for (chain, expected) in [(chain().reading_bodies(), "abc"), (chain(), "")] {
        let exchange = Raw::with(chain).await.send("POST", "/", &[HOST, "Content-Length: 3"], "abc").await;
        assert_eq!(exchange.body, expected.as_bytes());
    }
}
