//! What goes out and what is read back, to the byte; and when a connection is used again.

use proptest::prelude::*;
use rstest::rstest;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::{Act, StandIn, get, patient, say, sender};
use crate::chunked::Chunked;
use crate::{Origin, RequestBytes, SenderConfig};

#[tokio::test]
async fn a_request_goes_out_byte_for_byte() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::new(false, "127.0.0.1", listener.local_addr().unwrap().port());
    let request = RequestBytes {
        method: b"GeT".to_vec(),
        target: b"//a/%2e%2e/\xff \t\\b".to_vec(),
        headers: vec![
            (b"X-MS-CLIENT-PRINCIPAL".to_vec(), b"a\x00\x7f".to_vec()),
            (b"Authorization ".to_vec(), b"one".to_vec()),
            (b"Authorization".to_vec(), b"two\r\n folded".to_vec()),
        ],
        body: b"behind".to_vec(),
        version: Some(b"HTTP/1.5".to_vec()),
        lines: vec![b"no colon".to_vec(), b"\xff:\x00".to_vec()],
    };
    let expected = b"GeT //a/%2e%2e/\xff \t\\b HTTP/1.5\r\nX-MS-CLIENT-PRINCIPAL: a\x00\x7f\r\nAuthorization : one\r\nAuthorization: two\r\n folded\r\nno colon\r\n\xff:\x00\r\n\r\nbehind";
    let seen = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = vec![0; expected.len()];
        stream.read_exact(&mut seen).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 \r\n\r\n").await.unwrap();
        seen
    });
    let exchange = sender(patient()).send(&origin, &request).await.unwrap();
    assert_eq!(seen.await.unwrap(), expected);
    assert_eq!(exchange.sent, expected);
    assert_eq!((exchange.status, exchange.reason.as_str()), (400, ""));
}

#[rstest]
#[case::length("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false)]
#[case::length_twice("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false)]
#[case::more_than_announced("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world", 200, "hello", false)]
#[case::less_than_announced("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 200, "hello", true)]
#[case::until_close("HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", false)]
#[case::http_10("HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello", false)]
#[case::lengths_differ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 200, "hello", false)]
#[case::odd_length("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", 200, "hello", false)]
#[case::chunked(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: t\r\n\r\n",
    200,
    "hello",
    false
)]
#[case::chunked_wins(
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    200,
    "hello",
    false
)]
#[case::other_coding("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello", 200, "hello", false)]
#[case::chunk_size_is_garbage(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    200,
    "hello",
    true
)]
#[case::chunk_is_longer(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello, world\r\n",
    200,
    "hello",
    true
)]
#[case::chunk_size_overflows(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n11111111111111111\r\n",
    200,
    "hello",
    true
)]
#[case::chunks_break_off("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 200, "hello", true)]
#[case::no_content("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, "", false)]
#[case::not_modified("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", false)]
#[case::interim(
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
    401,
    "",
    false
)]
#[case::bare_line_feeds("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 200, "hello", false)]
#[tokio::test]
async fn an_answer_is_read_by_its_framing(
    #[case] answer: &'static str,
    #[case] status: u16,
    #[case] body: &str,
    #[case] truncated: bool,
) {
    // Whole, and byte by byte.
    for act in [say(answer), Act::Drip(answer.into())] {
        let stand_in = StandIn::start(vec![Act::ReadHead, act]).await;
        let exchange = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap();
        let seen = (exchange.status, String::from_utf8_lossy(&exchange.body).into_owned(), exchange.truncated);
        assert_eq!(seen, (status, body.to_owned(), truncated));
        assert!(answer.contains(str::from_utf8(&exchange.received_head).unwrap()));
        assert_eq!(exchange.connected_to, stand_in.address);
    }
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let acts = vec![Act::ReadHead, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Act::Again];
    let stand_in = StandIn::start(acts).await;
    let (sender, origin) = (sender(patient()), stand_in.origin());
    let request = RequestBytes { method: b"HEAD".to_vec(), ..get(&origin) };
    for _ in 0..2 {
        assert_eq!(sender.send(&origin, &request).await.unwrap().body, b"");
    }
    assert_eq!(stand_in.connections(), 1);
}

#[tokio::test]
async fn headers_keep_their_order_spelling_and_bytes() {
    let answer = b"HTTP/1.1 401 Who are you?\r\nWWW-Authenticate: Bearer realm=\"a\"\r\nx-A: \xff\r\nX-a:\r\nContent-Length: 0\r\n\r\n";
    let stand_in = StandIn::start(vec![Act::ReadHead, say(answer)]).await;
    let exchange = sender(patient()).send(&stand_in.origin(), &get(&stand_in.origin())).await.unwrap();
    let headers: Vec<_> = exchange.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    assert_eq!(
        headers,
        [
            ("WWW-Authenticate", b"Bearer realm=\"a\"".as_slice()),
            ("x-A", b"\xff".as_slice()),
            ("X-a", b"".as_slice()),
            ("Content-Length", b"0".as_slice())
        ]
    );
    assert_eq!(exchange.reason, "Who are you?");
    assert_eq!(exchange.received_head, answer);
}

