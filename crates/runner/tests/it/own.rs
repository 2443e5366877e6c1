//! Cases with a tenant, a target or a time of their own, or alone with the ones that all others share.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diagnostics::Source;
use http::StatusCode;
use mock_entra::Directory;
use results::Verdict;
use runner::{Issuer, Laboratory, Mocks, MocksConfig, Run, Specimen};
use scenario::{BaseUrl, Profile};
use serde_json::Value;
use serve::{Clock, Request, Response, Server, ServerConfig, respond, system_clock};
use wire::{Client, Trust};

use crate::told::{Told, run};

const CONTOSO: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";

const CONTROL: &str = "
id: valid-caller
control: true
send: { token: { caller: listed } }
expect: accepted
";

/// A target that takes the tokens of one tenant whose key is published, and looks no further.
struct Gate {
    issuer: String,
    client: Client,
    tenant: String,
    memory: Memory,
    /// The ids of all keys that it has seen.
    seen: Mutex<HashSet<String>>,
}

/// What a target keeps of what its issuer said.
#[derive(Clone, Copy, PartialEq)]
enum Memory {
    /// Nothing.
    None,
    /// All keys that were ever published.
    Keys,
    /// That there were none once: it asks for no others.
    Trouble,
}

impl Gate {
    async fn answer(&self, request: Request) -> Response {
        let refuse = || respond(StatusCode::UNAUTHORIZED, "text/plain", "");
        let Some((header, payload)) = request.header("authorization").and_then(token) else { return refuse() };
        let is_time = payload["nbf"].as_i64().is_some_and(|from| from <= request.at)
            && payload["exp"].as_i64().is_some_and(|until| request.at < until);
        if payload["tid"] != *self.tenant || !is_time {
            return refuse();
        }
        let address = format!("{}/{}/discovery/v2.0/keys", self.issuer, self.tenant);
        let keys: Value = match self.client.get(&address, &[]).await {
            Ok(fetched) if fetched.status == 200 => serde_json::from_slice(&fetched.body).unwrap_or_default(),
            _ => Value::Null,
        };
        let ids = keys["keys"].as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str());
        let ids: HashSet<String> = ids.map(str::to_owned).collect();
        let mut seen = self.seen.lock().unwrap();
        match self.memory {
            Memory::Keys => seen.extend(ids),
            Memory::Trouble if seen.contains("trouble") => {}
            Memory::Trouble if ids.is_empty() => *seen = HashSet::from(["trouble".to_owned()]),
            Memory::None | Memory::Trouble => *seen = ids,
        }
        let known = header["kid"].as_str().is_some_and(|kid| seen.contains(kid));
        if known { respond(StatusCode::OK, "text/plain", "") } else { refuse() }
    }

    async fn start(self, clock: Clock) -> Server {
        let gate = Arc::new(self);
        let service = move |request: Request| {
            let gate = Arc::clone(&gate);
            async move { gate.answer(request).await }
        };
        let config = ServerConfig { clock, ..ServerConfig::new("gate", ([127, 0, 0, 1], 0).into()) };
        Server::start(config, Arc::new(service)).await.unwrap()
    }
}

/// Header and payload of a bearer token.
fn token(authorization: &str) -> Option<(Value, Value)> {
    let part = |text: &str| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let mut parts = authorization.strip_prefix("Bearer ")?.split('.');
    Some((part(parts.next()?)?, part(parts.next()?)?))
}

struct Bench {
    mocks: Mocks,
    client: Client,
    started: AtomicUsize,
}

impl Bench {
    async fn new() -> Arc<Self> {
        let directory = include_str!("../../../../fixtures/directory.yaml");
        let directory = Directory::read(&Source::new("directory.yaml", directory)).0.unwrap();
        let mocks = Mocks::start(MocksConfig::new(directory, system_clock())).await.unwrap();
        let trust = Trust::Only(vec![mocks.authority.pem().to_owned()]);
        let client = Client::new(&trust, &[], Duration::from_millis(500)).unwrap();
        Arc::new(Self { mocks, client, started: AtomicUsize::new(0) })
    }

    fn gate(&self, tenant: &str) -> Gate {
        let (issuer, client, tenant) = (self.mocks.entra.url(), self.client.clone(), tenant.to_owned());
        Gate { issuer, client, tenant, memory: Memory::None, seen: Mutex::default() }
    }

