//! What a flawed app answers to the requests of the suite, asked without a network.
//!
//! A scenario whose requests a flawed app answers to the byte as a sound one does, in no more time and without asking anybody else
//! for anything, ends as it ends against the sound one. So it need not be sent again: of each defect's bout only the others are
//! played. The requests are those that reached a sound app when the scenario was played against it; what a listener refuses by
//! itself never meets a flaw, for flaws are planted behind it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use bytes::Bytes;
use function_app::{App, AppConfig, Chain, Document, Documents};
use http::{HeaderName, HeaderValue};
use scenario::Scenario;
use serve::{Request, Response, Server, ServerConfig, Service};

use super::bout::{bout_at, is_apart};
use super::ground::{Ground, Plant};
use super::setup::Setup;

/// An app that takes longer over the requests of one scenario is looked at for real.
const LONG: Duration = Duration::from_millis(150);

/// The requests of the suite, and what a sound app answers to them.
pub(super) struct Replay {
    setup: Setup,
    parts: Vec<Part>,
    /// Headers whose values differ from one sound answer to the next.
    noise: HashSet<HeaderName>,
    sound: Vec<Vec<Seen>>,
    reads_bodies: bool,
}

/// The requests of one scenario.
struct Part {
    scenario: Arc<Scenario>,
    requests: Vec<Request>,
}

/// What an app did with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    /// How many documents were fetched meanwhile.
    fetched: usize,
}

impl Replay {
    /// Plays each scenario against a sound app and takes its requests down; what needs an app of its own is left out.
    pub(super) async fn record(ground: &Arc<Ground>, scenarios: &[Arc<Scenario>], setup: &Setup) -> Result<Self> {
        let recorder = Arc::new(Recorder { app: app(ground, setup, |chain| chain).0, log: Mutex::default() });
        let listen = ServerConfig::new("function app", ([127, 0, 0, 1], 0).into());
        let listen = ServerConfig { tls: Some(ground.tls()), clock: Arc::clone(&ground.clock), ..listen };
        let server = Server::start(listen, Arc::clone(&recorder)).await?;
        let mut parts = Vec::new();
        for scenario in scenarios.iter().filter(|scenario| !is_apart(scenario)) {
            bout_at(server.address(), ground, std::slice::from_ref(scenario), setup, |chain| chain).await?;
            let requests = std::mem::take(&mut *recorder.log.lock().unwrap_or_else(PoisonError::into_inner));
            parts.push(Part { scenario: Arc::clone(scenario), requests });
        }
        server.stop().await;
        let mut replay = Self {
            setup: setup.clone(),
            parts,
            noise: HashSet::new(),
            sound: Vec::new(),
            reads_bodies: recorder.app.reads_bodies(),
        };
        replay.sound = replay.answers(ground, |chain| chain).await?.0;
        let (again, _) = replay.answers(ground, |chain| chain).await?;
        replay.noise = noise(&replay.sound, &again);
        Ok(replay)
    }

    /// The scenarios that an app with this flaw may answer otherwise than a sound one; all of them where it cannot be told.
    pub(super) async fn differing(self: &Arc<Self>, ground: &Arc<Ground>, plant: Plant) -> Vec<Arc<Scenario>> {
        let all = || self.parts.iter().map(|part| Arc::clone(&part.scenario)).collect();
        if app(ground, &self.setup, plant).0.reads_bodies() != self.reads_bodies {
            return all();
        }
        let (replay, ground) = (Arc::clone(self), Arc::clone(ground));
        // Where a flaw panics the task ends, and nothing is known.
        let asked = tokio::spawn(async move { replay.answers(&ground, plant).await });
        let Ok(Ok((answers, long))) = asked.await else { return all() };
        let parts = self.parts.iter().zip(&self.sound).zip(answers).enumerate();
        let differing = parts.filter(|(at, ((_, sound), flawed))| long.contains(at) || !self.same(sound, flawed));
        differing.map(|(_, ((part, _), _))| Arc::clone(&part.scenario)).collect()
    }

    /// What an app answers to all requests, in their order, and the places of the scenarios that took long.
    async fn answers(&self, ground: &Ground, plant: Plant) -> Result<(Vec<Vec<Seen>>, HashSet<usize>)> {
        let (app, fetched) = app(ground, &self.setup, plant);
        let (mut answers, mut long) = (Vec::with_capacity(self.parts.len()), HashSet::new());
        for (at, part) in self.parts.iter().enumerate() {
            let begun = Instant::now();
            let mut seen = Vec::with_capacity(part.requests.len());
            for request in &part.requests {
                let before = fetched.load(Ordering::Relaxed);
                let response = app.call(request.clone()).await;
                seen.push(Seen::of(response, fetched.load(Ordering::Relaxed) - before));
            }
            if begun.elapsed() > LONG {
                long.insert(at);
            }
            answers.push(seen);
        }
        if answers.iter().all(Vec::is_empty) { Err(anyhow!("no request was taken down")) } else { Ok((answers, long)) }
    }

    fn same(&self, sound: &[Seen], flawed: &[Seen]) -> bool {
        let told = |seen: &Seen| -> Vec<(HeaderName, HeaderValue)> {
            seen.headers.iter().filter(|(name, _)| !self.noise.contains(name)).cloned().collect()
        };
        let same = |one: &Seen, other: &Seen| {
            (one.status, &one.body, one.fetched) == (other.status, &other.body, other.fetched)
                && told(one) == told(other)
        };
        sound.len() == flawed.len() && sound.iter().zip(flawed).all(|(one, other)| same(one, other))
    }
}

impl Seen {
    fn of(response: Response, fetched: usize) -> Self {
        let (parts, body) = response.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { status: parts.status.as_u16(), headers, body, fetched }
    }
}

/// The headers that two equal apps answer with different values.
fn noise(one: &[Vec<Seen>], other: &[Vec<Seen>]) -> HashSet<HeaderName> {
    let pairs = one.iter().flatten().zip(other.iter().flatten());
    let differing = pairs.flat_map(|(one, other)| {
        let values = |name: &HeaderName| other.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        one.headers.iter().filter(move |(name, value)| values(name) != Some(value)).map(|(name, _)| name.clone())
    });
    differing.collect()
}

/// An app without a listener, and how many documents it has fetched.
fn app(ground: &Ground, setup: &Setup, plant: Plant) -> (App, Arc<AtomicUsize>) {
    let fetched = Arc::new(AtomicUsize::new(0));
    let documents = Counted { inner: ground.documents(), fetched: Arc::clone(&fetched) };
    let config = AppConfig::new(setup.settings.clone(), Arc::new(documents));
    (App::new(AppConfig { chain: plant(Chain::standard()), keys: ground.keys.clone(), ..config }), fetched)
}

/// Counts what is fetched.
struct Counted {
    inner: Arc<dyn Documents>,
    fetched: Arc<AtomicUsize>,
}

impl Documents for Counted {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        self.inner.get(url)
    }
}

/// A sound app that takes down what reaches it.
struct Recorder {
    app: App,
    log: Mutex<Vec<Request>>,
}

impl Service for Recorder {
    async fn call(&self, request: Request) -> Response {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.app.call(request).await
    }

    fn reads_bodies(&self) -> bool {
        self.app.reads_bodies()
    }
}
