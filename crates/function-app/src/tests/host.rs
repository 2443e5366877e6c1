//! Routes and keys of the Functions host, behind an open platform and behind a closed one.

use http::Method;
use rstest::rstest;

use super::lab::{app, ask, request, token, told};
use crate::{App, AuthLevel, FunctionSpec, Keys};

/// An app without a platform in front, whose keys have simple names.
fn open() -> App {
    app(|config| {
        config.settings.enabled = false;
        config.keys = keys();
        config.functions = vec![
            FunctionSpec { auth_level: AuthLevel::Anonymous, ..FunctionSpec::orders() },
            spec("keyed", AuthLevel::Function),
            spec("admin", AuthLevel::Admin),
        ];
    })
}

fn keys() -> Keys {
    let key = |name: &str| name.to_owned();
    Keys {
        master: key("the-master-key"),
        host: key("the-host-key="),
        function: key("the-function-key"),
        system: key("the-system-key"),
    }
}

fn spec(name: &str, auth_level: AuthLevel) -> FunctionSpec {
    FunctionSpec {
        name: name.to_owned(),
        route: name.to_owned(),
        marker: name.to_owned(),
        auth_level,
        ..FunctionSpec::orders()
    }
}

#[rstest]
#[case("/api/orders", 200)]
#[case("/API/Orders", 200)]
#[case("/api/orders/", 200)]
#[case("/x/../api/orders", 200)]
#[case("/api/orders/x", 404)]
#[case("/api//orders", 404)]
#[case("//api/orders", 404)]
#[case("/api%2Forders", 404)]
#[case("/api/orders;x", 404)]
#[case("/api", 404)]
#[case("/orders", 404)]
#[case("/", 404)]
#[tokio::test]
async fn routes_lead_to_functions(#[case] path: &str, #[case] expected: u16) {
    assert_eq!(ask(&open(), request(Method::GET, path, &[])).await.status(), expected);
}

#[tokio::test]
async fn other_methods_are_not_found() {
    for (method, expected) in [(Method::POST, 200), (Method::DELETE, 404), (Method::OPTIONS, 404)] {
        assert_eq!(ask(&open(), request(method, "/api/orders", &[])).await.status(), expected);
    }
}

// Which key opens which level: anonymous, function, admin.
#[rstest]
#[case::none(&[], "", [200, 401, 401])]
#[case::wrong(&[("x-functions-key", "wrong")], "", [200, 401, 401])]
#[case::function(&[("x-functions-key", "the-function-key")], "", [200, 200, 401])]
#[case::host_in_query(&[], "?a=b&code=the-host-key%3D&code=wrong", [200, 200, 401])]
#[case::system(&[("x-functions-key", "the-system-key")], "", [200, 401, 401])]
#[case::master(&[("x-functions-key", "the-master-key")], "", [200, 200, 200])]
#[case::header_wins(&[("x-functions-key", "wrong")], "?code=the-master-key", [200, 401, 401])]
#[tokio::test]
async fn keys_open_levels(#[case] headers: &[(&str, &str)], #[case] query: &str, #[case] expected: [u16; 3]) {
    for (route, expected) in ["orders", "keyed", "admin"].into_iter().zip(expected) {
        let response = ask(&open(), request(Method::GET, &format!("/api/{route}{query}"), headers)).await;
        assert_eq!(response.status(), expected, "{route}");
        if expected == 401 {
            assert!(response.body().is_empty() && !response.headers().contains_key("www-authenticate"));
            assert!(!response.headers().contains_key("x-ms-middleware-request-id"));
        }
    }
}

#[rstest]
#[case("/admin/host/ping", "", 200)]
#[case("/admin/host/status", "", 401)]
#[case("/Admin/Host/Status", "the-master-key", 200)]
#[case("/admin/host/keys", "the-host-key=", 401)]
#[case("/admin/functions", "the-master-key", 404)]
#[case("/runtime/webhooks/eventgrid", "", 401)]
#[case("/runtime/webhooks/eventgrid", "the-host-key=", 403)]
#[case("/runtime/webhooks/eventgrid", "the-system-key", 404)]
#[tokio::test]
async fn the_hosts_own_routes_ask_for_their_own_keys(#[case] path: &str, #[case] key: &str, #[case] expected: u16) {
    let response = ask(&open(), request(Method::GET, path, &[("x-functions-key", key)])).await;
    assert_eq!(response.status(), expected);
}

#[tokio::test]
async fn a_key_is_no_token_and_a_token_is_no_key() {
    let app = app(|config| {
        config.keys = keys();
        config.functions = vec![spec("keyed", AuthLevel::Function)];
    });
    let bearer = format!("Bearer {}", token(&[]));
    let (key, token) = (("x-functions-key", "the-master-key"), ("authorization", bearer.as_str()));
    for (headers, expected) in [(vec![key], "401 NoCredential"), (vec![token], "401"), (vec![key, token], "200")] {
        assert_eq!(told(&app, request(Method::GET, "/api/keyed", &headers)).await, expected);
    }
    assert_eq!(told(&app, request(Method::GET, "/admin/host/status", &[key])).await, "401 NoCredential");
}

#[test]
fn keys_are_fresh_and_never_shown() {
    let keys = Keys::generate();
    assert_ne!(keys, Keys::generate());
    assert_eq!(format!("{keys:?}"), "Keys(withheld)");
}
