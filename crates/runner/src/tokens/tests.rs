use authsettings::Settings;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use diagnostics::Source;
use results::Redactor;
use scenario::Profile;
use serde_json::{Value, json};
use token::{Algorithm, Forge, HmacSecret, Lifetime, Signature, SigningKey, Version};
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const NOW: UnixTime = 1_790_000_000;
const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";

fn roles(settings: Option<&Settings>) -> Roles {
    let text = "
target: { url: https://func.example.net }
audience: orders
callers: { listed: { identity: apim } }
";
    Roles::new(&Profile::read(&Source::new("profile.yaml", text), &|_| None).0.unwrap(), settings)
}

fn recipe(signature: Signature) -> Recipe {
    Recipe { caller: "listed".to_owned(), forge: Forge { signature, ..Forge::default() }, ..Recipe::default() }
}

fn header(token: &Token) -> Value {
    token.open().unwrap().0.header_json().unwrap().into()
}

fn payload(token: &Token) -> Value {
    token.open().unwrap().0.payload_json().unwrap().into()
}

fn signature(token: &Token) -> &str {
    token.expose().split('.').nth(2).unwrap_or_default()
}

#[tokio::test]
async fn without_an_issuer_a_token_looks_like_entras_and_nobody_trusts_its_key() {
    let settings =
        authsettings::read(&Source::new("a.json", include_str!("../../../../fixtures/authsettings.json"))).0.unwrap();
    let tokens = Tokens::new(None, roles(Some(&settings)), Wallet::empty(), &Redactor::default());
    let token = tokens.make(&recipe(Signature::Stranger), NOW, None).await.unwrap();

    let claims = payload(&token);
    assert_eq!(claims["iss"], format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    assert_eq!(claims["aud"], "orders");
    assert_eq!((&claims["nbf"], &claims["exp"]), (&json!(NOW - 300), &json!(NOW + 3600)));
    assert_eq!(header(&token)["kid"], tokens.stock.stranger(NOW).await.unwrap().key().kid());
    let again = tokens.make(&recipe(Signature::Stranger), NOW, None).await.unwrap();
    assert_eq!(header(&again), header(&token), "the stranger stays the same");
}

#[tokio::test]
async fn without_an_issuer_what_needs_no_trusted_signature_is_forged() {
    let tokens = Tokens::new(None, roles(None), Wallet::empty(), &Redactor::default());
    let empty = tokens.make(&recipe(Signature::Empty), NOW, None).await.unwrap();
    assert!(empty.expose().ends_with('.'), "{empty:?}");
    let absent = tokens.make(&recipe(Signature::Absent), NOW, None).await.unwrap();
    assert_eq!(absent.expose().matches('.').count(), 1, "{absent:?}");
    let hmac = tokens.make(&recipe(Signature::Hmac(HmacSecret::Empty)), NOW, None).await.unwrap();
    assert_eq!(header(&hmac)["alg"], "HS256");
    let foreign = payload(&empty);
    assert_eq!(foreign["iss"], format!("https://login.microsoftonline.com/{NOBODY}/v2.0"), "a tenant nobody told us");

    let changed =
        Recipe { lifetime: Lifetime { expires_in: Some(-900), ..Lifetime::default() }, ..recipe(Signature::Issuer) };
    let trouble = tokens.make(&changed, NOW, None).await.unwrap_err();
    assert_eq!(trouble.to_string(), "it needs a signature that the target trusts, and the run has no issuer");
}

#[tokio::test]
async fn a_token_that_was_handed_out_is_hidden_in_every_later_answer() {
    let stub = Stub::start().await;
    stub.mints_once().await;
    let tokens = stub.tokens().await;
    let token = tokens.make(&recipe(Signature::Issuer), NOW, None).await.unwrap();
    let (_, signature) = token.expose().rsplit_once('.').unwrap();
    let echoed = BASE64_STANDARD.encode(signature);
    assert!(!tokens.redactor().text(&format!("you sent {echoed} before")).as_str().contains(&echoed));
}

/// A stand-in for the control API of a mock issuer, and the key that it signs with.
struct Stub {
    server: MockServer,
    key: SigningKey,
    base: Token,
}

impl Stub {
    async fn start() -> Self {
        let key = SigningKey::generate(NOW).unwrap();
        let base = AppToken {
            version: Version::V2,
            issuer: Names::Entra.issuer(TENANT, Version::V2),
            tenant: TENANT.to_owned(),
            audience: "orders".to_owned(),
            client_id: "apim-id".to_owned(),
            client_auth: ClientAuth::Certificate,
            object_id: "apim-object".to_owned(),
            roles: Vec::new(),
            managed_identity: None,
            issued_at: NOW,
            expires_at: NOW + 3600,
            token_id: [7; 16],
        }
        .mint(&key);
        let stub = Self { server: MockServer::start().await, key, base };
        stub.answer("GET", "/_greenlight/status", json!({"ready": true})).await;
        let directory = json!({"tenants": [{"name": "contoso", "id": TENANT, "applications": [], "identities": []}]});
        stub.answer("GET", "/_greenlight/directory", directory).await;
        stub
    }

    async fn answer(&self, verb: &str, at: &str, body: Value) {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.server).await;
    }

    /// Hands out the base token, once: who asks twice is refused.
    async fn mints_once(&self) {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"token": self.base.expose()}));
        let asked = body_partial_json(json!({"caller": "apim", "audience": "orders"}));
        let mint = Mock::given(method("POST")).and(path("/_greenlight/mint")).and(asked);
        mint.respond_with(answer).up_to_n_times(1).expect(1).mount(&self.server).await;
    }

    async fn tokens(&self) -> Tokens {
        by(Arc::new(self.issuer().await))
    }

    async fn issuer(&self) -> Issuer {
        Issuer::connect(&self.server.uri(), None).await.unwrap()
    }
}

