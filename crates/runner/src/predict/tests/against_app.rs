//! The prediction beside what the reference app makes of the same tokens as bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use authsettings::{
    Action, Answer, Authority, AuthorizationPolicy, Claim, ClaimChecks, Expected, InvalidToken, Settings, Tenant,
};
use bytes::Bytes;
use function_app::{App, AppConfig, Document, Documents, Fetched, MARKER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use proptest::sample::select;
use scenario::{Door, Send, Step};
use serde_json::json;
use serve::{Request, Service};
use token::{AppToken, ClientAuth, Forged, Materials, Recipe, SigningKey, Stranger, Token, Version, forge};

use super::{scenarios, settings};
use crate::issuer::VersionAsked;
use crate::predict::reading::Base;
use crate::predict::{Predictor, StepPrediction, World, predict};

const RECIPES: &str = include_str!("recipes.yaml");
const NOW: i64 = 1_790_000_000;
const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const LISTED: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const OBJECT: &str = "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32";
const GROUP: &str = "c7d8e9fa-0b1c-4d2e-8f3a-4b5c6d7e8f90";
const NOBODY: &str = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(NOW).unwrap())
}

fn stranger() -> &'static Stranger {
    static KEY: OnceLock<Stranger> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(NOW).unwrap().into())
}

/// An authority in memory, which signs the tokens of all its tenants by one key.
struct Memory {
    issuer: String,
    keys: String,
}

impl Documents for Memory {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        let body = if url.ends_with("/openid-configuration") {
            json!({ "issuer": self.issuer, "jwks_uri": self.keys })
        } else {
            json!({ "keys": [key().jwk()] })
        };
        let body = Bytes::from(body.to_string());
        Box::pin(async move { Ok(Fetched { status: 200, headers: HeaderMap::new(), body }) })
    }
}

fn app(settings: &Settings) -> App {
    let authority = settings.authority();
    let issuer = |authority: &Authority| match &authority.tenant {
        Tenant::Id(id) => authority.issuer(id, authority.version),
        _ => authority.issuer("{tenantid}", authority.version),
    };
    let documents = Memory {
        issuer: authority.as_ref().map(issuer).unwrap_or_default(),
        keys: format!("{}/keys", authority.map(|one| one.authorize_endpoint()).unwrap_or_default()),
    };
    App::new(AppConfig::new(settings.clone(), Arc::new(documents)))
}

/// Mints the token of a recipe for somebody of the world.
fn minted(recipe: &Recipe, world: &World) -> Token {
    let version = match recipe.version {
        token::TokenVersion::Other => world.version().other(),
        _ => world.version(),
    };
    let base = Base {
        caller: recipe.caller.clone(),
        audience: recipe.audience.clone(),
        tenant: recipe.tenant.clone(),
        version: version.into(),
    };
    let issued = world.issued(&base).unwrap();
    let claim = |name: &str| world.fill(&format!("${{issued.{name}}}"), &issued).unwrap();
    let base = AppToken {
        version,
        issuer: claim("iss"),
        tenant: claim("tid"),
        audience: claim("aud"),
        client_id: claim("azp"),
        client_auth: ClientAuth::Certificate,
        object_id: claim("oid"),
        roles: vec!["Orders.Read".to_owned()],
        managed_identity: None,
        issued_at: NOW - 300,
        expires_at: NOW + 3600,
        token_id: [7; 16],
    };
    let base = base.mint(key());
    let mut recipe = recipe.clone();
    recipe.fill(&|name| world.value(name)).unwrap();
    if let Claim::Is(groups) = issued.groups {
        recipe.claims.insert(0, ("groups".to_owned(), Some(groups.into())));
    }
    let materials = Materials { now: NOW, stranger: &stranger, issuer: None };
    match forge(&base, &recipe, &materials).unwrap() {
        Forged::Ready(token) => token,
        Forged::NeedsSignature { input, algorithm, unfinished } => {
            unfinished.signed(&key().sign(algorithm, &input)).unwrap()
        }
    }
}

fn request(send: &Send, world: &World) -> Request {
    let token = send.token.as_ref().map(|recipe| minted(recipe, world));
    let mut headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("func.example.net"))]);
    for (name, value) in &send.headers {
        let value = value.octets().bytes(&|_| token.as_ref().map(|token| token.expose_bytes().to_vec())).unwrap();
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(&value).unwrap());
    }
    let door = if send.to == Door::Excluded { "target.excluded" } else { "target.path" };
    Request {
        method: Method::GET,
        target: send.path.clone().unwrap_or_else(|| world.value(door).unwrap()),
        headers,
        body: Bytes::new(),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
        https: true,
        at: NOW,
    }
}

