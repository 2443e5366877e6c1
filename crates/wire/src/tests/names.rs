//! Origins, and what messages say of them.

use rstest::rstest;

use crate::{Origin, RequestBytes};

#[rstest]
#[case("https://Func.example.net/api/orders?a=b", "https://func.example.net", "/api/orders?a=b", 443)]
#[case("http://localhost:8080", "http://localhost:8080", "/", 8080)]
#[case("HTTPS://a:443/x", "https://a", "/x", 443)]
#[case("http://a:443/", "http://a:443", "/", 443)]
#[case("http://[::1]:8080/a", "http://[::1]:8080", "/a", 8080)]
#[case("https://[::1]", "https://[::1]", "/", 443)]
#[case("https://127.0.0.1?q", "https://127.0.0.1", "/?q", 443)]
#[case("https://a//b/%2e%2e/./c\\d", "https://a", "//b/%2e%2e/./c\\d", 443)]
#[case("https://a/b#c", "https://a", "/b", 443)]
#[case("https://a#c?d", "https://a", "/", 443)]
#[case("https://a:/b", "https://a", "/b", 443)]
fn a_url_is_split_and_its_target_left_alone(
    #[case] url: &str,
    #[case] origin: &str,
    #[case] target: &str,
    #[case] port: u16,
) {
    let (parsed, rest) = Origin::parse(url).unwrap();
    assert_eq!((parsed.to_string().as_str(), rest.as_str(), parsed.port()), (origin, target, port));
}

#[rstest]
#[case::no_scheme("func.example.net/api", "https://")]
#[case::scheme("ftp://a", "neither https nor http")]
#[case::no_host("https:///a", "no host")]
#[case::port("https://a:70000", "1 to 65535")]
#[case::port_zero("https://a:0", "1 to 65535")]
#[case::port_word("https://a:b", "1 to 65535")]
#[case::v6_without_brackets("https://::1/", "brackets")]
#[case::bad_v6("https://[::g]/", "no IPv6 address")]
#[case::open_v6("https://[::1/", "no IPv6 address")]
#[case::user("https://user:word@a/b", "user name")]
#[case::idn("https://b\u{fc}cher.example/", "xn--")]
#[case::blank("https://a b/", "characters")]
fn a_url_that_cannot_be_used_is_explained(#[case] url: &str, #[case] part: &str) {
    let message = Origin::parse(url).unwrap_err().to_string();
    assert!(message.contains(part), "{message}");
}

#[test]
fn a_message_about_a_url_tells_no_secret() {
    for url in ["ftp://a/b?code=secret", "https://user:secret@a/b", "a?code=secret", "https://a:99999/?secret#secret"] {
        let message = Origin::parse(url).unwrap_err().to_string();
        assert!(!message.contains("secret"), "{message}");
    }
}

#[test]
fn an_ordinary_request_has_what_servers_expect_and_what_was_given_wins() {
    let origin = Origin::new(true, "[::1]", 8443);
    let request = RequestBytes::ordinary("POST", &origin, "/a", [("accept", "text/plain")], b"body".to_vec());
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        String::from_utf8(request.to_bytes()).unwrap(),
        format!(
            "POST /a HTTP/1.1\r\nHost: [::1]:8443\r\nUser-Agent: greenlight/{version}\r\nContent-Length: 4\r\naccept: text/plain\r\n\r\nbody"
        )
    );
    assert!(request.is_well_framed());
}

#[rstest]
#[case::none("GET", "/", &[], "", true)]
#[case::length("GET", "/", &[("Content-Length", "1")], "a", true)]
#[case::wrong_length("GET", "/", &[("Content-Length", "2")], "a", false)]
#[case::no_length("POST", "/", &[], "a", false)]
#[case::two_lengths("POST", "/", &[("Content-Length", "1"), ("content-length", "1")], "a", false)]
#[case::odd_length("POST", "/", &[("Content-Length", "+1")], "a", false)]
#[case::chunked("POST", "/", &[("Transfer-Encoding", "chunked")], "", false)]
#[case::blank_in_name("GET", "/", &[("a b", "c")], "", false)]
#[case::line_break("GET", "/", &[("a", "b\r\nc: d")], "", false)]
#[case::nul("GET", "/", &[("a", "\0")], "", false)]
#[case::blank_in_target("GET", "/a b", &[], "", false)]
#[case::method("G ET", "/", &[], "", false)]
#[case::upgrade("GET", "/", &[("Upgrade", "h2c")], "", false)]
fn a_request_is_well_framed_or_not(
    #[case] method: &str,
    #[case] target: &str,
    #[case] headers: &[(&str, &str)],
    #[case] body: &str,
    #[case] well: bool,
) {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    let request = RequestBytes {
        method: method.into(),
        target: target.into(),
        headers,
        body: body.into(),
        ..RequestBytes::default()
    };
    assert_eq!(request.is_well_framed(), well);
}
