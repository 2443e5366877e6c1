use std::process::Command;

use proptest::prelude::*;
use rstest::rstest;
use scenario::Profile;
use token::{Octets, Piece, Token};

use super::*;
use crate::known::Known;
use crate::roles::Roles;

fn destination() -> Destination {
    Destination {
        origin: Origin::new(true, "func.example.net", 443),
        method: "GET".to_owned(),
        function: Opening { path: "/api/orders".to_owned(), marker: None },
        excluded: Some(Opening { path: "/api/health".to_owned(), marker: None }),
        keyed: None,
        gateway: None,
        previous: None,
        warm_up: Some(Opening { path: "/api/warm".to_owned(), marker: None }),
        scm: Some((Origin::new(true, "func.scm.example.net", 443), Opening { path: "/".to_owned(), marker: None })),
        curl: Vec::new(),
    }
}

fn send(headers: &[(&str, &str)]) -> Send {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Template::new(*value))).collect();
    Send { headers, ..Send::default() }
}

/// Composes and replays with `a.b.c` for the token, `d.e.f` for the other, and a key of the host.
fn with_values<T>(work: impl FnOnce(&Values<'_>) -> T) -> T {
    let profile = Profile::bare("https://func.example.net/api/orders").unwrap();
    let keys = [("master".to_owned(), "a-master-key".to_owned())];
    let known = Known::new(&profile, &Roles::new(&profile, None), None, &keys, &crate::credentials::Wallet::empty());
    let (token, other) = (Token::new("a.b.c"), Token::new("d.e.f"));
    let host = "func.example.net";
    work(&Values { known: &known, host, tenant: None, token: Some(&token), other_token: Some(&other), sink: None })
}

fn composed(send: &Send, to: &Destination) -> Result<RequestBytes, OctetsError> {
    with_values(|values| compose(send, values, to))
}

fn replayed(send: &Send, to: &Destination, ca: Option<&str>) -> Option<String> {
    with_values(|values| replay(send, values, to, ca))
}

fn bytes(send: &Send) -> String {
    String::from_utf8(composed(send, &destination()).unwrap().to_bytes()).unwrap()
}

#[test]
fn a_plain_request_goes_where_the_profile_says() {
    let agent = concat!("greenlight/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        bytes(&Send::default()),
        format!("GET /api/orders HTTP/1.1\r\nHost: func.example.net\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\r\n")
    );
}

#[test]
fn a_step_says_what_differs_and_where_the_token_goes() {
    let send = Send {
        method: Some("POST".to_owned()),
        path: Some("/api/./health;a=b%2f".to_owned()),
        query: Some(Template::new("access_token=${token}&x=${token}")),
        body: Some(Template::new("access_token=${token}")),
        ..send(&[
            ("host", "other.example"),
            ("User-Agent", ""),
            ("ACCEPT", "text/plain"),
            ("Authorization", "Bearer ${token}"),
            ("authorization", "Basic eA=="),
        ])
    };
    assert_eq!(
        bytes(&send),
        "POST /api/./health;a=b%2f?access_token=a.b.c&x=a.b.c HTTP/1.1\r\nContent-Length: 18\r\nhost: other.example\r\nUser-Agent: \r\n\
         ACCEPT: text/plain\r\nAuthorization: Bearer a.b.c\r\nauthorization: Basic eA==\r\n\r\naccess_token=a.b.c"
    );
}

#[test]
fn a_step_may_say_every_byte() {
    let hex = Octets(vec![Piece::Text("X-Odd: ".to_owned()), Piece::Hex { hex: "ff00".to_owned() }]);
    let send = Send {
        to: Door::Excluded,
        target: Some(Template::new("https://${target.host}/a?code=${upper:key.master}&t=${other-token}")),
        lines: vec![Template::new(" folded"), Template::from(hex)],
        without: vec!["user-agent".to_owned(), "Accept".to_owned(), "X-Own".to_owned()],
        version: Some("HTTP/1.0".to_owned()),
        ..send(&[("X-Own", "kept")])
    };
    let sent = composed(&send, &destination()).unwrap().to_bytes();
    let expected = b"GET https://func.example.net/a?code=A-MASTER-KEY&t=d.e.f HTTP/1.0\r\nHost: func.example.net\r\nX-Own: kept\r\n folded\r\n\
        X-Odd: \xff\x00\r\n\r\n";
    assert_eq!(sent.escape_ascii().to_string(), expected.escape_ascii().to_string());
    let health = Send { to: Door::Excluded, ..Send::default() };
    assert!(bytes(&health).starts_with("GET /api/health HTTP/1.1\r\n"));
}

#[test]
fn a_step_for_another_door_goes_there() {
    let to = |to| Send { to, ..Send::default() };
    assert!(bytes(&to(Door::WarmUp)).starts_with("GET /api/warm HTTP/1.1\r\nHost: func.example.net\r\n"));
    assert!(bytes(&to(Door::Scm)).starts_with("GET / HTTP/1.1\r\nHost: func.scm.example.net\r\n"));
    let line = replayed(&to(Door::Scm), &destination(), None).unwrap();
    assert_eq!(line, "curl --include --http1.1 https://func.scm.example.net/");
}

#[test]
fn what_nothing_fills_is_never_sent() {
    let unknown = Send { query: Some(Template::new("code=${key.host}")), ..Send::default() };
    assert_eq!(composed(&unknown, &destination()).unwrap_err().to_string(), "`${key.host}` is not known here");
    let path = Send { path: Some("/admin/${target.excluded}".to_owned()), ..Send::default() };
    assert!(composed(&path, &destination()).is_err());
}

/// What a scenario can write: the reader refuses other names, values and variables.
fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = "[\\t\\PC]{0,30}(\\$\\{token\\}[\\PC]{0,10})?";
    let value = value.prop_filter("other variables", |value: &String| only_token(value));
    prop::collection::vec(("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", value), 0..6)
}

