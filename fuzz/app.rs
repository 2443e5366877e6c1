//! The reference app in memory, with an authority whose one key is made for the run: no input of a fuzzer is signed by it, unless a
//! target signs it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use authsettings::Settings;
use bytes::Bytes;
use function_app::{App, AppConfig, Document, Documents, Fetched};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serve::{Request, Response, Service};
use token::{Draft, SigningKey};
use tokio::runtime::Runtime;

pub const NOW: i64 = 1_790_000_000;
const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const ORDERS: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
const APIM: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const APIM_OBJECT: &str = "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(NOW).expect("a key can be made"));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime needs nothing")
});

/// The authority's documents.
pub struct Published {
    pub metadata: Bytes,
    pub keys: Bytes,
}

impl Published {
    /// As they should be.
    pub fn genuine() -> Self {
        let metadata = format!(
            r#"{{"issuer":"https://login.microsoftonline.com/{TENANT}/v2.0","jwks_uri":"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"}}"#
        );
        let keys = serde_json::json!({ "keys": [KEY.jwk()] });
        Self { metadata: metadata.into(), keys: keys.to_string().into() }
    }
}

impl Documents for Published {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        let metadata = url.ends_with("/.well-known/openid-configuration");
        let body = if metadata { &self.metadata } else { &self.keys }.clone();
        Box::pin(async { Ok(Fetched { status: 200, headers: HeaderMap::new(), body }) })
    }
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let text = include_str!("../fixtures/authsettings.json");
    let (settings, _) = authsettings::read(&diagnostics::Source::new("authsettings.json", text));
    settings.expect("the fixture is sound")
});

/// The app under the settings of the fixture.
pub fn app(published: Published) -> App {
    App::new(AppConfig::new(SETTINGS.clone(), Arc::new(published)))
}

/// What the app answers to a request for the function with this `Authorization` header. None where no such header can be.
pub fn ask(app: &App, authorization: &[u8]) -> Option<Response> {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("func.example.net"));
    headers.insert("authorization", HeaderValue::from_bytes(authorization).ok()?);
    let request = Request {
        method: Method::GET,
        target: "/api/orders".to_owned(),
        headers,
        body: Bytes::new(),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
        https: true,
        at: NOW,
    };
    Some(RUNTIME.block_on(app.call(request)))
}

/// Whether the function answered. All else must be a refusal.
pub fn is_let_in(response: &Response) -> bool {
    let marked = response.headers().contains_key("x-function");
    assert!(marked || matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), "{response:?}");
    marked
}

/// A token of these bytes, signed by the authority.
pub fn sign(header: &[u8], payload: &[u8]) -> String {
    let draft = Draft { header: header.to_vec(), payload: payload.to_vec() };
    let signature = KEY.sign(token::Algorithm::Rs256, draft.signing_input().as_bytes());
    draft.signed(&signature).expose().to_owned()
}

/// Header and payload as the authority makes them.
pub fn genuine() -> (Vec<u8>, Vec<u8>) {
    let header = serde_json::json!({ "typ": "JWT", "alg": "RS256", "kid": KEY.kid() });
    let payload = serde_json::json!({
        "aud": ORDERS, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "tid": TENANT,
        "azp": APIM, "azpacr": "2", "oid": APIM_OBJECT, "sub": APIM_OBJECT,
        "iat": NOW - 300, "nbf": NOW - 300, "exp": NOW + 3600, "roles": ["Orders.Read"], "ver": "2.0",
    });
    (header.to_string().into(), payload.to_string().into())
}

/// Whether JSON, as another reader sees it, is of a token that may come in.
pub fn deserves(payload: &[u8]) -> bool {
    let Ok(claims) = serde_json::from_slice::<serde_json::Value>(payload) else { return false };
    let is = |name: &str, wanted: &str| match &claims[name] {
        serde_json::Value::Array(several) => several.iter().any(|one| one == wanted),
        one => one == wanted,
    };
    is("aud", ORDERS) && (is("azp", APIM) || is("appid", APIM)) && is("tid", TENANT)
}
