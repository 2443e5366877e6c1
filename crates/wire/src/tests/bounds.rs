//! Servers that never come to an end.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::{Act, StandIn, config, get, patient, say, sender};
use crate::{Phase, SenderConfig, WireError};

#[rstest]
#[case::endless("HTTP/1.1 200 OK\r\n\r\n", b"x", "x")]
#[case::longer_than_allowed("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x", "x")]
#[case::endless_chunks("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nxx\r\n", "x")]
#[case::huge_chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", b"x", "x")]
#[tokio::test]
async fn a_body_too_long_is_cut(#[case] head: &'static str, #[case] more: &'static [u8], #[case] byte: &str) {
    let stand_in = StandIn::start(vec![Act::ReadHead, say(head), Act::Repeat(more.to_vec())]).await;
    let exchange = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap();
    assert!(exchange.truncated);
    assert_eq!(String::from_utf8(exchange.body).unwrap(), byte.repeat(1000));
}

#[rstest]
#[case::chunk_line("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x")]
#[case::trailers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n")]
#[tokio::test]
async fn endless_framing_is_cut(#[case] head: &'static str, #[case] more: &'static [u8]) {
    let stand_in = StandIn::start(vec![Act::ReadHead, say(head), Act::Repeat(more.to_vec())]).await;
    let exchange = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap();
    assert!(exchange.truncated);
    assert_eq!(exchange.body, b"");
}

#[rstest]
#[case::drip(Act::Drip(vec![b'x'; 500]))]
#[case::hang(say("x"))]
#[tokio::test]
async fn a_body_too_slow_is_cut(#[case] act: Act) {
    let head = say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    let stand_in = StandIn::start(vec![Act::ReadHead, head, act, Act::Hang]).await;
    let exchange = sender(config()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap();
    assert!(exchange.truncated && exchange.body.starts_with(b"x") && exchange.body.len() < 500);
    assert!((150.0..1000.0).contains(&exchange.milliseconds), "{}", exchange.milliseconds);
}

#[rstest]
#[case::silence(vec![Act::Hang], Phase::FirstByte)]
#[case::silence_after_reading(vec![Act::ReadHead, Act::Hang], Phase::FirstByte)]
#[case::half_a_head(vec![Act::ReadHead, say("HTTP/1.1 2"), Act::Hang], Phase::Answer)]
#[case::dripping_head(vec![Act::ReadHead, Act::Drip(b"HTTP/1.1 200 OK\r\nx: ".repeat(30))], Phase::Answer)]
#[case::interim_for_ever(vec![Act::ReadHead, Act::Drip(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(20))], Phase::Answer)]
#[tokio::test]
async fn an_answer_without_a_head_times_out(#[case] acts: Vec<Act>, #[case] expected: Phase) {
    let stand_in = StandIn::start(acts).await;
    let begun = Instant::now();
    let error = sender(config()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::TimedOut { phase, .. } if phase == expected), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(error.to_string().contains(&stand_in.address.to_string()), "{error}");
}

#[tokio::test]
async fn the_answer_s_bound_holds_where_the_first_byte_s_is_longer() {
    let stand_in = StandIn::start(vec![Act::Hang]).await;
    let sender = sender(SenderConfig { first_byte: Duration::from_secs(20), ..config() });
    let error = sender.send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::TimedOut { phase: Phase::Answer, .. }), "{error}");
}

#[tokio::test]
async fn endless_interim_answers_end() {
    let acts = vec![Act::ReadHead, Act::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())];
    let stand_in = StandIn::start(acts).await;
    let error = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::TooLong { part: "head", .. }), "{error}");
}

#[rstest]
#[case::one_line(b"x")]
#[case::many_lines(b"a: b\r\n")]
#[tokio::test]
async fn an_endless_head_is_refused(#[case] more: &'static [u8]) {
    let acts = vec![Act::ReadHead, say("HTTP/1.1 200 OK\r\n"), Act::Repeat(more.to_vec())];
    let stand_in = StandIn::start(acts).await;
    let error = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::TooLong { part: "head", limit: 4096, .. }), "{error}");
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let lines = "a: b\r\n".repeat(300);
    let stand_in = StandIn::start(vec![Act::ReadHead, say(format!("HTTP/1.1 200 OK\r\n{lines}\r\n"))]).await;
    let error = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap_err();
    assert!(matches!(error, WireError::TooLong { .. }), "{error}");
}