/// Whether what the app did is what was foretold.
fn is_as_foretold(step: &StepPrediction<'_>, status: u16, marked: bool) -> bool {
    match step.answer {
        None | Some(Answer::Depends(_)) => true,
        Some(Answer::Reaches { .. }) => marked || status == 404,
        Some(Answer::Refused { status: wanted, .. } | Answer::Redirect { status: wanted, .. }) => {
            status == *wanted && !marked
        }
        Some(Answer::Endpoint) => !marked,
    }
}

fn some_of(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    proptest::sample::subsequence(all, 0..=all.len()).prop_map(|some| some.into_iter().map(str::to_owned).collect())
}

prop_compose! {
    fn any_settings()(
        enabled in prop::bool::weighted(0.9),
        require in prop::bool::weighted(0.8),
        action in select(vec![Action::Return401, Action::Return403, Action::RedirectToLoginPage, Action::AllowAnonymous]),
        issuer in select(vec![
            format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            format!("https://sts.windows.net/{TENANT}/"),
            "https://login.microsoftonline.com/common/v2.0".to_owned(),
            "https://login.microsoftonline.com/v2.0/placeholder/".to_owned(),
        ]),
        audiences in some_of(&["api://orders", "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41"]),
        excluded in some_of(&["/api/health", "/api/*", "/api/orders"]),
        policy in prop::option::of((prop::option::of(some_of(&[LISTED, NOBODY])), some_of(&[OBJECT, NOBODY]), some_of(&[GROUP]))),
        (clients, groups) in (some_of(&[LISTED]), some_of(&[GROUP])),
        tenants in some_of(&[TENANT]),
        principal in prop::bool::weighted(0.2),
        (implicit, wrong_audience) in (any::<bool>(), select(vec![401_u16, 403])),
        (on_anonymous, on_excluded) in (
            select(vec![InvalidToken::PassAsAnonymous, InvalidToken::Refuse]),
            select(vec![InvalidToken::PassAsAnonymous, InvalidToken::Refuse]),
        ),
    ) -> Settings {
        let mut settings = settings("secure");
        settings.enabled = enabled;
        (settings.validation.require_authentication, settings.validation.action) = (require, action);
        settings.validation.excluded_paths = excluded;
        settings.app.allowed_tenants = tenants;
        settings.app.require_client_service_principal = principal;
        settings.knobs.implicit_client_id_audience = implicit;
        settings.knobs.wrong_audience_status = wrong_audience;
        (settings.knobs.invalid_token_on_anonymous, settings.knobs.invalid_token_on_excluded) = (on_anonymous, on_excluded);
        let entra = settings.entra.as_mut().unwrap();
        (entra.issuer, entra.allowed_audiences) = (Some(issuer), audiences);
        entra.claim_checks = ClaimChecks { groups, client_applications: clients };
        entra.policy = policy.map(|(applications, identities, groups)| AuthorizationPolicy { applications, identities, groups });
        settings
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_foretold_is_what_the_reference_app_does(settings in any_settings()) {
        let scenarios = scenarios("core/recipes.yaml", RECIPES);
        let predictor = Predictor::new(&scenarios);
        let world = World::of_settings(&settings, &Expected { callers: vec![LISTED.to_owned()], ..Expected::default() });
        let prediction = predict(&settings, &world, &predictor);
        let app = app(&settings);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut definite = 0;
        for (predicted, case) in prediction.cases().zip(scenarios[0].cases()) {
            let [Step::Exchange(exchange)] = case.steps.as_slice() else { panic!("one exchange") };
            let step = predicted.steps().next().expect("one step");
            if step.answer.is_none() {
                continue;
            }
            definite += usize::from(step.is_definite());
            let response = runtime.block_on(app.call(request(&exchange.send, &world)));
            let (status, marked) = (response.status().as_u16(), response.headers().contains_key(MARKER));
            prop_assert!(is_as_foretold(&step, status, marked), "{}: {}, but {status}", predicted.name, step.phrase());
        }
        prop_assert!(definite > 30, "{definite}");
    }
}

/// What the world issues in one version is not what it issues in the other.
#[test]
fn versions_have_issuers_of_their_own() {
    let settings = settings("secure");
    let world = World::of_settings(&settings, &Expected::default());
    let issuer = |version: Version| {
        let base =
            Base { caller: "listed".to_owned(), audience: None, tenant: None, version: VersionAsked::from(version) };
        world.fill("${issued.iss}", &world.issued(&base).unwrap())
    };
    assert_eq!(issuer(Version::V1), Some(format!("https://sts.windows.net/{TENANT}/")));
    assert_eq!(issuer(Version::V2), Some(format!("https://login.microsoftonline.com/{TENANT}/v2.0")));
}