fn only_token(text: &str) -> bool {
    !text.replace("${token}", "").contains("${") && token::variables::names(text).all(|name| name == "token")
}

proptest! {
    #[test]
    fn header_lines_are_those_of_the_scenario_after_the_ordinary_ones(given in headers()) {
        let pairs: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let text = bytes(&send(&pairs));
        let head = text.strip_suffix("\r\n\r\n").unwrap();
        // Split by the line's end alone: nothing in a value can end a line.
        let lines: Vec<&str> = head.split("\r\n").skip(1).collect();
        let (ordinary, own) = lines.split_at(lines.len() - given.len());

        let wanted: Vec<String> = given.iter().map(|(name, value)| format!("{name}: {}", value.replace("${token}", "a.b.c"))).collect();
        prop_assert_eq!(own, wanted);
        let names: Vec<String> = given.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let missing = ["Host", "User-Agent", "Accept"].into_iter().filter(|name| !names.contains(&name.to_ascii_lowercase()));
        prop_assert_eq!(ordinary.iter().map(|line| line.split(": ").next().unwrap()).collect::<Vec<_>>(), missing.collect::<Vec<_>>());
    }
}

#[rstest]
#[case::nothing_special(Send::default(), "curl --include --http1.1 https://func.example.net/api/orders")]
#[case::a_token(
    send(&[("Authorization", "Bearer ${token}")]),
    r#"curl --include --http1.1 --header "Authorization: Bearer $TOKEN" https://func.example.net/api/orders"#
)]
#[case::a_blank(
    send(&[("Authorization", "Bearer not-a-token")]),
    "curl --include --http1.1 --header 'Authorization: Bearer not-a-token' https://func.example.net/api/orders"
)]
#[case::no_value(
    send(&[("Authorization", "")]),
    "curl --include --http1.1 --header 'Authorization;' https://func.example.net/api/orders"
)]
#[case::a_path_that_curl_would_tidy_up(
    Send { path: Some("/api/health/../orders".to_owned()), ..Send::default() },
    "curl --include --path-as-is --http1.1 https://func.example.net/api/health/../orders"
)]
#[case::a_path_that_curl_would_expand(
    Send { path: Some("/api/{a,b}".to_owned()), ..Send::default() },
    "curl --include --globoff --http1.1 'https://func.example.net/api/{a,b}'"
)]
#[case::a_head(
    Send { method: Some("HEAD".to_owned()), ..Send::default() },
    "curl --include --http1.1 --head https://func.example.net/api/orders"
)]
#[case::an_empty_post(
    Send { method: Some("POST".to_owned()), ..Send::default() },
    "curl --include --http1.1 --request POST --header Content-Type: --data-raw '' https://func.example.net/api/orders"
)]
#[case::a_body_that_curl_would_take_for_a_file(
    Send { body: Some(Template::new("@/etc/passwd")), ..send(&[("content-type", "text/plain")]) },
    "curl --include --http1.1 --request GET --header 'content-type: text/plain' --data-raw @/etc/passwd \
     https://func.example.net/api/orders"
)]
#[case::a_target_of_its_own(
    Send { target: Some(Template::new("https://${target.host}/a")), ..Send::default() },
    "curl --include --request-target https://func.example.net/a --http1.1 https://func.example.net/"
)]
#[case::an_old_version(
    Send { version: Some("HTTP/1.0".to_owned()), ..Send::default() },
    "curl --include --http1.0 https://func.example.net/api/orders"
)]
#[case::without_what_curl_adds(
    Send { without: vec!["Host".to_owned()], lines: vec![Template::new("X-A: 1")], ..Send::default() },
    "curl --include --http1.1 --header 'X-A: 1' --header Host: https://func.example.net/api/orders"
)]
fn it_can_be_tried_again(#[case] send: Send, #[case] line: &str) {
    assert_eq!(replayed(&send, &destination(), None).as_deref(), Some(line));
}