const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[rstest]
#[case::kept(KEPT, "GET", &[], 1)]
#[case::http_10("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET", &[], 3)]
#[case::http_10_kept("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "GET", &[], 1)]
#[case::closed_by_answer("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok", "GET", &[], 3)]
#[case::closed_by_request(KEPT, "GET", &[("Connection", "close")], 3)]
#[case::bytes_behind("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", "GET", &[], 3)]
#[case::contradiction("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET", &[], 3)]
#[case::effect(KEPT, "DELETE", &[], 3)]
#[case::smuggled(KEPT, "GET", &[("Transfer-Encoding", "chunked")], 3)]
#[tokio::test]
async fn a_connection_is_used_again_where_that_is_sound(
    #[case] answer: &'static str,
    #[case] method: &str,
    #[case] headers: &[(&str, &str)],
    #[case] connections: usize,
) {
    let stand_in = StandIn::start(vec![Act::ReadHead, say(answer), Act::Again]).await;
    let (sender, origin) = (sender(patient()), stand_in.origin());
    let request = RequestBytes::ordinary(method, &origin, "/", headers.iter().copied(), Vec::new());
    for _ in 0..3 {
        let exchange = sender.send(&origin, &request).await.unwrap();
        assert_eq!((exchange.status, exchange.truncated), (200, false));
    }
    assert_eq!(stand_in.connections(), connections);
}

#[rstest]
#[case::a_line_of_its_own(RequestBytes { lines: vec![b"X-Any: thing".to_vec()], ..RequestBytes::default() }, 3)]
#[case::another_version(RequestBytes { version: Some(b"HTTP/1.0".to_vec()), ..RequestBytes::default() }, 3)]
#[tokio::test]
async fn a_connection_is_left_after_what_readers_may_see_differently(
    #[case] odd: RequestBytes,
    #[case] connections: usize,
) {
    let stand_in = StandIn::start(vec![Act::ReadHead, say(KEPT), Act::Again]).await;
    let (sender, origin) = (sender(patient()), stand_in.origin());
    let request = RequestBytes { lines: odd.lines, version: odd.version, ..get(&origin) };
    for _ in 0..3 {
        assert_eq!(sender.send(&origin, &request).await.unwrap().status, 200);
    }
    assert_eq!(stand_in.connections(), connections);
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_is_replaced() {
    // Each connection answers once and is then reset or closed although it was to be kept.
    for end in [vec![Act::ReadHead, Act::Reset], vec![Act::ReadHead], vec![]] {
        let mut acts = vec![Act::ReadHead, say(KEPT)];
        acts.extend(end);
        let stand_in = StandIn::start(acts).await;
        let (sender, origin) = (sender(patient()), stand_in.origin());
        for number in 1..=3 {
            assert_eq!(sender.send(&origin, &get(&origin)).await.unwrap().status, 200);
            assert_eq!(stand_in.connections(), number);
        }
    }
}

#[tokio::test]
async fn an_early_answer_counts_although_the_request_was_not_read() {
    // More than the buffers of both sockets hold, so that the write cannot end.
    let body = vec![b'x'; 32 * 1024 * 1024];
    let stand_in =
        StandIn::start(vec![Act::ReadHead, say("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"), Act::Hang]).await;
    let origin = stand_in.origin();
    let request = RequestBytes::ordinary("POST", &origin, "/", [("x", "y")], body);
    let exchange = sender(patient()).send(&origin, &request).await.unwrap();
    assert_eq!(exchange.status, 413);
}

#[tokio::test]
async fn a_host_is_found_by_the_address_map() {
    let stand_in = StandIn::start(vec![Act::ReadHead, say(KEPT)]).await;
    let addresses = vec![("Login.example".to_owned(), stand_in.address)];
    let sender = sender(SenderConfig { addresses, ..patient() });
    let origin = Origin::new(false, "login.example", 80);
    assert_eq!(sender.send(&origin, &get(&origin)).await.unwrap().connected_to, stand_in.address);
    // A port of one's own goes before the map's.
    let origin = Origin::new(false, "login.example", stand_in.address.port());
    assert_eq!(sender.send(&origin, &get(&origin)).await.unwrap().connected_to, stand_in.address);
}

proptest! {
    #[test]
    fn chunks_are_decoded_however_they_arrive(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
        cuts in prop::collection::vec(0_usize..400, 0..8),
    ) {
        let mut coded = Vec::new();
        for chunk in &chunks {
            coded.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
            coded.extend_from_slice(chunk);
            coded.extend_from_slice(b"\r\n");
        }
        coded.extend_from_slice(b"0\r\n\r\n");
        let whole = coded.len();
        coded.extend_from_slice(b"next");
        let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut < whole).collect();
        cuts.sort_unstable();
        cuts.push(coded.len());

        let (mut decoder, mut body, mut at) = (Chunked::default(), Vec::new(), 0);
        let mut used = 0;
        for cut in cuts {
            used += decoder.decode(&coded[at..cut], &mut body).unwrap();
            at = cut;
        }
        prop_assert!(decoder.is_done());
        prop_assert_eq!(used, whole);
        prop_assert_eq!(body, chunks.concat());
    }

    #[test]
    fn no_bytes_break_the_decoder(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (mut decoder, mut body) = (Chunked::default(), Vec::new());
        let _ = decoder.decode(&bytes, &mut body);
        prop_assert!(body.len() <= bytes.len());
    }
}
