//! Each defect opens what it says it opens, and nothing else of what is tried here.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use function_app::{App, AppConfig, Document, Documents, Keys};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rstest::rstest;
use serde_json::{Map, Value, json};
use serve::{Request, Response, Service};
use token::{Algorithm, AppToken, ClientAuth, Draft, Names, SigningKey, Version};

use crate::all;

const NOW: i64 = 1_790_000_000;
const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const FOREIGN: &str = "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d";
const ORDERS: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
const LISTED: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const OBJECT: &str = "77aa88bb-99cc-4ddd-8eee-ff0011223344";

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(NOW).unwrap())
}

/// The authority's documents.
struct Published;

impl Documents for Published {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        let document = if url.ends_with("/openid-configuration") {
            json!({
                "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
                "jwks_uri": format!("https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"),
            })
        } else {
            json!({ "keys": [key().jwk()] })
        };
        Box::pin(async move { Ok(Bytes::from(document.to_string())) })
    }
}

/// The app with these defects.
fn app(ids: &[&str]) -> App {
    let text = include_str!("../../../fixtures/authsettings.json");
    let settings = authsettings::read(&diagnostics::Source::new("authsettings.json", text)).0.unwrap();
    let mut config = AppConfig::new(settings, Arc::new(Published));
    config.keys = Keys { function: "the-function-key".to_owned(), ..config.keys };
    for defect in all().into_iter().filter(|defect| ids.contains(&defect.id)) {
        config.chain = (defect.apply)(config.chain);
    }
    App::new(config)
}

fn request(headers: &[(&str, &str)]) -> Request {
    let headers: HeaderMap = [("host", "func.example.net")]
        .iter()
        .chain(headers)
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()))
        .collect();
    Request {
        method: Method::GET,
        target: "/api/orders".to_owned(),
        headers,
        body: Bytes::new(),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
        https: true,
        at: NOW,
    }
}

/// A token of the listed caller, with some claims and header members changed; signed by nobody where `signed` is false.
fn token(header: &[(&str, Value)], claims: &[(&str, Value)], signed: bool) -> String {
    let issued = AppToken {
        version: Version::V2,
        issuer: Names::Entra.issuer(TENANT, Version::V2),
        tenant: TENANT.to_owned(),
        audience: ORDERS.to_owned(),
        client_id: LISTED.to_owned(),
        client_auth: ClientAuth::Certificate,
        object_id: OBJECT.to_owned(),
        roles: vec![],
        managed_identity: None,
        issued_at: NOW - 300,
        expires_at: NOW + 3600,
        token_id: [7; 16],
    };
    let changed = |mut object: Map<String, Value>, changes: &[(&str, Value)]| {
        object.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        object
    };
    let draft = Draft::of(&changed(issued.header(key().kid()), header), &changed(issued.payload(), claims));
    let signature = if signed { key().sign(Algorithm::Rs256, draft.signing_input().as_bytes()) } else { vec![0; 256] };
    draft.signed(&signature).expose().to_owned()
}

/// What is tried, and the one defect that lets it in.
fn attempts() -> Vec<(&'static str, Request)> {
    let bearing = |token: String| request(&[("authorization", &format!("Bearer {token}"))]);
    let issuer = format!("https://login.microsoftonline.com/{FOREIGN}/v2.0");
    vec![
        ("signature-not-checked", bearing(token(&[], &[], false))),
        ("alg-none-accepted", bearing(token(&[("alg", "nOnE".into())], &[], false))),
        ("audience-not-checked", bearing(token(&[], &[("aud", "api://billing".into())], true))),
        ("issuer-not-checked", bearing(token(&[], &[("iss", issuer.into()), ("tid", FOREIGN.into())], true))),
        ("expiry-not-checked", bearing(token(&[], &[("nbf", (NOW - 4500).into()), ("exp", (NOW - 900).into())], true))),
        ("not-before-not-checked", bearing(token(&[], &[("nbf", (NOW + 900).into())], true))),
        ("allow-list-ignored", bearing(token(&[], &[("azp", "x".into())], true))),
        ("unauthenticated-let-through", request(&[])),
        ("key-instead-of-token", request(&[("x-functions-key", "any"), ("authorization", "Bearer x")])),
    ]
}

async fn reached(app: &App, request: Request) -> Option<Response> {
    let response = app.call(request).await;
    (response.status() == 200).then_some(response)
}

#[tokio::test]
async fn each_defect_lets_in_what_it_is_named_for_and_nothing_else() {
    for defect in all() {
        let app = app(&[defect.id]);
        for (opened_by, request) in attempts() {
            let let_in = reached(&app, request).await.is_some();
            assert_eq!(let_in, opened_by == defect.id, "{} on {}", opened_by, defect.id);
        }
    }
}

#[tokio::test]
async fn without_a_defect_nothing_gets_in_but_the_listed_caller() {
    let app = app(&[]);
    for (what, request) in attempts() {
        assert!(reached(&app, request).await.is_none(), "{what}");
    }
}

#[tokio::test]
async fn the_listed_caller_gets_in_whatever_the_defect() {
    for defect in all() {
        let request = request(&[("authorization", &format!("Bearer {}", token(&[], &[], true)))]);
        assert!(reached(&app(&[defect.id]), request).await.is_some(), "{}", defect.id);
    }
}

#[rstest]
#[case::sound(&[], OBJECT)]
#[case::flawed(&["identity-headers-passed-through"], "spoofed")]
#[tokio::test]
async fn a_spoofed_header_wins_only_where_it_is_passed_through(#[case] defects: &[&str], #[case] expected: &str) {
    let bearer = format!("Bearer {}", token(&[], &[], true));
    let request = request(&[("authorization", &bearer), ("x-ms-client-principal-id", "spoofed")]);
    let response = reached(&app(defects), request).await.unwrap();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["principal"]["id"], expected);
}

#[tokio::test]
async fn the_key_may_be_in_the_query() {
    let request = Request { target: "/api/orders?a=b&code=any".to_owned(), ..request(&[]) };
    assert!(reached(&app(&["key-instead-of-token"]), request).await.is_some());
}

#[test]
fn every_defect_has_a_name_of_its_own_and_says_why() {
    let defects = all();
    let ids: HashSet<&str> = defects.iter().map(|defect| defect.id).collect();
    assert_eq!(ids.len(), defects.len());
    assert!(defects.iter().all(|defect| !defect.title.is_empty() && defect.why.ends_with('.')));
}