#[test]
fn curl_is_told_of_the_authority_and_of_the_way() {
    let line = replayed(&Send::default(), &destination(), Some("my files/ca.pem")).unwrap();
    assert_eq!(line, "curl --include --http1.1 --cacert 'my files/ca.pem' https://func.example.net/api/orders");
    let curl = ["--resolve func.example.net:443:10.1.2.3", "--noproxy '*'"].map(str::to_owned).into();
    let line = replayed(&Send::default(), &Destination { curl, ..destination() }, None).unwrap();
    let expected = "curl --include --http1.1 --resolve func.example.net:443:10.1.2.3 --noproxy '*' https://func.example.net/api/orders";
    assert_eq!(line, expected);
    let plain = Destination { origin: Origin::new(false, "::1", 8080), ..destination() };
    let line = replayed(&Send::default(), &plain, Some("ca.pem")).unwrap();
    assert_eq!(line, "curl --include --globoff 'http://[::1]:8080/api/orders'");
}

#[rstest]
#[case::a_nul(Send { body: Some(Template::new("a\0${token}")), ..Send::default() })]
#[case::no_text(Send { body: Some(Template::from(Octets(vec![Piece::Hex { hex: "ff".to_owned() }]))), ..Send::default() })]
#[case::a_folded_line(Send { lines: vec![Template::new(" folded")], ..Send::default() })]
#[case::a_second_host(Send { lines: vec![Template::new("Host: other.example")], ..Send::default() })]
#[case::no_header(Send { lines: vec![Template::new("X-A : 1")], ..Send::default() })]
#[case::a_blank_in_the_target(Send { target: Some(Template::new("/a b")), ..Send::default() })]
#[case::another_version(Send { version: Some("HTTP/9.9".to_owned()), ..Send::default() })]
#[case::a_second_token(Send { other_token: Some(token::Recipe::default()), ..Send::default() })]
fn what_curl_cannot_say_is_not_offered(#[case] send: Send) {
    assert_eq!(replayed(&send, &destination(), None), None);
}

/// The words that a real shell makes of the line.
fn words(line: &str) -> Vec<String> {
    let arguments = line.strip_prefix("curl ").unwrap();
    let script = format!(r"printf '%s\0' {arguments}");
    let output =
        Command::new("sh").args(["-c", &script]).env("TOKEN", "a.b.c").env("TOKENX", "wrong").output().unwrap();
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect()
}

