//! Each kind of trouble is told apart, names the address, and says what to do.

use std::time::Duration;

use rstest::rstest;
use tokio::net::TcpListener;

use super::{Act, Pki, StandIn, config, get, patient, say, sender};
use crate::{Origin, Phase, SenderConfig, Trust, WireError};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_refused_connection_is_named() {
    let origin = Origin::new(false, "127.0.0.1", free_port().await);
    let error = sender(patient()).send(&origin, &get(&origin)).await.unwrap_err();
    assert!(matches!(error, WireError::Refused { .. }), "{error}");
    assert!(error.to_string().starts_with(&format!("{origin}: connection refused")), "{error}");
}

#[tokio::test]
async fn a_host_without_address_is_named() {
    let origin = Origin::new(true, "no-such-host.invalid", 443);
    let error = sender(patient()).send(&origin, &get(&origin)).await.unwrap_err();
    assert!(matches!(error, WireError::Resolve { .. }), "{error}");
    assert!(error.to_string().contains("https://no-such-host.invalid"), "{error}");
}

#[rstest]
#[case::closed(vec![Act::ReadHead], "closed without an answer")]
#[case::reset(vec![Act::ReadHead, Act::Reset], "closed without an answer (")]
#[case::half_a_head(vec![Act::ReadHead, say("HTTP/1.1 200")], "in the middle of the answer's head")]
#[tokio::test]
async fn a_connection_that_ends_early_is_named(#[case] acts: Vec<Act>, #[case] part: &str) {
    let stand_in = StandIn::start(acts).await;
    let error = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::Reset { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(part) && message.contains(&stand_in.address.to_string()), "{message}");
    assert_eq!(stand_in.connections(), 1, "a new connection is not tried again");
}

#[rstest]
#[case::banner("SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0", "right port")]
#[case::binary("\u{0}\u{1}", "\\x00\\x01", "right port")]
#[case::tls_alert("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}F", "\\x15\\x03", "use https://")]
#[case::http2("HTTP/2.0 200 OK\r\n\r\n", "HTTP/2.0", "right port")]
#[case::broken_line("HTTP/1.1 many\r\n\r\n", "HTTP/1.1 many", "right port")]
#[case::small_status("HTTP/1.1 020 OK\r\n\r\n", "HTTP/1.1 020", "right port")]
#[case::broken_header("HTTP/1.1 200 OK\r\na b: c\r\n\r\n", "HTTP/1.1 200", "right port")]
#[tokio::test]
async fn what_is_not_http_is_named(#[case] answer: &str, #[case] seen: &str, #[case] advice: &str) {
    // It stays open: nothing is waited for that cannot come.
    let stand_in = StandIn::start(vec![Act::ReadHead, say(answer), Act::Hang]).await;
    let error = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::NotHttp { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(seen) && message.contains(advice), "{message}");
}

#[tokio::test]
async fn tls_is_spoken_with_http11_and_used_again() {
    let pki = Pki::new();
    let stand_in = StandIn::tls(vec![Act::ReadHead, say(OK), Act::Again], pki.acceptor("localhost", 2100)).await;
    for trust in [Trust::Only(vec![pki.pem.clone()]), Trust::System(vec![pki.pem.clone()])] {
        let before = stand_in.connections();
        let sender = sender(SenderConfig { trust, ..patient() });
        let origin = Origin::new(true, "localhost", stand_in.address.port());
        for _ in 0..3 {
            let exchange = sender.send(&origin, &get(&origin)).await.unwrap();
            assert_eq!((exchange.status, exchange.body.as_slice()), (200, b"ok".as_slice()));
        }
        assert_eq!(stand_in.connections(), before + 1);
    }
}

#[tokio::test]
async fn a_tls_connection_that_ends_without_a_word_ends_the_body() {
    let pki = Pki::new();
    let acts = vec![Act::ReadHead, say("HTTP/1.1 200 OK\r\n\r\nok"), Act::ReadHead];
    let stand_in = StandIn::tls(acts, pki.acceptor("localhost", 2100)).await;
    let sender = sender(SenderConfig { trust: Trust::Only(vec![pki.pem.clone()]), ..config() });
    let origin = Origin::new(true, "localhost", stand_in.address.port());
    let exchange = sender.send(&origin, &get(&origin)).await.unwrap();
    assert_eq!((exchange.body.as_slice(), exchange.truncated), (b"ok".as_slice(), true), "it never ended");
}