#[tokio::test]
async fn an_issuer_is_asked_once_for_the_same_token() {
    let stub = Stub::start().await;
    stub.mints_once().await;
    let tokens = stub.tokens().await;
    let (as_issued, flipped) = (recipe(Signature::Issuer), recipe(Signature::Flipped));
    let (first, second, third) = tokio::join!(
        tokens.make(&as_issued, NOW, None),
        tokens.make(&flipped, NOW, None),
        tokens.make(&as_issued, NOW + 60, None)
    );
    assert_eq!(first.unwrap(), stub.base);
    assert_eq!(third.unwrap(), stub.base);
    let flipped = second.unwrap();
    assert_eq!(payload(&flipped), payload(&stub.base));
    assert_ne!(signature(&flipped), signature(&stub.base));
}

/// The tokens of one run.
fn by(issuer: Arc<Issuer>) -> Tokens {
    Tokens::new(Some(issuer), roles(None), Wallet::empty(), &Redactor::default())
}

#[tokio::test]
async fn runs_that_share_an_issuer_share_what_it_did() {
    let stub = Stub::start().await;
    stub.mints_once().await;
    let signature_once = ResponseTemplate::new(200).set_body_json(json!({"signature": "AAAA"}));
    let sign = Mock::given(method("POST")).and(path("/_greenlight/sign"));
    sign.respond_with(signature_once).up_to_n_times(1).expect(1).mount(&stub.server).await;
    let issuer = Arc::new(stub.issuer().await.shared());
    let expired =
        Recipe { lifetime: Lifetime { expires_in: Some(-900), ..Lifetime::default() }, ..recipe(Signature::Issuer) };
    let (one, other) = (by(Arc::clone(&issuer)), by(issuer));
    let token = one.make(&expired, NOW, None).await.unwrap();
    assert_eq!(other.make(&expired, NOW, None).await.unwrap(), token);
    let stranger = one.make(&recipe(Signature::Stranger), NOW, None).await.unwrap();
    assert_eq!(header(&other.make(&recipe(Signature::Stranger), NOW, None).await.unwrap()), header(&stranger));

    let echoed = BASE64_STANDARD.encode(signature(&stub.base));
    assert!(!other.redactor().text(&echoed).as_str().contains(&echoed), "each run hides what it was handed out");
}