#[rstest]
#[case::quotes(r#"'single' "double" `back` $(sub) $HOME \ ! !! # ~ * ? ; & | < > ( ) end"#)]
#[case::the_placeholder_written_out("$TOKEN $TOKENX {TOKEN}")]
#[case::a_token_before_a_letter("${token}X")]
#[case::a_token_before_a_quote("${token}'\"\\${token}$!")]
#[case::a_token_before_its_own_name("${token}$TOKEN{TOKEN}")]
#[case::lines("one\ntwo\r\n\n${token}\n")]
#[case::nothing("")]
#[case::a_dash("-x")]
#[case::letters_of_the_world("żółć ${token} ☃")]
fn a_shell_reads_what_was_sent(#[case] text: &str) {
    let send = Send { body: Some(Template::new(text)), ..send(&[("Content-Type", "text/plain")]) };
    let words = words(&replayed(&send, &destination(), None).unwrap());
    let at = words.iter().position(|word| word == "--data-raw").unwrap();
    assert_eq!(words[at + 1], text.replace("${token}", "a.b.c"));
    assert_eq!(words[at + 2], "https://func.example.net/api/orders");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shell_reads_every_header_and_body_as_it_was_sent(given in headers(), body in "(\\PC|\\n|\\$\\{token\\}){0,30}".prop_filter("other variables", |body: &String| only_token(body))) {
        let pairs: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let send = Send { body: Some(Template::new(&body)), ..send(&pairs) };
        let words = words(&replayed(&send, &destination(), None).unwrap());
        let after = |option: &str| {
            let pairs = words.iter().zip(&words[1..]).filter(|(word, _)| *word == option);
            pairs.map(|(_, next)| next.clone()).collect::<Vec<_>>()
        };

        let filled = |text: &str| text.replace("${token}", "a.b.c");
        let mut wanted: Vec<String> = given.iter().map(|(name, value)| header(name, &filled(value))).collect();
        if !given.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            wanted.push("Content-Type:".to_owned());
        }
        prop_assert_eq!(after("--header"), wanted);
        prop_assert_eq!(after("--data-raw"), [filled(&body)]);
    }
}

/// What our own sender and curl send for the same step: method, target, headers and body.
#[tokio::test]
#[ignore = "needs curl, install with `apt-get install curl`"]
async fn curl_sends_the_same_request() {
    let target = wiremock::MockServer::start().await;
    let destination = Destination { origin: Origin::new(false, "127.0.0.1", target.address().port()), ..destination() };
    let sends = [
        Send::default(),
        send(&[("Authorization", "Bearer ${token}"), ("X-Many", "one"), ("X-Many", "two, 'three' \"four\" $HOME !")]),
        send(&[("Authorization", "")]),
        send(&[("Host", "other.example"), ("Accept", "text/plain")]),
        Send {
            path: Some("/api/../x/%2e/{a}[1]".to_owned()),
            query: Some(Template::new("t=${token}&[0-9]")),
            ..Send::default()
        },
        Send { method: Some("POST".to_owned()), ..Send::default() },
        Send { method: Some("DELETE".to_owned()), ..Send::default() },
        Send { method: Some("PUT".to_owned()), body: Some(Template::new("@x\n ${token}%41&=\n")), ..Send::default() },
        Send { body: Some(Template::new("on a GET")), ..send(&[("content-type", "text/plain")]) },
    ];
    let sender = wire::Sender::new(wire::SenderConfig::default()).unwrap();
    for send in sends {
        let request = composed(&send, &destination).unwrap();
        sender.send(&destination.origin, &request).await.unwrap();
        let line = replayed(&send, &destination, None).unwrap();
        let output = Command::new("sh").args(["-c", &line]).env("TOKEN", "a.b.c").output().unwrap();
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));

        let received = target.received_requests().await.unwrap().into_iter().map(|mut request| {
            request.headers.remove("user-agent");
            (request.method, request.url, request.headers, request.body)
        });
        let [ours, curls] = &received.collect::<Vec<_>>()[..] else { panic!("{line}: not sent twice") };
        assert_eq!(curls, ours, "{line}");
        target.reset().await;
    }
}
