//! What each layer answers, to the header.

use authsettings::{Action, OsProfile};
use http::Method;
use rstest::rstest;
use serde_json::{Value, json};
use serve::Response;

use super::lab::{LISTED, OBJECT, TENANT, UNLISTED, app, ask, bearing, request, token, told};
use crate::{Call, Chain, Flow, StageId};

const CHALLENGE: &str = "Bearer realm=\"func.example.net\" \
    authorization_uri=\"https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/oauth2/v2.0/authorize\" \
    resource_id=\"11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41\"";

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_listed_caller_reaches_the_function_as_itself() {
    let response = ask(&app(|_| {}), bearing(&token(&[]))).await;
    assert_eq!((response.status().as_u16(), header(&response, "x-function")), (200, Some("orders")));
    let body = json_of(&response);
    assert_eq!(body["function"], "orders");
    assert_eq!(body["principal"], json!({ "id": OBJECT, "name": null, "idp": "aad" }));
    assert!(body["identity_headers"]["x-ms-client-principal"].is_string());
}

#[rstest]
#[case::nothing(None, "401 NoCredential")]
#[case::empty(Some(""), "401 NoCredential")]
#[case::blank(Some("  "), "401 NoCredential")]
#[case::basic(Some("Basic dTpw"), "401 OtherScheme")]
#[case::no_scheme(Some("e30.e30.AAAA"), "401 OtherScheme")]
#[case::bearer_alone(Some("Bearer"), "401 Unreadable")]
#[case::bearer_blank(Some("Bearer  "), "401 Unreadable")]
#[case::opaque(Some("Bearer opaque"), "401 Unreadable")]
#[case::two_in_one(Some("Bearer e30.e30.AAAA, Bearer e30.e30.AAAA"), "401 Unreadable")]
#[tokio::test]
async fn a_credential_that_is_none_is_refused(#[case] value: Option<&str>, #[case] expected: &str) {
    let headers: Vec<_> = value.map(|value| ("authorization", value)).into_iter().collect();
    assert_eq!(told(&app(|_| {}), request(Method::GET, "/api/orders", &headers)).await, expected);
}

#[rstest]
#[case::lower_case("bearer ", "")]
#[case::upper_case("BEARER ", "")]
#[case::two_blanks("Bearer  ", "")]
#[case::tab("Bearer\t", "")]
#[case::blank_at_the_end("Bearer ", " ")]
#[tokio::test]
async fn the_scheme_may_be_spelled_otherwise(#[case] before: &str, #[case] after: &str) {
    let value = format!("{before}{}{after}", token(&[]));
    let request = request(Method::GET, "/api/orders", &[("authorization", &value)]);
    assert_eq!(told(&app(|_| {}), request).await, "200");
}

#[tokio::test]
async fn two_authorization_headers_are_none() {
    let (good, bad) = (format!("Bearer {}", token(&[])), "Bearer e30.e30.AAAA");
    for pair in [[good.as_str(), bad], [bad, good.as_str()], [good.as_str(), good.as_str()]] {
        let headers = pair.map(|value| ("authorization", value));
        assert_eq!(told(&app(|_| {}), request(Method::GET, "/api/orders", &headers)).await, "401 Unreadable");
    }
}

#[tokio::test]
async fn tokens_elsewhere_are_not_looked_for() {
    let token = token(&[]);
    let target = format!("/api/orders?access_token={token}");
    let headers =
        [("x-zumo-auth", token.as_str()), ("proxy-authorization", token.as_str()), ("cookie", token.as_str())];
    assert_eq!(told(&app(|_| {}), request(Method::GET, &target, &headers)).await, "401 NoCredential");
}

#[tokio::test]
async fn linux_refuses_without_a_body_and_with_the_challenge() {
    let response = ask(&app(|_| {}), request(Method::GET, "/api/orders", &[])).await;
    assert_eq!(response.status(), 401);
    assert!(response.body().is_empty());
    assert_eq!(header(&response, "www-authenticate"), Some(CHALLENGE));
    assert_eq!(header(&response, "server"), Some("Kestrel"));
    assert_eq!(header(&response, "x-ms-middleware-request-id").map(str::len), Some(36));
    assert_eq!(header(&response, "content-type"), None);
}

#[tokio::test]
async fn windows_refuses_with_one_sentence() {
    let app = app(|config| config.settings.knobs.os_profile = OsProfile::Windows);
    for (response, status, challenge) in [
        (ask(&app, request(Method::GET, "/api/orders", &[])).await, 401, Some(CHALLENGE)),
        (ask(&app, bearing(&token(&[("azp", UNLISTED.into())]))).await, 403, None),
    ] {
        assert_eq!(response.status(), status);
        assert_eq!(response.body().len(), 58);
        assert_eq!(response.body(), "You do not have permission to view this directory or page.");
        assert_eq!((header(&response, "content-type"), header(&response, "server")), (Some("text/html"), None));
        assert_eq!(header(&response, "www-authenticate"), challenge);
    }
}