#[tokio::test]
async fn what_is_changed_is_signed_by_the_tenant_that_issued_it_whatever_is_written_into_it() {
    let stub = Stub::start().await;
    stub.mints_once().await;
    let answer = json!({"signature": BASE64_URL_SAFE_NO_PAD.encode("the issuer's signature")});
    let asked = body_partial_json(json!({"tenant": TENANT, "algorithm": "RS256"}));
    let sign = Mock::given(method("POST")).and(path("/_greenlight/sign")).and(asked);
    sign.respond_with(ResponseTemplate::new(200).set_body_json(answer)).expect(1).mount(&stub.server).await;

    let recipe = Recipe { claims: vec![("tid".to_owned(), Some(json!("elsewhere")))], ..recipe(Signature::Issuer) };
    let token = stub.tokens().await.make(&recipe, NOW, None).await.unwrap();
    assert_eq!(payload(&token)["tid"], "elsewhere");
    assert_eq!(signature(&token), BASE64_URL_SAFE_NO_PAD.encode("the issuer's signature"));
}

#[tokio::test]
async fn an_hmac_is_keyed_with_the_key_that_the_issuer_publishes() {
    let stub = Stub::start().await;
    stub.mints_once().await;
    stub.answer("GET", &format!("/{TENANT}/discovery/v2.0/keys"), json!({"keys": [stub.key.jwk()]})).await;
    let token = stub.tokens().await.make(&recipe(Signature::Hmac(HmacSecret::SpkiPem)), NOW, None).await.unwrap();
    assert_eq!(header(&token)["alg"], "HS256");
    assert_eq!(header(&token)["kid"], stub.key.kid());
    let length = BASE64_URL_SAFE_NO_PAD.decode(signature(&token)).unwrap().len();
    assert_eq!(length, 32, "of an HMAC with SHA-256");
}

#[tokio::test]
async fn an_issuer_that_fails_is_asked_again_by_the_next() {
    let stub = Stub::start().await;
    let trouble = ResponseTemplate::new(400).set_body_json(json!({"error": "there is no identity `apim`"}));
    let mint = Mock::given(method("POST")).and(path("/_greenlight/mint"));
    mint.respond_with(trouble).up_to_n_times(1).mount(&stub.server).await;
    stub.mints_once().await;
    let tokens = stub.tokens().await;
    let trouble = tokens.make(&recipe(Signature::Issuer), NOW, None).await.unwrap_err();
    assert_eq!(trouble.to_string(), "the mock issuer, asked for a token, answered 400: there is no identity `apim`");
    assert_eq!(tokens.make(&recipe(Signature::Issuer), NOW, None).await.unwrap(), stub.base);
}

#[tokio::test]
async fn claims_of_what_can_be_read_are_read() {
    let key = SigningKey::generate(NOW).unwrap();
    let draft = |payload: &str| token::Draft { header: b"{}".to_vec(), payload: payload.into() };
    let signed = |payload: &str| {
        let draft = draft(payload);
        let signature = key.sign(Algorithm::Rs256, draft.signing_input().as_bytes());
        draft.signed(&signature)
    };
    assert_eq!(claim(&signed(r#"{"oid":"a"}"#), "oid").as_deref(), Some("a"));
    for unreadable in [signed(r#"{"oid":1}"#), signed("{}"), signed("no JSON"), Token::new("a.b"), Token::new("")] {
        assert_eq!(claim(&unreadable, "oid"), None, "{unreadable:?}");
    }
}
