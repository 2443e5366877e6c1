//! Trouble on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rstest::rstest;
use tokio::net::TcpStream;

use super::{NOW, config, echo, get, now, start};
use crate::{Authority, Fault, Faults, Limits, Request, Response, Rule, Server, ServerConfig, Service};

#[tokio::test]
async fn faults_are_played_as_often_as_asked_and_leave_the_control_api_alone() {
    let config = config();
    let faults = Arc::clone(&config.faults);
    let server = start(config).await;
    let rules: Vec<Rule> = serde_json::from_str(
        r#"[{"path": "/once", "times": 1, "fault": {"kind": "status", "status": 429, "headers": [["Retry-After", "7"]], "body": "later"}},
            {"path": "/cut/*", "fault": {"kind": "truncate", "bytes": 3}},
            {"path": "/delay", "fault": {"kind": "delay", "milliseconds": 1}},
            {"path": "*", "fault": {"kind": "reset"}}]"#,
    )
    .unwrap();
    faults.set(rules.clone()).unwrap();
    assert_eq!(faults.list(), rules);

    let answer = get(server.address(), "/once").await;
    assert!(
        answer.starts_with("HTTP/1.1 429") && answer.contains("retry-after: 7") && answer.ends_with("later"),
        "{answer}"
    );
    assert_eq!(faults.list().len(), 3);
    assert_eq!(get(server.address(), "/once").await, "", "played once, then the reset for all");

    let answer = get(server.address(), "/cut/a").await;
    assert!(answer.contains("content-length: ") && answer.ends_with("\r\n\r\nGET"), "{answer}");
    assert!(get(server.address(), "/delay").await.starts_with("HTTP/1.1 200"));
    assert!(get(server.address(), "/_greenlight/faults").await.starts_with("HTTP/1.1 200"));
    faults.clear();
    assert!(get(server.address(), "/other").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_reset_is_a_real_one() {
    let config = config();
    config.faults.set(vec![Rule { path: "*".into(), times: None, fault: Fault::Reset }]).unwrap();
    let journal = Arc::clone(&config.journal);
    let tls = Authority::generate(now()).unwrap();
    for tls in [None, Some(tls.tls(&["localhost".into()]).unwrap())] {
        let server = start(ServerConfig { tls, ..config.clone() }).await;
        let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).no_proxy().build().unwrap();
        let error = client.get(server.url()).send().await.unwrap_err();
        assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    }
    assert_eq!(journal.since(0)[0].note, Some("fault: reset"));
    assert_eq!(journal.since(0)[0].status, None);
}

#[tokio::test]
async fn a_hung_answer_ends_with_the_server() {
    let limits = Limits { stop_time: Duration::from_millis(50), ..Limits::default() };
    let config = ServerConfig { limits, ..config() };
    config.faults.set(vec![Rule { path: "/hang".into(), times: None, fault: Fault::Hang }]).unwrap();
    let journal = Arc::clone(&config.journal);
    let server = start(config).await;
    let address = server.address();
    let hung = tokio::spawn(async move { get(address, "/hang").await });
    while journal.since(0).is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(journal.since(0)[0].note, Some("fault: hang"));
    server.stop().await;
    assert_eq!(hung.await.unwrap(), "");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_answer_is_padded_dripped_and_dressed_on_demand() {
    let config = config();
    let faults = Arc::clone(&config.faults);
    let server = start(config).await;
    let rules: Vec<Rule> = serde_json::from_str(
        r#"[{"path": "/pad", "fault": {"kind": "pad", "bytes": 3000000}},
            {"path": "/drip", "fault": {"kind": "drip", "milliseconds": 1, "bytes": 20}},
            {"path": "/short", "fault": {"kind": "drip", "milliseconds": 1, "bytes": 100000}},
            {"path": "/dress", "fault": {"kind": "headers", "headers": [["Content-Type", "text/html"], ["x", "1"], ["x", "2"]]}},
            {"path": "/bytes", "fault": {"kind": "status", "status": 200, "body-base64": "/wD+"}}]"#,
    )
    .unwrap();
    faults.set(rules.clone()).unwrap();
    let told = serde_json::to_string(&faults.list()).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Rule>>(&told).unwrap(), rules);

    let (head, body) = split(&get(server.address(), "/pad").await);
    let genuine = body.trim_end_matches(' ');
    assert!(genuine.starts_with("GET /pad") && body.len() == genuine.len() + 3_000_000);
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    let begun = Instant::now();
    let (_, body) = split(&get(server.address(), "/drip").await);
    assert!(body.starts_with("GET /drip") && body.ends_with(&format!("at={NOW}")), "{body}");
    assert!(begun.elapsed() >= Duration::from_millis(20), "twenty pauses of one");
    assert!(get(server.address(), "/short").await.ends_with(&format!("at={NOW}")));
    let (head, body) = split(&get(server.address(), "/dress").await);
    assert!(body.starts_with("GET /dress"));
    assert!(head.contains("text/html") && !head.contains("text/plain") && head.contains("x: 1\r\nx: 2"), "{head}");
    let answer = reqwest::get(format!("{}/bytes", server.url())).await.unwrap().bytes().await.unwrap();
    assert_eq!(answer, b"\xff\x00\xfe".as_slice());
}