    async fn run(self: &Arc<Self>, gate: &Server, laboratory: bool, scenarios: &[&str]) -> Run {
        let profile = format!(
            "{{ target: {{ url: {} }}, tenant: {CONTOSO}, audience: orders, callers: {{ listed: {{ identity: apim }} }} }}",
            gate.url()
        );
        let issuer = Issuer::connect(&self.mocks.entra.url(), Some(self.mocks.authority.pem())).await.unwrap();
        let laboratory = laboratory.then(|| Arc::clone(self) as Arc<dyn Laboratory>);
        Run {
            profile: Profile::read(&Source::new("profile.yaml", profile), &|_| None).0.unwrap(),
            issuer: Some(Arc::new(issuer)),
            laboratory,
            ..run(&gate.url(), scenarios)
        }
    }
}

impl Laboratory for Bench {
    fn app<'a>(
        &'a self,
        tenant: &'a str,
        clock: Clock,
    ) -> Pin<Box<dyn Future<Output = Result<Specimen, String>> + Send + 'a>> {
        Box::pin(async move {
            self.started.fetch_add(1, Ordering::Relaxed);
            let server = self.gate(tenant).start(clock).await;
            let url = BaseUrl { https: false, host: "127.0.0.1".to_owned(), port: server.address().port() };
            Ok(Specimen { url, keep: Box::new(server) })
        })
    }
}

const TROUBLES: [&str; 6] = [
    "{ jwks: { status: 500 } }",
    "{ jwks: reset }",
    "{ jwks: { body: '{}', media-type: application/json } }",
    "{ jwks: { keys: { change: { kid: another } } } }",
    "{ jwks: { keys: { without-own: true, first: ['${stranger.jwk}'], fill: 3 } } }",
    "{ jwks: { redirect: 'https://${target.host}/' } }",
];

/// What is done to the key set in a case of its own, and that all is as before when it ends.
fn disturbing() -> Vec<String> {
    let scenario = |(number, trouble): (usize, &&str)| {
        format!(
            "
id: trouble-{number}
steps:
  - {{ send: {{ token: {{ caller: listed }} }}, expect: accepted }}
  - issuer: {trouble}
  - {{ send: {{ token: {{ caller: listed }} }}, expect: unauthenticated }}
  - issuer: restore
  - {{ send: {{ token: {{ caller: listed }} }}, expect: {{ outcome: accepted, key-fetches: 2 }}, times: 2 }}
"
        )
    };
    TROUBLES.iter().enumerate().map(scenario).collect()
}

const ROTATED: &str = "
id: rotated
steps:
  - issuer: rotate
  - { send: { token: { caller: listed } }, expect: accepted }
  - issuer: retire
  - issuer: { jwks: { keys: { without-own: true, last: ['${issuer.jwk}'] } } }
  - { send: { token: { caller: listed } }, expect: accepted }
  - issuer: rotate
  - { send: { token: { caller: listed } }, expect: unauthenticated }
";

const AGED: &str = "
id: aged
steps:
  - { send: { token: { caller: listed } }, expect: accepted }
  - wait: 13h
  - { send: { token: { caller: listed } }, expect: accepted }
  - { send: { token: { caller: listed, expires-in: -1m } }, expect: unauthenticated }
";

