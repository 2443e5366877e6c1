//! The client for our own errands.

use std::time::Duration;

use rstest::rstest;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Act, Pki, StandIn, say};
use crate::{Client, Trust, WireError};

fn client(patience: Duration) -> Client {
    Client::new(&Trust::Only(Vec::new()), &[], patience).unwrap()
}

const PATIENT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn errands_are_run_and_error_statuses_are_answers() {
    let server = MockServer::start().await;
    let answer = |status| ResponseTemplate::new(status).insert_header("x-a", "b").set_body_string("done");
    Mock::given(method("GET")).and(path("/keys")).and(header("x", "y")).respond_with(answer(200)).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/token"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(header("authorization", "Basic eDp5"))
        .and(body_string("scope=api%3A%2F%2Fa%2F.default&secret=%2B+%26"))
        .respond_with(answer(400))
        .mount(&server)
        .await;
    Mock::given(method("POST")).and(body_string(r#"{"a":1}"#)).respond_with(answer(201)).mount(&server).await;

    let client = client(PATIENT);
    let keys = client.get(&format!("{}/keys", server.uri()), &[("x", "y")]).await.unwrap();
    assert_eq!(
        (keys.status, &keys.headers["x-a"], keys.body.as_ref()),
        (200, &"b".parse().unwrap(), b"done".as_slice())
    );
    let pairs = [("scope", "api://a/.default"), ("secret", "+ &")];
    let url = format!("{}/token", server.uri());
    let token = client.post_form(&url, &pairs, &[("Authorization", "Basic eDp5")]).await.unwrap();
    assert_eq!(token.status, 400);
    let json = client.post_json(&server.uri(), &serde_json::json!({"a": 1}), &[]).await.unwrap();
    assert_eq!(json.status, 201);
    let headers = [("x", "y"), ("content-type", "application/json")];
    let sent = client.send("POST", &server.uri(), &headers, r#"{"a":1}"#.into()).await.unwrap();
    assert_eq!(sent.status, 201);
    let error = client.send("NO METHOD", &server.uri(), &[], "".into()).await.unwrap_err();
    assert_eq!(error.to_string(), "the HTTP client: \"NO METHOD\" is not a method");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", "/elsewhere"))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(client(PATIENT).get(&server.uri(), &[]).await.unwrap().status, 302);
}

#[tokio::test]
async fn a_host_is_found_by_the_address_map_over_tls() {
    let pki = Pki::new();
    let answer = say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let stand_in = StandIn::tls(vec![Act::ReadHead, answer], pki.acceptor("login.example", 2100)).await;
    let addresses = [("Login.example".to_owned(), stand_in.address)];
    let client = Client::new(&Trust::Only(vec![pki.pem]), &addresses, PATIENT).unwrap();
    assert_eq!(client.get("https://login.example/keys", &[]).await.unwrap().body.as_ref(), b"ok");
    let url = format!("https://login.example:{}/keys", stand_in.address.port());
    assert_eq!(client.get(&url, &[]).await.unwrap().status, 200);
}

#[rstest]
#[case::hang(vec![Act::Hang], "timed out after 0.1 s")]
#[case::slow_body(vec![Act::ReadHead, say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), Act::Hang], "timed out after 0.1 s")]
#[case::closed(vec![Act::ReadHead], "closed without an answer")]
#[case::reset(vec![Act::ReadHead, Act::Reset], "closed without an answer")]
#[case::garbage(vec![Act::ReadHead, say("SSH-2.0\r\n\r\n")], "invalid HTTP version parsed")]
#[tokio::test]
async fn trouble_is_named(#[case] acts: Vec<Act>, #[case] part: &str) {
    let stand_in = StandIn::start(acts).await;
    let url = format!("http://{}/?code=secret", stand_in.address);
    let message = client(Duration::from_millis(100)).get(&url, &[]).await.unwrap_err().to_string();
    assert!(message.starts_with(&format!("http://{}: ", stand_in.address)) && message.contains(part), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[tokio::test]
async fn an_endless_answer_is_refused() {
    let stand_in =
        StandIn::start(vec![Act::ReadHead, say("HTTP/1.1 200 OK\r\n\r\n"), Act::Repeat(vec![b'x'; 65536])]).await;
    let error = client(PATIENT).get(&format!("http://{}", stand_in.address), &[]).await.unwrap_err();
    assert!(matches!(error, WireError::TooLong { part: "body", .. }), "{error}");
}

#[tokio::test]
async fn nobody_and_nowhere_are_told_apart() {
    let client = client(PATIENT);
    let error = client.get("http://no-such-host.invalid/", &[]).await.unwrap_err();
    assert!(matches!(error, WireError::Resolve { .. }), "{error}");
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = client.get(&format!("http://127.0.0.1:{port}/"), &[]).await.unwrap_err();
    assert!(matches!(error, WireError::Refused { .. }), "{error}");
    let error = client.get("localhost/", &[]).await.unwrap_err();
    assert!(matches!(error, WireError::Url { .. }), "{error}");
}
