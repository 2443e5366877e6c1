//! The mock issuer as its clients see it: over HTTPS, by its public interface only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod control;
mod errors;
mod keys;
mod metadata;
mod tenants;
mod tokens;

use std::sync::{Arc, LazyLock};

use diagnostics::Source;
use mock_entra::{Config, Directory, MockEntra, Secret};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use serve::{Authority, StateFolder, system_clock};
use tempfile::TempDir;
use token::{Names, SigningKey};

/// The issuer's time in every test.
const NOW: i64 = 1_790_000_000;
const DIRECTORY: &str = include_str!("../../../../fixtures/directory.yaml");
const CONTOSO: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const FABRIKAM: &str = "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d";
const ORDERS: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
const BATCH: &str = "55da0bee-6f71-4082-8e93-0b1c2d3e4f50";
const BATCH_SECRET: &str = "batch-secret-of-the-mock-directory";

/// The key by which `batch` signs its assertions in tests.
static CLIENT_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(NOW).unwrap());
/// Keys made once for all tests that are not about making them.
static STATE: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::open(folder.path()).unwrap();
    for number in 1..=2 {
        let (key, certificate) = SigningKey::generate(NOW).unwrap().to_der().unwrap();
        state.write(&format!("signing-{number}.key"), key.expose()).unwrap();
        state.write(&format!("signing-{number}.cer"), &certificate).unwrap();
    }
    folder
});

/// A running mock and a client that trusts it.
#[expect(clippy::struct_field_names, reason = "the mock under test is nothing but that")]
struct Mock {
    mock: MockEntra,
    client: reqwest::Client,
    /// Its own copy of [`STATE`], unless a test gave another.
    _state: TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

/// The default directory, in which `batch` has the tests' certificate.
fn directory_text() -> String {
    let (before, rest) = DIRECTORY.split_once("            -----BEGIN CERTIFICATE-----\n").unwrap();
    let (_, after) = rest.split_once("-----END CERTIFICATE-----\n").unwrap();
    let pem = CLIENT_KEY.certificate_pem().replace('\n', "\n            ");
    format!("{before}            {}\n{after}", pem.trim_end())
}

fn directory(text: &str) -> Directory {
    let (directory, diagnostics) = Directory::read(&Source::new("directory.yaml", text));
    directory.unwrap_or_else(|| panic!("{}", diagnostics::render(&diagnostics, false)))
}

async fn start() -> Mock {
    start_with(|_| {}).await
}

async fn start_as_entra() -> Mock {
    start_with(|config| config.names = Some(Names::Entra)).await
}

async fn start_with(adjust: impl FnOnce(&mut Config)) -> Mock {
    start_directory(directory(&directory_text()), adjust).await
}

async fn start_directory(directory: Directory, adjust: impl FnOnce(&mut Config)) -> Mock {
    // The certificate is held against the machine's clock by the client, whatever time the issuer believes in.
    let authority = Authority::generate(system_clock()()).unwrap();
    let mut config = Config::new(([127, 0, 0, 1], 0).into(), MockEntra::tls(&authority, &[]).unwrap());
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(STATE.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    config.state = Some(StateFolder::open(folder.path()).unwrap());
    adjust(&mut config);
    let mock = MockEntra::start(config, directory, Arc::new(|| NOW)).await.unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap()])
        .resolve("login.microsoftonline.com", mock.address())
        .no_proxy()
        .build()
        .unwrap();
    Mock { mock, client, _state: folder }
}

impl Mock {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.mock.url())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(self.url(path))).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.client.post(self.url(path)).form(form)).await
    }

    async fn control(&self, action: &str, body: Value) -> Answer {
        self.send(self.client.post(self.url(&format!("/_greenlight/{action}"))).json(&body)).await
    }

    async fn delete(&self, action: &str) -> Answer {
        self.send(self.client.delete(self.url(&format!("/_greenlight/{action}")))).await
    }

    /// A tenant of its own, like contoso; its id.
    async fn tenant(&self) -> String {
        self.control("tenants", json!({"like": "contoso"})).await.body["id"].as_str().unwrap().to_owned()
    }

    /// The ids of the keys that a tenant publishes.
    async fn kids(&self, tenant: &str) -> Vec<String> {
        let set = self.get(&format!("/{tenant}/discovery/keys")).await.body;
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    /// Verifies a token against the keys that the tenant publishes, with a library that is not ours.
    async fn verify(&self, tenant: &str, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
        let kid = jsonwebtoken::decode_header(token)?.kid.unwrap_or_default();
        let set = self.get(&format!("/{tenant}/discovery/v2.0/keys")).await.body;
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(set).unwrap();
        let key = set.find(&kid).ok_or(jsonwebtoken::errors::ErrorKind::InvalidSignature)?;
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let key = jsonwebtoken::DecodingKey::from_jwk(key)?;
        jsonwebtoken::decode(token, &key, &validation).map(|decoded| decoded.claims)
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn token(&self) -> &str {
        self.body["access_token"].as_str().unwrap_or_else(|| panic!("{}", self.body))
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}
