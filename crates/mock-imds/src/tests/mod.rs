//! The endpoints over real sockets, with the directory that ships.

mod app_service;
mod arc;
mod imds;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diagnostics::Source;
use mock_entra::{Directory, Issuer, MockEntra};
use serde_json::Value;
use serve::Authority;

use crate::{Config, MockImds};

const NOW: i64 = 1_790_000_000;
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

const APIM: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const APIM_OBJECT: &str = "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32";
const REPORTING: &str = "44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f";
const REPORTING_ID: &str = "/subscriptions/5e1f0c3a-7d42-4b19-8f60-a9c3d2e1b047/resourceGroups/rg-reporting/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reporting";

/// One issuer for all tests: its signing keys take time to make. It outlives the runtime of each test.
fn issuer() -> Arc<Issuer> {
    static ISSUER: OnceLock<(tokio::runtime::Runtime, MockEntra)> = OnceLock::new();
    let (_, entra) = ISSUER.get_or_init(|| {
        let text = include_str!("../../../../fixtures/directory.yaml");
        // A second user-assigned identity, so that there can be several without a system-assigned one.
        let more = "    managed-identities:\n      - { name: archive, client-id: 99999999-0000-4000-8000-000000000001, object-id: \
                    99999999-0000-4000-8000-000000000002, id: /subscriptions/5e1f0c3a-7d42-4b19-8f60-a9c3d2e1b047/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/archive }\n";
        let source = Source::new("directory.yaml", text.replacen("    managed-identities:\n", more, 1));
        let (directory, problems) = Directory::read(&source);
        let directory = directory.unwrap_or_else(|| panic!("{problems:?}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let entra = runtime.spawn(async {
            let tls = Authority::generate(NOW).unwrap().tls(&["localhost".to_owned()]).unwrap();
            let config = mock_entra::Config { keys: 1, ..mock_entra::Config::new(LOOPBACK, tls) };
            let entra = MockEntra::start(config, directory, Arc::new(|| NOW)).await.unwrap();
            entra.ready().await.unwrap();
            entra
        });
        let entra = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(entra)).join().unwrap().unwrap());
        (runtime, entra)
    });
    Arc::clone(entra.issuer())
}

/// A mock whose time the test sets.
struct Mock {
    running: MockImds,
    now: Arc<AtomicI64>,
    client: reqwest::Client,
}

/// What came back.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Mock {
    async fn start(config: Config) -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || clock.load(Ordering::Relaxed));
        let running = MockImds::start(config, issuer(), clock).await.unwrap();
        Self { running, now, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// Serves these identities of the first tenant.
    async fn serving(identities: &[&str]) -> Self {
        let identities = identities.iter().map(ToString::to_string).collect();
        Self::start(Config { identities, ..Config::new(LOOPBACK) }).await
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("http://{}{path}", self.running.address());
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn claims(&self) -> Value {
        let json = self.json();
        let payload = json["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Compares a status and body with its snapshot, tokens and random ids apart.
fn snapshot(name: &str, answer: &Answer) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r#"eyJ[^"]+"#, "[token]");
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", "[id]");
    let text = format!("{} {}\n{}", answer.status, answer.header("content-type"), answer.body);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
