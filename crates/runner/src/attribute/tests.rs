use rstest::rstest;

use super::*;

/// An answer as it came, for the tests of all that look at one.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Exchange {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    Exchange {
        sent: b"GET /api/orders HTTP/1.1\r\nHost: func.example.net\r\n\r\n".to_vec(),
        status,
        reason: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
        body: body.as_bytes().to_vec(),
        truncated: false,
        received_head: format!("HTTP/1.1 {status} \r\n{lines}\r\n").into_bytes(),
        milliseconds: 1.5,
        connected_to: ([127, 0, 0, 1], 443).into(),
    }
}

fn marker(value: Option<&str>) -> Marker {
    Marker { header: "x-function".to_owned(), value: value.map(str::to_owned) }
}

const CHALLENGE: &str = r#"Bearer realm="func.example.net" authorization_uri="https://login.windows.net/72f9/oauth2/v2.0/authorize" resource_id="11f4""#;
const WINDOWS: &str = "You do not have permission to view this directory or page.";
const NO_KEY: &str = r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key." }"#;
const KEY_CHALLENGE: &str =
    r#"AzureApiManagementKey realm="https://apim.example.net/orders",name="Ocp-Apim-Subscription-Key",type="header""#;

#[rstest]
#[case::linux_401(401, &[("Server", "Kestrel"), ("WWW-Authenticate", CHALLENGE)], "", AnsweredBy::Platform)]
#[case::linux_401_bare(401, &[("WWW-Authenticate", r#"Bearer realm="func.example.net""#)], "", AnsweredBy::Platform)]
#[case::linux_403(403, &[("x-ms-middleware-request-id", "6f9619ff-8b86-d011-b42d-00c04fc964ff")], "", AnsweredBy::Platform)]
#[case::linux_401_without_a_challenge(401, &[("x-ms-middleware-request-id", "6f96")], "", AnsweredBy::Platform)]
#[case::windows_401(401, &[("Content-Type", "text/html"), ("WWW-Authenticate", CHALLENGE)], WINDOWS, AnsweredBy::Platform)]
#[case::windows_403(403, &[("Content-Type", "text/html")], WINDOWS, AnsweredBy::Platform)]
#[case::login(302, &[("Location", "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Forders")], "", AnsweredBy::Platform)]
#[case::login_at_the_provider(
    302,
    &[("Location", "https://login.windows.net/72f9/oauth2/v2.0/authorize?redirect_uri=https%3A%2F%2Ffunc.example.net%2F.auth%2Flogin%2Faad%2Fcallback")],
    "",
    AnsweredBy::Platform
)]
#[case::behind_another_challenge(401, &[("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", CHALLENGE)], "", AnsweredBy::Platform)]
#[case::host_without_a_key(401, &[("Content-Length", "0")], "", AnsweredBy::Host)]
#[case::host_without_a_route(404, &[], "", AnsweredBy::Unknown)]
#[case::subscription_key(401, &[("WWW-Authenticate", KEY_CHALLENGE)], NO_KEY, AnsweredBy::Gateway)]
#[case::trace(500, &[("Ocp-Apim-Trace-Location", "https://trace.example.net")], "", AnsweredBy::Gateway)]
#[case::passed_on_by_a_gateway(401, &[("Ocp-Apim-Trace-Location", "https://t"), ("WWW-Authenticate", CHALLENGE)], "", AnsweredBy::Platform)]
#[case::forbidden_address(403, &[("x-ms-forbidden-ip", "192.0.2.7")], "", AnsweredBy::Gateway)]
#[case::forbidden_page(403, &[], "<html><title>Web App - Unavailable</title>", AnsweredBy::Gateway)]
#[case::bad_gateway(502, &[], "", AnsweredBy::Gateway)]
#[case::unavailable(503, &[], "Service Unavailable", AnsweredBy::Gateway)]
#[case::gateway_timeout(504, &[], "", AnsweredBy::Gateway)]
#[case::a_library_of_the_function(401, &[("WWW-Authenticate", r#"Bearer error="invalid_token""#)], "", AnsweredBy::Unknown)]
#[case::another_realm(401, &[("WWW-Authenticate", r#"Bearer realm="api", error="invalid_token""#)], "", AnsweredBy::Unknown)]
#[case::another_server(401, &[("Content-Type", "text/html")], "<h1>401 Unauthorized</h1>", AnsweredBy::Unknown)]
#[case::another_redirect(302, &[("Location", "https://func.example.net/api/orders")], "", AnsweredBy::Unknown)]
#[case::a_bad_request(400, &[], "", AnsweredBy::Unknown)]
#[case::a_crash(500, &[], "", AnsweredBy::Unknown)]
fn a_refusal_is_known_by_what_only_one_writes(
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] body: &str,
    #[case] answered_by: AnsweredBy,
    #[values(None, Some(marker(None)))] marker: Option<Marker>,
) {
    let expected = Attribution { answered_by, function: Function::Silent };
    assert_eq!(attribute(&answer(status, headers, body), marker.as_ref()), expected);
}

#[rstest]
#[case::no_marker_named_2xx(200, &[], None, Function::Answered)]
#[case::no_marker_named_204(204, &[], None, Function::Answered)]
#[case::no_marker_named_3xx(304, &[], None, Function::Silent)]
#[case::marked(200, &[("X-Function", "orders")], Some(marker(None)), Function::Answered)]
#[case::marked_with_the_value(200, &[("x-function", "orders")], Some(marker(Some("orders"))), Function::Answered)]
#[case::marked_twice(200, &[("x-function", "other"), ("x-function", "orders")], Some(marker(Some("orders"))), Function::Answered)]
#[case::marked_with_another_value(200, &[("x-function", "billing")], Some(marker(Some("orders"))), Function::Unmarked)]
#[case::value_in_other_letters(200, &[("x-function", "Orders")], Some(marker(Some("orders"))), Function::Unmarked)]
#[case::unmarked(200, &[("x-other", "orders")], Some(marker(None)), Function::Unmarked)]
#[case::refused_by_the_function(401, &[("x-function", "orders")], Some(marker(None)), Function::Answered)]
#[case::crashed_in_the_function(500, &[("x-function", "orders")], Some(marker(None)), Function::Answered)]
#[case::refused_with_another_value(403, &[("x-function", "billing")], Some(marker(Some("orders"))), Function::Silent)]
fn the_function_is_known_by_its_marker_or_else_by_success(
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] marker: Option<Marker>,
    #[case] function: Function,
) {
    let attribution = attribute(&answer(status, headers, "{}"), marker.as_ref());
    assert_eq!(attribution.function, function);
    assert_eq!(attribution.answered_by == AnsweredBy::App, function == Function::Answered);
}

#[test]
fn nobody_answered_where_there_is_no_answer() {
    assert_eq!(Attribution::NO_ANSWER, Attribution { answered_by: AnsweredBy::Network, function: Function::Silent });
}