#[rstest]
#[case::unknown_issuer(
    "localhost",
    2100,
    false,
    "https://localhost",
    "is not trusted: UnknownIssuer; name its CA: `--ca FILE`, or `ca` in a profile"
)]
#[case::expired("localhost", 2020, true, "https://localhost", "has expired; renew it")]
#[case::other_name("other.example", 2100, true, "https://localhost", "not for localhost but for other.example")]
#[case::address("localhost", 2100, true, "https://127.0.0.1", "not for 127.0.0.1 but for localhost")]
#[tokio::test]
async fn a_certificate_that_does_not_verify_is_explained(
    #[case] name: &str,
    #[case] until: i32,
    #[case] trusted: bool,
    #[case] url: &str,
    #[case] part: &str,
) {
    let pki = Pki::new();
    let stand_in = StandIn::tls(vec![Act::ReadHead, say(OK)], pki.acceptor(name, until)).await;
    let trust = Trust::Only(if trusted { vec![pki.pem] } else { vec![Pki::new().pem] });
    let url = format!("{url}:{}", stand_in.address.port());
    let (origin, _) = Origin::parse(&url).unwrap();
    let config = SenderConfig { trust: trust.clone(), ..patient() };
    let error = sender(config).send(&origin, &get(&origin)).await.unwrap_err();
    assert!(matches!(error, WireError::Tls { .. }), "{error}");
    let message = error.to_string();
    assert!(message.starts_with(&url) && message.contains(part), "{message}");

    // An errand meets the same words.
    let client = crate::Client::new(&trust, &[], Duration::from_secs(20)).unwrap();
    let message = client.get(&url, &[]).await.unwrap_err().to_string();
    assert!(message.starts_with(&url) && message.contains(part), "{message}");
}

#[rstest]
#[case::plain_http(vec![say("HTTP/1.1 400 Bad Request\r\n\r\n")], "plain http://")]
#[case::closed(vec![], "TLS handshake broke off")]
#[tokio::test]
async fn a_port_without_tls_is_explained(#[case] acts: Vec<Act>, #[case] part: &str) {
    let stand_in = StandIn::start(acts).await;
    let origin = Origin::new(true, "127.0.0.1", stand_in.address.port());
    let error = sender(patient()).send(&origin, &get(&origin)).await.unwrap_err();
    assert!(matches!(error, WireError::Tls { .. }) && error.to_string().contains(part), "{error}");
}

#[tokio::test]
async fn a_hung_handshake_times_out() {
    let stand_in = StandIn::start(vec![Act::Hang]).await;
    let origin = Origin::new(true, "127.0.0.1", stand_in.address.port());
    let error = sender(config()).send(&origin, &get(&origin)).await.unwrap_err();
    assert!(matches!(error, WireError::TimedOut { phase: Phase::Handshake, .. }), "{error}");
}

#[rstest]
#[case::empty("")]
#[case::not_pem("hello")]
#[case::broken("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")]
#[case::not_a_certificate("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")]
fn a_ca_that_cannot_be_read_is_refused(#[case] pem: &str) {
    let error =
        crate::Sender::new(SenderConfig { trust: Trust::Only(vec![pem.to_owned()]), ..config() }).err().unwrap();
    assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
}

#[rstest]
#[case::before("localhost", Some(4_102_444_800), 4_102_444_801)]
#[case::at_the_second("localhost", None, 4_102_444_800)]
#[case::later("localhost", None, 1_800_000_000)]
#[tokio::test]
async fn a_certificate_that_ends_before_a_day_is_known(
    #[case] name: &str,
    #[case] ends: Option<u64>,
    #[case] limit: u64,
) {
    let pki = Pki::new();
    // The first second of 2100.
    let stand_in = StandIn::tls(vec![Act::ReadHead, say(OK)], pki.acceptor(name, 2100)).await;
    let sender = sender(SenderConfig { trust: Trust::Only(vec![pki.pem]), ..patient() });
    let at = |https| Origin::new(https, name, stand_in.address.port());
    assert_eq!(sender.ends_before(&at(true), limit).await.unwrap(), ends);
    assert_eq!(sender.ends_before(&at(false), limit).await.unwrap(), None);
}
