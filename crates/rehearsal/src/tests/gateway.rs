//! The stand-in for API Management, before a backend and an identity endpoint that tell what they were asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use serve::{Clock, Request, Response, Server, ServerConfig, respond};
use wire::{Client, Exchange, Origin, RequestBytes, Sender, SenderConfig, Trust};

use crate::gateway::{Gateway, ManagedIdentity, Policy, Revision};

const NOW: i64 = 1_790_000_000;
const KEY: &str = "a-subscription-key";

/// A gateway, what stands behind it, and what that was asked.
struct Lab {
    gateway: Server,
    backend: Server,
    _imds: Server,
    asked: Arc<Mutex<Vec<Request>>>,
    /// Of how many tokens were asked for.
    tokens: Arc<Mutex<Vec<String>>>,
    /// What the identity endpoint answers with.
    status: Arc<AtomicU16>,
    now: Arc<Mutex<i64>>,
}

impl Lab {
    async fn start() -> Self {
        let (asked, tokens) = (Arc::<Mutex<Vec<Request>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (status, now) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(NOW)));
        let backend = {
            let asked = Arc::clone(&asked);
            listen("backend", None, move |request: Request| {
                asked.lock().unwrap().push(request);
                async { answered() }
            })
            .await
        };
        let imds = {
            let (tokens, status) = (Arc::clone(&tokens), Arc::clone(&status));
            listen("imds", None, move |request: Request| {
                let mut tokens = tokens.lock().unwrap();
                tokens.push(request.target.clone());
                let body = json!({
                    "access_token": format!("token-{}", tokens.len()),
                    "expires_on": (NOW + 3600 * i64::try_from(tokens.len()).unwrap()).to_string(),
                });
                let status = StatusCode::from_u16(status.load(Ordering::Relaxed)).unwrap();
                async move { respond(status, "application/json", body.to_string()) }
            })
            .await
        };
        let client = Client::new(&Trust::Only(Vec::new()), &[], Duration::from_secs(10)).unwrap();
        let revision = |number, policy| Revision {
            suffix: "orders".to_owned(),
            number,
            current: number == 1,
            backend: backend.url(),
            policy,
        };
        let identity = Policy::ManagedIdentity { resource: "api://orders".to_owned(), client_id: None };
        let other = Policy::ManagedIdentity { resource: "api://orders".to_owned(), client_id: Some("44c9".to_owned()) };
        let revisions =
            vec![revision(1, Policy::FunctionKey("old-key".to_owned())), revision(2, identity), revision(3, other)];
        let identity = ManagedIdentity::new(imds.url(), client);
        let gateway = Gateway::new(revisions, KEY, identity, Trust::Only(Vec::new())).unwrap();
        let clock: Clock = {
            let now = Arc::clone(&now);
            Arc::new(move || *now.lock().unwrap())
        };
        let gateway = listen("gateway", Some(clock), gateway).await;
        Self { gateway, backend, _imds: imds, asked, tokens, status, now }
    }

    async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Exchange {
        let (origin, _) = Origin::parse(&self.gateway.url()).unwrap();
        let headers = headers.iter().map(|(name, value)| (*name, *value));
        let request = RequestBytes::ordinary(method, &origin, target, headers, body.into());
        let config = SenderConfig { trust: Trust::Only(Vec::new()), ..SenderConfig::default() };
        Sender::new(config).unwrap().send(&origin, &request).await.unwrap()
    }

    async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Exchange {
        self.send("GET", target, headers, "").await
    }

    /// What the backend was asked last.
    fn last(&self) -> Request {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }

    fn reached(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn listen(name: &'static str, clock: Option<Clock>, service: impl serve::Service) -> Server {
    let mut config = ServerConfig::new(name, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    config.clock = clock.unwrap_or(config.clock);
    Server::start(config, Arc::new(service)).await.unwrap()
}

fn answered() -> Response {
    let mut response = respond(StatusCode::ACCEPTED, "text/plain", "done");
    response.headers_mut().insert("x-function", HeaderValue::from_static("orders"));
    response
}

fn header<'a>(exchange: &'a Exchange, name: &str) -> Option<&'a str> {
    let line = exchange.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    line.map(|(_, value)| std::str::from_utf8(value).unwrap())
}

fn body(exchange: &Exchange) -> &str {
    std::str::from_utf8(&exchange.body).unwrap()
}