fn split(answer: &str) -> (String, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn the_first_rule_of_many_is_found_and_a_group_stands_alone() {
    let rule = |path: &str, status| Rule {
        path: path.into(),
        times: None,
        fault: Fault::Status { status, headers: Vec::new(), body: String::new(), body_base64: None },
    };
    let faults = Faults::default();
    let found = |path: &str| match faults.hit(path).as_deref() {
        None => 0,
        Some(Fault::Status { status, .. }) => *status,
        Some(other) => panic!("{other:?}"),
    };
    faults.set(vec![rule("/a/b", 501), rule("/a/*", 502), rule("/a/c", 503), rule("/a/b*", 504)]).unwrap();
    assert_eq!(["/a/b", "/a/bb", "/a/c", "/a", "/x"].map(found), [501, 502, 502, 0, 0]);
    for tenant in 0..100 {
        let rules = vec![rule(&format!("/t{tenant}/*"), 600 + tenant), rule(&format!("/t{tenant}-keys"), 700 + tenant)];
        faults.set_group(&tenant.to_string(), rules).unwrap();
    }
    assert_eq!(["/t7/x", "/t7-keys", "/t77/x", "/a/b", "/t7"].map(found), [607, 707, 677, 501, 0]);
    faults.set_group("7", vec![rule("/t7/*", 999)]).unwrap();
    assert_eq!(["/t7/x", "/t7-keys", "/t8/x"].map(found), [999, 0, 608]);
    faults.set_group("7", vec![Rule { times: Some(2), ..rule("/t7/*", 999) }]).unwrap();
    assert_eq!(["/t7/x", "/t7/x", "/t7/x"].map(found), [999, 999, 0]);
    assert_eq!((faults.list_group("8").len(), faults.list_group("7").len()), (2, 0));
    faults.clear_group("8");
    assert_eq!(["/t8/x", "/t9/x"].map(found), [0, 609]);
    assert!(faults.set_group("9", vec![rule("wrong", 500)]).is_err());
    assert_eq!(found("/t9/x"), 609, "what is wrong changes nothing");
    faults.set(vec![rule("*", 500), rule("/_greenlight/x*", 501)]).unwrap();
    assert_eq!(["/t9/x", "/_greenlight/y", "/_greenlight/xy", "/_greenlight/x"].map(found), [500, 0, 501, 501]);
}

/// A service is told of every request, before a fault can keep it away.
#[tokio::test]
async fn what_a_fault_keeps_away_has_arrived_all_the_same() {
    struct Counting(AtomicUsize);
    impl Service for Counting {
        async fn call(&self, request: Request) -> Response {
            echo(request).await
        }
        fn arrived(&self, _: &Request) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let config = config();
    config.faults.set(vec![Rule { path: "/reset".into(), times: None, fault: Fault::Reset }]).unwrap();
    let service = Arc::new(Counting(0.into()));
    let server = Server::start(config, Arc::clone(&service)).await.unwrap();
    for path in ["/", "/reset"] {
        get(server.address(), path).await;
    }
    assert_eq!(service.0.load(Ordering::Relaxed), 2);
}

#[rstest]
#[case::framing(
    r#"{"path": "/", "fault": {"kind": "headers", "headers": [["Content-Length", "1"]]}}"#,
    "follows from the body"
)]
#[case::two_bodies(
    r#"{"path": "/", "fault": {"kind": "status", "status": 200, "body": "a", "body-base64": "YQ=="}}"#,
    "exclude each other"
)]
#[case::endless(r#"{"path": "/", "fault": {"kind": "drip", "milliseconds": 1000, "bytes": 601}}"#, "longer than")]
#[case::huge(r#"{"path": "/", "fault": {"kind": "pad", "bytes": 1073741825}}"#, "more than")]
#[case::relative(r#"{"path": "token", "fault": {"kind": "hang"}}"#, "starts with `/`")]
#[case::never(r#"{"path": "/", "times": 0, "fault": {"kind": "hang"}}"#, "times is 0")]
#[case::interim(r#"{"path": "/", "fault": {"kind": "status", "status": 100}}"#, "200 to 999")]
#[case::no_status(r#"{"path": "/", "fault": {"kind": "status", "status": 1000}}"#, "200 to 999")]
#[case::name(
    r#"{"path": "/", "fault": {"kind": "status", "status": 200, "headers": [["a b", ""]]}}"#,
    "not a header name"
)]
#[case::value(
    r#"{"path": "/", "fault": {"kind": "status", "status": 200, "headers": [["a", "\n"]]}}"#,
    "value of header a"
)]
fn a_fault_that_cannot_be_played_is_refused(#[case] rule: &str, #[case] part: &str) {
    let error = Faults::default().set(vec![serde_json::from_str(rule).unwrap()]).unwrap_err().to_string();
    assert!(error.contains("rule 1") && error.contains(part), "{error}");
}

#[rstest]
#[case(r#"{"path": "/", "fault": {"kind": "hang"}, "time": 1}"#)]
#[case(r#"{"path": "/", "fault": {"kind": "delay", "seconds": 1}}"#)]
#[case(r#"{"path": "/", "fault": {"kind": "explode"}}"#)]
#[case(r#"{"path": "/", "fault": {"kind": "status", "status": 200, "body-base64": "_-"}}"#)]
fn a_misspelt_fault_is_refused(#[case] rule: &str) {
    serde_json::from_str::<Rule>(rule).unwrap_err();
}
