//! An app, an authority in memory, and tokens.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use authsettings::Settings;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};
use serve::{Request, Response, Service};
use token::{Algorithm, AppToken, ClientAuth, Draft, Names, SigningKey, Version};

use crate::{App, AppConfig, Document, Documents, Fetched};

pub(crate) const NOW: i64 = 1_790_000_000;
pub(crate) const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
pub(crate) const FOREIGN: &str = "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d";
pub(crate) const ORDERS: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
pub(crate) const LISTED: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
pub(crate) const UNLISTED: &str = "44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f";
pub(crate) const OBJECT: &str = "77aa88bb-99cc-4ddd-8eee-ff0011223344";

pub(crate) type Json = Map<String, Value>;

/// The authority's key. Making one takes a while, so all tests share it.
pub(crate) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(NOW).unwrap())
}

/// A key that nobody publishes, until a test does.
pub(crate) fn stranger() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(NOW).unwrap())
}

/// The settings of the fixture, for whatever principal calls.
pub(crate) fn settings() -> Settings {
    let text = include_str!("../../../../fixtures/authsettings.json");
    let mut settings = authsettings::read(&diagnostics::Source::new("authsettings.json", text)).0.unwrap();
    if let Some(policy) = settings.entra.as_mut().and_then(|entra| entra.policy.as_mut()) {
        (policy.identities, policy.groups) = (Vec::new(), Vec::new());
    }
    settings
}

/// The authority's documents, as a test wants them, and how often they were asked for.
pub(crate) struct Memory {
    pub(crate) metadata: Mutex<Result<Value, String>>,
    pub(crate) keys: Mutex<Result<Value, String>>,
    /// With which status keys are answered.
    pub(crate) status: AtomicU16,
    asked: AtomicUsize,
}

impl Memory {
    pub(crate) fn new() -> Arc<Self> {
        let metadata = json!({
            "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            "jwks_uri": format!("https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"),
        });
        let memory = Self {
            metadata: Mutex::new(Ok(metadata)),
            keys: Mutex::new(Ok(Value::Null)),
            status: AtomicU16::new(200),
            asked: AtomicUsize::new(0),
        };
        memory.publish(&[key()]);
        Arc::new(memory)
    }

    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| serde_json::to_value(key.jwk()).unwrap()).collect();
        *self.keys.lock().unwrap() = Ok(json!({ "keys": keys }));
    }

    /// How often keys were asked for since the last time this was called.
    pub(crate) fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

impl Documents for Memory {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        Box::pin(async move {
            // Others get a turn, as they would while a network is waited for.
            tokio::task::yield_now().await;
            let document = if url.ends_with("/.well-known/openid-configuration") {
                self.metadata.lock().unwrap().clone()
            } else {
                self.asked.fetch_add(1, Ordering::Relaxed);
                self.keys.lock().unwrap().clone()
            };
            let body = Bytes::from(document?.to_string());
            Ok(Fetched { status: self.status.load(Ordering::Relaxed), headers: HeaderMap::new(), body })
        })
    }
}

pub(crate) fn app(change: impl FnOnce(&mut AppConfig)) -> App {
    app_with(Memory::new(), change)
}

pub(crate) fn app_with(memory: Arc<Memory>, change: impl FnOnce(&mut AppConfig)) -> App {
    let mut config = AppConfig::new(settings(), memory);
    change(&mut config);
    App::new(config)
}

pub(crate) fn request(method: Method, target: &str, headers: &[(&str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    if !map.contains_key("host") {
        map.insert("host", HeaderValue::from_static("func.example.net"));
    }
    Request {
        method,
        target: target.to_owned(),
        headers: map,
        body: Bytes::new(),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
        https: true,
        at: NOW,
    }
}

/// GET /api/orders with a token.
pub(crate) fn bearing(token: &str) -> Request {
    request(Method::GET, "/api/orders", &[("authorization", &format!("Bearer {token}"))])
}

pub(crate) async fn ask(app: &App, request: Request) -> Response {
    app.call(request).await
}

/// Status and, where the platform refused, why: `401 Expired`.
pub(crate) async fn told(app: &App, request: Request) -> String {
    let status = ask(app, request).await.status().as_u16();
    match app.decisions().last().and_then(|decision| decision.reason) {
        Some(reason) => format!("{status} {reason:?}"),
        None => status.to_string(),
    }
}

pub(crate) fn header() -> Json {
    listed(Version::V2).header(key().kid())
}

pub(crate) fn payload() -> Json {
    listed(Version::V2).payload()
}

pub(crate) fn listed(version: Version) -> AppToken {
    AppToken {
        version,
        issuer: Names::Entra.issuer(TENANT, version),
        tenant: TENANT.to_owned(),
        audience: ORDERS.to_owned(),
        client_id: LISTED.to_owned(),
        client_auth: ClientAuth::Certificate,
        object_id: OBJECT.to_owned(),
        roles: vec!["Orders.Read".to_owned()],
        managed_identity: None,
        issued_at: NOW - 300,
        expires_at: NOW + 3600,
        token_id: [7; 16],
    }
}

/// Signs by the authority's key, RS256.
pub(crate) fn sign(header: &Json, payload: &Json) -> String {
    sign_by(key(), Algorithm::Rs256, header, payload)
}

pub(crate) fn sign_by(key: &SigningKey, algorithm: Algorithm, header: &Json, payload: &Json) -> String {
    let draft = Draft::of(header, payload);
    let signature = key.sign(algorithm, draft.signing_input().as_bytes());
    draft.signed(&signature).expose().to_owned()
}

/// The listed caller's token, with some claims set or, by null, removed.
pub(crate) fn token(changes: &[(&str, Value)]) -> String {
    sign(&header(), &changed(payload(), changes))
}

pub(crate) fn changed(mut object: Json, changes: &[(&str, Value)]) -> Json {
    for (name, value) in changes {
        if value.is_null() {
            object.shift_remove(*name);
        } else {
            object.insert((*name).to_owned(), value.clone());
        }
    }
    object
}
