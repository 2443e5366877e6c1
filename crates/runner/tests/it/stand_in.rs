//! Stand-ins for targets, over plain HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use wiremock::matchers::{any, header, path};
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

/// The answer of the function.
pub(crate) fn function() -> ResponseTemplate {
    ResponseTemplate::new(200).insert_header("x-function", "orders").set_body_string(r#"{"function":"orders"}"#)
}

/// A refusal as App Service Authentication writes it.
pub(crate) fn challenge() -> ResponseTemplate {
    ResponseTemplate::new(401).insert_header("www-authenticate", r#"Bearer realm="func.example.net""#)
}

/// Takes longer than any test waits.
pub(crate) fn hung() -> ResponseTemplate {
    function().set_delay(Duration::from_secs(60))
}

/// A target that answers everybody in one way.
pub(crate) async fn always(answer: impl Respond + 'static) -> MockServer {
    let target = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&target).await;
    target
}

/// A target that lets `Bearer good` in and challenges everybody else.
pub(crate) async fn protected() -> MockServer {
    let target = MockServer::start().await;
    Mock::given(header("authorization", "Bearer good")).respond_with(function()).mount(&target).await;
    Mock::given(any()).respond_with(challenge()).with_priority(9).mount(&target).await;
    target
}

/// Answers at one path in another way, before anything else is looked at.
pub(crate) async fn at(target: &MockServer, place: &str, answer: impl Respond + 'static) {
    Mock::given(path(place)).respond_with(answer).with_priority(1).mount(target).await;
}

/// A server that drops so many connections without a word and then refuses everybody.
pub(crate) fn drops(connections: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, connection) in listener.incoming().enumerate() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            if number >= connections {
                let _ = connection
                    .write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        }
    });
    address
}

/// An address where nothing listens: the port of a service that nobody has run for decades.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:1";