#[tokio::test]
async fn an_unlisted_caller_is_refused_without_a_challenge() {
    let response = ask(&app(|_| {}), bearing(&token(&[("azp", UNLISTED.into())]))).await;
    assert_eq!((response.status().as_u16(), response.body().len()), (403, 0));
    assert_eq!(header(&response, "www-authenticate"), None);
}

#[tokio::test]
async fn plain_http_is_redirected_before_the_token_is_read() {
    let app = app(|_| {});
    let mut request = bearing(&token(&[]));
    request.https = false;
    request.target = "/api/orders?a=1".to_owned();
    let response = ask(&app, request).await;
    assert_eq!(response.status(), 302);
    assert_eq!(header(&response, "location"), Some("https://func.example.net/api/orders?a=1"));
    assert_eq!(app.decisions().last().unwrap().stage, StageId::RequireHttps);
}

#[tokio::test]
async fn browsers_are_sent_to_sign_in() {
    let app = app(|config| config.settings.validation.action = Action::RedirectToLoginPage);
    let response = ask(&app, request(Method::GET, "/api/orders?a=1", &[("user-agent", "Mozilla/5.0")])).await;
    assert_eq!(response.status(), 302);
    let location = header(&response, "location").unwrap();
    assert_eq!(location, "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Forders%3Fa%3D1");
    let response = ask(&app, request(Method::GET, location, &[])).await;
    let location = header(&response, "location").unwrap();
    assert!(
        location.starts_with(&format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?")),
        "{location}"
    );
    assert!(location.ends_with("&state=redir%3D%2Fapi%2Forders%3Fa%3D1"), "{location}");
}

#[rstest]
#[case("https%3A%2F%2Fevil.example")]
#[case("%2F%2Fevil.example")]
#[case("%2F%5Cevil.example")]
#[case("/%09/evil.example")]
#[tokio::test]
async fn nobody_is_led_away_after_signing_in(#[case] wanted: &str) {
    let target = format!("/.auth/login/aad?post_login_redirect_uri={wanted}");
    let response = ask(&app(|_| {}), request(Method::GET, &target, &[])).await;
    assert!(header(&response, "location").unwrap().ends_with("&state=redir%3D%2F"));
}

#[rstest]
#[case(Method::GET, "/.auth/me", 401)]
#[case(Method::GET, "/.auth/refresh", 401)]
#[case(Method::POST, "/.auth/login/aad", 401)]
#[case(Method::GET, "/.auth/logout", 302)]
#[case(Method::GET, "/.auth/logout/complete", 200)]
#[case(Method::GET, "/.auth/login/github", 404)]
#[case(Method::GET, "/.auth/x", 404)]
#[tokio::test]
async fn the_platforms_endpoints_know_no_session(#[case] method: Method, #[case] path: &str, #[case] expected: u16) {
    let response = ask(&app(|_| {}), request(method, path, &[])).await;
    assert_eq!(response.status(), expected);
    assert_eq!(header(&response, "x-function"), None);
}

#[tokio::test]
async fn the_resource_metadata_is_served_where_it_is_switched_on() {
    let app = app(|config| config.settings.app.resource_metadata_scopes = Some(vec!["api://orders/.default".into()]));
    let response = ask(&app, request(Method::GET, "/.well-known/oauth-protected-resource", &[])).await;
    let expected = json!({
        "resource": "https://func.example.net",
        "authorization_servers": [format!("https://login.microsoftonline.com/{TENANT}/v2.0")],
        "scopes_supported": ["api://orders/.default"],
    });
    assert_eq!(json_of(&response), expected);
}

/// Every spelling of every header by which a client could claim an identity.
const SPOOFED: [(&str, &str); 9] = [
    ("x-ms-client-principal", "eyJhdXRoX3R5cCI6ImFhZCJ9"),
    ("X-MS-Client-Principal", "eyJhdXRoX3R5cCI6ImFhZCJ9"),
    ("x_ms_client_principal", "eyJhdXRoX3R5cCI6ImFhZCJ9"),
    ("x-ms-client-principal-id", "spoofed"),
    ("X_MS-CLIENT_PRINCIPAL-ID", "spoofed"),
    ("x-ms-client-principal-name", "spoofed"),
    ("x-ms-client-principal-idp", "spoofed"),
    ("x-ms-token-aad-access-token", "spoofed"),
    ("x-ms-token-aad-id-token", "spoofed"),
];

#[tokio::test]
async fn spoofed_identity_headers_do_not_arrive() {
    let open = app(|config| config.settings.validation.action = Action::AllowAnonymous);
    let body = json_of(&ask(&open, request(Method::GET, "/api/orders", &SPOOFED)).await);
    assert_eq!((&body["principal"], &body["identity_headers"]), (&Value::Null, &json!({})));

    let bearer = format!("Bearer {}", token(&[]));
    let headers = [SPOOFED.as_slice(), &[("authorization", &bearer)]].concat();
    let body = json_of(&ask(&app(|_| {}), request(Method::GET, "/api/orders", &headers)).await);
    assert_eq!(body["principal"], json!({ "id": OBJECT, "name": null, "idp": "aad" }));
    assert_eq!(body["identity_headers"].as_object().unwrap().len(), 3);

    assert_eq!(told(&app(|_| {}), request(Method::GET, "/api/orders", &SPOOFED)).await, "401 NoCredential");
}

#[tokio::test]
async fn where_authentication_is_off_nobody_strips_headers() {
    let off = app(|config| config.settings.enabled = false);
    let body = json_of(&ask(&off, request(Method::GET, "/api/orders", &SPOOFED)).await);
    assert_eq!(body["principal"]["id"], "spoofed");
}

#[rstest]
#[case::two_hosts(&[("host", "a"), ("host", "b")])]
#[case::no_host(&[("host", "")])]
#[case::odd_host(&[("host", "a\"b")])]
#[tokio::test]
async fn requests_without_one_host_are_no_requests(#[case] headers: &[(&str, &str)]) {
    assert_eq!(told(&app(|_| {}), request(Method::GET, "/api/orders", headers)).await, "400");
}

#[tokio::test]
async fn decisions_are_kept_and_explained_without_the_token() {
    let app = app(|_| {});
    let bearer = token(&[("azp", UNLISTED.into())]);
    ask(&app, bearing(&bearer)).await;
    let decision = app.decisions().pop().unwrap();
    assert_eq!(
        decision.to_string(),
        "GET /api/orders: Decide answered 403.76: the calling application is not in allowedApplications"
    );
    for _ in 0..300 {
        ask(&app, request(Method::GET, "/api/orders", &[])).await;
    }
    assert_eq!(app.decisions().len(), 256);
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_refused_first() {
    assert_eq!(told(&app(|_| {}), request(Method::GET, "/nowhere", &[])).await, "401 NoCredential");
    let listed = format!("Bearer {}", token(&[("azp", LISTED.into())]));
    assert_eq!(told(&app(|_| {}), request(Method::GET, "/nowhere", &[("authorization", &listed)])).await, "404");
}

#[tokio::test]
async fn the_last_stage_may_change_every_answer() {
    let stamp = |call: &mut Call| {
        let status = call.response.status().as_u16();
        call.response.headers_mut().insert("x-status", status.into());
        Flow::Continue(())
    };
    let stamped = app(|config| {
        config.chain =
            std::mem::replace(&mut config.chain, Chain::standard()).replace(StageId::Answer, Box::new(stamp));
    });
    let good = format!("Bearer {}", token(&[]));
    for (path, headers, expected) in [
        ("/api/orders", vec![], "401"),
        ("/api/orders", vec![("authorization", good.as_str())], "200"),
        ("/.auth/x", vec![], "404"),
    ] {
        let response = ask(&stamped, request(Method::GET, path, &headers)).await;
        assert_eq!((header(&response, "x-status"), header(&response, "server")), (Some(expected), None));
    }
    assert_eq!(stamped.decisions().pop().unwrap().stage, StageId::AuthEndpoints);
}

#[tokio::test]
async fn a_chain_whose_function_does_not_answer_fails() {
    let silent = app(|config| {
        let nothing = |_: &mut Call| Flow::Continue(());
        config.chain =
            std::mem::replace(&mut config.chain, Chain::standard()).replace(StageId::Function, Box::new(nothing));
    });
    assert_eq!(told(&silent, bearing(&token(&[]))).await, "500");
}

#[tokio::test]
async fn what_could_not_be_found_out_is_refused() {
    let blind = app(|config| {
        let nothing = |_: &mut Call| Flow::Continue(());
        config.chain =
            std::mem::replace(&mut config.chain, Chain::standard()).replace(StageId::Audience, Box::new(nothing));
    });
    let response = ask(&blind, bearing(&token(&[]))).await;
    assert_eq!((response.status().as_u16(), header(&response, "www-authenticate")), (401, Some(CHALLENGE)));
    let decision = blind.decisions().pop().unwrap();
    assert_eq!(decision.to_string(), "GET /api/orders: Decide answered 401; refused because the audience is not known");
}

#[tokio::test]
async fn a_stage_may_lead_to_another_target() {
    let misled = app(|config| {
        let mislead = |call: &mut Call| {
            call.retarget("/x/../api/health?a=1");
            assert_eq!((call.path.as_str(), call.request.query()), ("/api/health", Some("a=1")));
            Flow::Continue(())
        };
        config.chain =
            std::mem::replace(&mut config.chain, Chain::standard()).replace(StageId::FrontEnd, Box::new(mislead));
    });
    let response = ask(&misled, request(Method::GET, "/api/orders", &[])).await;
    assert_eq!((response.status().as_u16(), header(&response, "x-function")), (200, Some("health")));
}