#[tokio::test]
async fn the_current_revision_brings_the_function_key() {
    let lab = Lab::start().await;
    let answer =
        lab.get("/orders/api/orders?a=1", &[("Ocp-Apim-Subscription-Key", KEY), ("x-functions-key", "own")]).await;
    let asked = lab.last();
    assert_eq!((answer.status, body(&answer), header(&answer, "x-function")), (202, "done", Some("orders")));
    assert_eq!(asked.target, "/api/orders?a=1");
    assert_eq!(asked.headers.get_all("x-functions-key").iter().collect::<Vec<_>>(), ["old-key"]);
    assert!(!asked.headers.contains_key("authorization"));
    assert_eq!(lab.tokens.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn the_test_revision_brings_its_identitys_token_in_place_of_the_clients_own() {
    let lab = Lab::start().await;
    let headers = [("Ocp-Apim-Subscription-Key", KEY), ("Authorization", "Bearer own"), ("X-Kept", "yes")];
    let answer = lab.send("POST", "/orders;rev=2/api/orders?a=%2F&b", &headers, "a body").await;
    let asked = lab.last();
    assert_eq!(answer.status, 202);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/api/orders?a=%2F&b"));
    assert_eq!(asked.body, "a body");
    assert_eq!(asked.headers.get_all("authorization").iter().collect::<Vec<_>>(), ["Bearer token-1"]);
    assert_eq!(asked.header("x-kept"), Some("yes"));
    assert_eq!(asked.header("x-forwarded-for"), Some("127.0.0.1"));
    assert!(!asked.headers.contains_key("ocp-apim-subscription-key"));
    let told = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2Forders";
    assert_eq!(*lab.tokens.lock().unwrap(), [told]);
}

#[tokio::test]
async fn an_identity_that_the_policy_names_is_asked_for() {
    let lab = Lab::start().await;
    lab.get("/orders;rev=3/api/orders", &[("Ocp-Apim-Subscription-Key", KEY)]).await;
    assert!(lab.tokens.lock().unwrap()[0].ends_with("&client_id=44c9"));
}

#[rstest]
#[case::alone("?subscription-key=a-subscription-key", "/api/orders")]
#[case::first("?subscription-key=a-subscription-key&a=1", "/api/orders?a=1")]
#[case::last("?a=1&subscription-key=a-subscription-key", "/api/orders?a=1")]
#[tokio::test]
async fn the_key_may_stand_in_the_query_and_goes_no_further(#[case] query: &str, #[case] onwards: &str) {
    let lab = Lab::start().await;
    let answer = lab.get(&format!("/orders;rev=2/api/orders{query}"), &[]).await;
    assert_eq!((answer.status, lab.last().target.as_str()), (202, onwards));
}

#[rstest]
#[case::missing(&[], "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.", 152)]
#[case::invalid(&[("Ocp-Apim-Subscription-Key", "guessed")], "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.", 143)]
#[tokio::test]
async fn without_a_good_key_nothing_is_asked_behind_it(
    #[case] headers: &[(&str, &str)],
    #[case] message: &str,
    #[case] length: usize,
) {
    let lab = Lab::start().await;
    let answer = lab.get("/orders;rev=2/api/orders", headers).await;
    assert_eq!(answer.status, 401);
    assert_eq!(body(&answer), format!(r#"{{ "statusCode": 401, "message": "{message}" }}"#));
    assert_eq!(answer.body.len(), length, "as recorded");
    let host = lab.gateway.url().replace("http://", "");
    let challenge = format!(
        r#"AzureApiManagementKey realm="https://{host}/orders",name="Ocp-Apim-Subscription-Key",type="header""#
    );
    assert_eq!(header(&answer, "www-authenticate"), Some(challenge.as_str()));
    assert_eq!((lab.reached(), lab.tokens.lock().unwrap().len()), (0, 0));
}

#[tokio::test]
async fn a_good_key_in_the_query_does_not_help_a_wrong_one_in_the_header() {
    let lab = Lab::start().await;
    let target = format!("/orders/api/orders?subscription-key={KEY}");
    assert_eq!(lab.get(&target, &[("Ocp-Apim-Subscription-Key", "guessed")]).await.status, 401);
}

#[rstest]
#[case::api("/invoices/api/orders")]
#[case::revision("/orders;rev=9/api/orders")]
#[case::no_number("/orders;rev=two/api/orders")]
#[case::root("/")]
#[case::the_revision_behind_the_path("/api/orders;rev=2")]
#[tokio::test]
async fn what_is_no_api_is_not_found(#[case] target: &str) {
    let lab = Lab::start().await;
    let answer = lab.get(target, &[("Ocp-Apim-Subscription-Key", KEY)]).await;
    let expected = r#"{ "statusCode": 404, "message": "Resource not found" }"#;
    assert_eq!((answer.status, body(&answer), lab.reached()), (404, expected, 0));
}

#[tokio::test]
async fn without_a_token_the_backend_is_not_called() {
    let lab = Lab::start().await;
    lab.status.store(400, Ordering::Relaxed);
    let answer = lab.get("/orders;rev=2/api/orders", &[("Ocp-Apim-Subscription-Key", KEY)]).await;
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, lab.reached()), (500, 0));
    assert_eq!((&told["statusCode"], &told["message"]), (&json!(500), &json!("Internal server error")));
    assert_eq!(told["activityId"].as_str().map(str::len), Some(36));
    // A refusal is not kept.
    lab.status.store(200, Ordering::Relaxed);
    assert_eq!(lab.get("/orders;rev=2/api/orders", &[("Ocp-Apim-Subscription-Key", KEY)]).await.status, 202);
}

#[tokio::test]
async fn a_backend_that_does_not_answer_is_an_error_of_the_gateway() {
    let mut lab = Lab::start().await;
    let elsewhere = listen("elsewhere", None, |_| async { answered() }).await;
    std::mem::replace(&mut lab.backend, elsewhere).stop().await;
    let answer = lab.get("/orders/api/orders", &[("Ocp-Apim-Subscription-Key", KEY)]).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn a_token_is_kept_until_it_is_about_to_expire() {
    let lab = Lab::start().await;
    for (later, tokens) in [(0, 1), (3299, 1), (3300, 2), (6899, 2), (6900, 3)] {
        *lab.now.lock().unwrap() = NOW + later;
        lab.get("/orders;rev=2/api/orders", &[("Ocp-Apim-Subscription-Key", KEY)]).await;
        assert_eq!(lab.tokens.lock().unwrap().len(), tokens, "after {later} s");
        assert_eq!(lab.last().header("authorization"), Some(format!("Bearer token-{tokens}").as_str()));
    }
}