const GREEDY: &str = "
id: greedy
steps:
  - { send: { token: { caller: listed } }, times: 5, expect: { outcome: accepted, key-fetches: 4 } }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_disturbs_has_a_tenant_and_a_target_of_its_own() {
    let bench = Bench::new().await;
    let gate = bench.gate(CONTOSO).start(system_clock()).await;
    let disturbing = disturbing();
    let mut scenarios: Vec<&str> = disturbing.iter().map(String::as_str).collect();
    scenarios.extend([CONTROL, AGED, GREEDY, ROTATED]);
    let told = Told::of(bench.run(&gate, true, &scenarios).await).await;
    for case in &told.cases {
        let expected = if case.id == "greedy" { Verdict::Fail } else { Verdict::Pass };
        assert_eq!(case.verdict, expected, "{} {:?}", case.id, case.reason);
    }
    assert_eq!(told.reason("greedy"), "fetches of keys: 5, expected at most 4");
    assert_eq!(bench.started.load(Ordering::Relaxed), TROUBLES.len() + 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_laboratory_it_is_alone_and_puts_everything_back() {
    let bench = Bench::new().await;
    let gate = bench.gate(CONTOSO).start(system_clock()).await;
    let disturbing = disturbing();
    let mut scenarios: Vec<&str> = disturbing.iter().map(String::as_str).collect();
    scenarios.extend([ROTATED, AGED, CONTROL]);
    let told = Told::of(bench.run(&gate, false, &scenarios).await).await;
    for case in told.cases.iter().filter(|case| case.id != "aged") {
        assert_eq!(case.verdict, Verdict::Pass, "{} {:?}", case.id, case.reason);
    }
    let reason = "waits for 46800 s, and one case may wait for 0 s: allow more with `limits.wait-s`";
    assert_eq!(told.reason("aged"), reason);
    let faults = format!("{}/_greenlight/faults", bench.mocks.entra.url());
    assert_eq!(bench.client.get(&faults, &[]).await.unwrap().body, "[]");
}

const STRANGER_IN: &str = "
id: stranger-in
steps:
  - issuer: { jwks: { keys: { last: ['${stranger.jwk}'] } } }
  - { send: { token: { caller: listed, forge: { signature: stranger } } }, expect: accepted }
";

const STRANGER_OUT: &str = "
id: stranger-out
steps:
  - issuer: { jwks: { keys: { fill: 1 } } }
  - { send: { token: { caller: listed, forge: { signature: stranger } } }, expect: unauthenticated }
";

const DOWN: &str = "
id: down
steps:
  - issuer: { jwks: { status: 500 } }
  - { send: { token: { caller: listed } }, expect: unauthenticated }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_target_remembers_of_a_case_does_not_spoil_the_next() {
    let scenarios = [STRANGER_IN, STRANGER_OUT, DOWN, ROTATED, GREEDY, CONTROL];
    let told = async |memory| {
        let bench = Bench::new().await;
        let gate = Gate { memory, ..bench.gate(CONTOSO) }.start(system_clock()).await;
        Told::of(bench.run(&gate, false, &scenarios).await).await
    };
    let keeps_keys = told(Memory::Keys).await;
    for id in ["stranger-in", "stranger-out"] {
        assert_eq!(keeps_keys.case(id).verdict, Verdict::Pass, "{}", keeps_keys.reason(id));
    }
    let keeps_trouble = told(Memory::Trouble).await;
    for id in ["stranger-in", "stranger-out", "down"] {
        assert_eq!(keeps_trouble.case(id).verdict, Verdict::Pass, "{}", keeps_trouble.reason(id));
    }
    for id in ["rotated", "greedy"] {
        assert_eq!(keeps_trouble.case(id).verdict, Verdict::Skip);
        let why = "the target takes no valid token since `down`, for it keeps what the issuer said then: play this case by itself";
        assert_eq!(keeps_trouble.reason(id), why);
    }
}

/// A target that reads `jku` in a token and goes there, so many milliseconds after its answer; before it, where that is none.
async fn curious(delay: Option<u64>) -> Server {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    let client = CLIENT.get_or_init(|| Client::new(&Trust::default(), &[], Duration::from_secs(1)).unwrap());
    let service = move |request: Request| async move {
        if request.header("authorization") == Some("Bearer good") {
            return respond(StatusCode::OK, "text/plain", "");
        }
        let jku = request
            .header("authorization")
            .and_then(token)
            .and_then(|(header, _)| Some(header["jku"].as_str()?.to_owned()));
        match (jku, delay) {
            (Some(jku), None) => drop(client.get(&jku, &[]).await),
            (Some(jku), Some(delay)) => drop(tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                let _ = client.get(&jku, &[]).await;
            })),
            (None, _) => {}
        }
        respond(StatusCode::UNAUTHORIZED, "text/plain", "")
    };
    Server::start(ServerConfig::new("curious", ([127, 0, 0, 1], 0).into()), Arc::new(service)).await.unwrap()
}

const JKU: &str = "
id: jku
send: { token: { caller: listed, forge: { header: { jku: '${sink.url}/keys' }, signature: stranger } } }
expect: unauthenticated
";

#[tokio::test]
async fn who_comes_to_the_sink_fails_the_case_however_late() {
    for (delay, behind) in [(None, ""), (Some(25), ", after the case")] {
        let target = curious(delay).await;
        let told = Told::of(run(&target.url(), &[JKU, crate::told::VALID_CALLER, crate::told::MISSING_TOKEN])).await;
        assert_eq!(told.case("jku").verdict, Verdict::Fail);
        let reason = told.reason("jku");
        let fits = reason.starts_with("callback: GET /") && reason.contains("/keys from 127.0.0.1:");
        assert!(fits && reason.ends_with(&format!("{behind}, expected none")), "{reason}");
        assert_eq!(told.cases.last().unwrap().id, "jku", "told last");
    }
    let target = crate::stand_in::protected().await;
    let told = Told::of(run(&target.uri(), &[JKU, crate::told::VALID_CALLER])).await;
    assert_eq!(told.case("jku").verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_target_elsewhere_is_told_of_no_place_on_this_machine() {
    let told = Told::of(run("https://func.example.invalid", &[JKU])).await;
    assert!(told.reason("jku").starts_with("the target is on another machine"), "{}", told.reason("jku"));
}
