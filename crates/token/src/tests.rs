//! What tokens, keys and forgeries are, checked to the byte and by a second opinion.

use std::sync::LazyLock;

use insta::assert_snapshot;
use jsonwebtoken::{DecodingKey, Validation};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    Algorithm, AppToken, ClientAuth, Draft, Forge, Forged, HmacSecret, KeyError, Lifetime, ManagedIdentity, Materials,
    Names, Need, Recipe, Signature, SigningKey, Stranger, Token, TokenError, TokenVersion, Version, forge,
};

const NOW: i64 = 1_700_000_300;
static ISSUER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(NOW).unwrap());
static STRANGER: LazyLock<Stranger> = LazyLock::new(|| SigningKey::generate(NOW).unwrap().into());

fn app_token(version: Version) -> AppToken {
    let tenant = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
    AppToken {
        version,
        issuer: Names::Entra.issuer(tenant, version),
        tenant: tenant.to_owned(),
        audience: "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41".to_owned(),
        client_id: "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e".to_owned(),
        client_auth: ClientAuth::Certificate,
        object_id: "0b0b0b0b-0000-4000-8000-000000000001".to_owned(),
        roles: vec!["Orders.Read".to_owned()],
        managed_identity: None,
        issued_at: NOW - 300,
        expires_at: NOW + 3600,
        token_id: [7; 16],
    }
}

fn forged(recipe: &Recipe) -> Forged {
    let published = json!(ISSUER.jwk());
    let materials = Materials { now: NOW, stranger: &|| &STRANGER, issuer: Some(&published) };
    forge(&app_token(Version::V2).mint(&ISSUER), recipe, &materials).unwrap()
}

/// The token, signed by the issuer where it must be.
fn complete(recipe: &Recipe) -> Token {
    match forged(recipe) {
        Forged::Ready(token) => token,
        Forged::NeedsSignature { input, algorithm, unfinished } => {
            unfinished.signed(&ISSUER.sign(algorithm, &input)).unwrap()
        }
    }
}

fn with_signature(signature: Signature) -> Recipe {
    Recipe { caller: "listed".to_owned(), forge: Forge { signature, ..Forge::default() }, ..Recipe::default() }
}

/// Whether jsonwebtoken accepts the signature under this key, whatever the claims say.
fn verifies(token: &Token, key: &SigningKey) -> bool {
    let jwk = key.jwk();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map(|name| name.parse().unwrap()).to_vec();
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let key = DecodingKey::from_rsa_components(&jwk.n, &jwk.e).unwrap();
    jsonwebtoken::decode::<Value>(token.expose(), &key, &validation).is_ok()
}

#[test]
fn a_key_names_itself_by_its_certificate() {
    let jwk = serde_json::to_value(ISSUER.jwk().with_issuer("https://issuer/v2.0")).unwrap();
    let names: Vec<&String> = jwk.as_object().unwrap().keys().collect();
    assert_eq!(names, ["kty", "use", "kid", "x5t", "n", "e", "x5c", "issuer"]);
    assert_eq!(jwk["kid"], jwk["x5t"]);
    assert_eq!(ISSUER.kid().len(), 27);
    assert_eq!(jwk["e"], "AQAB");
    assert!(serde_json::to_value(ISSUER.jwk()).unwrap().get("issuer").is_none());
}

#[test]
fn nothing_private_is_in_a_public_key_or_its_debug_output() {
    let (private, _) = ISSUER.to_der().unwrap();
    assert_eq!(format!("{private:?}"), "Pkcs8(withheld)");
    assert_eq!(format!("{:?}", *ISSUER), format!("SigningKey {{ kid: {:?}, .. }}", ISSUER.kid()));
    let jwk = serde_json::to_value(ISSUER.jwk()).unwrap();
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(jwk.get(member).is_none(), "{member} is private");
    }
}

#[test]
fn a_key_survives_its_state_folder_and_a_foreign_certificate_is_refused() {
    let (private, certificate) = ISSUER.to_der().unwrap();
    let again = SigningKey::from_der(private.expose(), &certificate).unwrap();
    assert_eq!((again.kid(), again.jwk()), (ISSUER.kid(), ISSUER.jwk()));
    let foreign = SigningKey::from_der(private.expose(), STRANGER.key().certificate_der());
    assert!(matches!(foreign, Err(KeyError::Mismatch)));
    assert!(matches!(SigningKey::from_der(b"no key", &certificate), Err(KeyError::Private(_))));
}

#[rstest]
#[case::pkcs1("RS256")]
#[case::pkcs1_384("RS384")]
#[case::pkcs1_512("RS512")]
#[case::pss("PS256")]
#[case::pss_384("PS384")]
#[case::pss_512("PS512")]
fn every_algorithm_signs_so_that_others_can_verify(#[case] name: &str) {
    let algorithm: Algorithm = name.parse().unwrap();
    assert_eq!(algorithm.to_string(), name);
    let mut recipe = with_signature(Signature::Issuer);
    recipe.forge.header = vec![("alg".to_owned(), Some(name.into()))];
    assert!(verifies(&complete(&recipe), &ISSUER));
    assert!(name.to_lowercase().parse::<Algorithm>().is_err());
}

#[rstest]
#[case::v1(Version::V1, None)]
#[case::v2(Version::V2, None)]
#[case::v1_user_assigned(Version::V1, Some("az-rid"))]
#[case::v2_system_assigned(Version::V2, Some(""))]
fn claims_are_shaped_like_entras(#[case] version: Version, #[case] identity: Option<&str>) {
    let mut token = app_token(version);
    token.managed_identity = identity.map(|az_rid| ManagedIdentity {
        mirid: "/subscriptions/s/resourcegroups/rg/providers/Microsoft.Web/sites/gateway".to_owned(),
        az_rid: (!az_rid.is_empty()).then(|| az_rid.to_owned()),
    });
    let name = format!("{version:?} {}", identity.unwrap_or("plain")).trim_end().replace(' ', "_");
    let text = serde_json::to_string_pretty(&json!([token.header("the-kid"), token.payload()])).unwrap();
    insta::with_settings!({ snapshot_suffix => name }, { assert_snapshot!(text) });
}

#[test]
fn a_minted_token_verifies_and_reads_as_written() {
    let token = app_token(Version::V1).mint(&ISSUER);
    assert!(verifies(&token, &ISSUER) && !verifies(&token, STRANGER.key()));
    let (draft, signature) = token.open().unwrap();
    assert_eq!(draft.payload_json().unwrap(), app_token(Version::V1).payload());
    assert_eq!(draft.kid().as_deref(), Some(ISSUER.kid()));
    assert_eq!(draft.signed(&signature), token);
}

#[test]
fn a_token_shown_has_no_signature() {
    let token = app_token(Version::V2).mint(&ISSUER);
    let signature = token.expose().rsplit_once('.').unwrap().1;
    assert!(!format!("{token} {token:?}").contains(signature));
    assert_eq!(Token::new("an-opaque-token").to_string(), "(token withheld)");
    assert_eq!(Token::new("two.parts").to_string(), "(token withheld)");
}

#[rstest]
#[case::issuer(Signature::Issuer, true)]
#[case::keep(Signature::Keep, true)]
#[case::empty(Signature::Empty, false)]
#[case::absent(Signature::Absent, false)]
#[case::flipped(Signature::Flipped, false)]
#[case::truncated(Signature::Truncated, false)]
#[case::stranger(Signature::Stranger, false)]
#[case::garbage(Signature::Garbage, false)]
#[case::hmac(Signature::Hmac(HmacSecret::SpkiPem), false)]
fn a_signature_is_good_exactly_where_it_should_be(#[case] signature: Signature, #[case] as_issued: bool) {
    let mut recipe = with_signature(signature.clone());
    assert_eq!(verifies(&complete(&recipe), &ISSUER), as_issued);
    recipe.claims = vec![("aud".to_owned(), Some("api://other".into()))];
    assert_eq!(verifies(&complete(&recipe), &ISSUER), signature == Signature::Issuer);
    assert_eq!(verifies(&complete(&recipe), STRANGER.key()), signature == Signature::Stranger);
}

#[test]
fn an_untouched_recipe_gives_the_very_token() {
    let Forged::Ready(token) = forged(&with_signature(Signature::Issuer)) else { panic!("nothing to sign") };
    assert_eq!(token, app_token(Version::V2).mint(&ISSUER));
}

#[test]
fn signatures_are_cut_and_changed_as_their_names_say() {
    let original = app_token(Version::V2).mint(&ISSUER).open().unwrap().1;
    let signature = |kind| complete(&with_signature(kind)).open().unwrap().1;
    let flipped = signature(Signature::Flipped);
    let differing: u32 = original.iter().zip(&flipped).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!((flipped.len(), differing), (256, 1));
    assert_eq!(signature(Signature::Truncated), original[..255]);
    assert_eq!(signature(Signature::Garbage).len(), 256);
    assert!(complete(&with_signature(Signature::Empty)).expose().ends_with('.'));
    assert_eq!(complete(&with_signature(Signature::Absent)).open(), Err(TokenError::Parts(2)));
}

#[test]
fn the_stranger_is_named_in_the_header_unless_that_is_forged() {
    let kid = |recipe: &Recipe| complete(recipe).open().unwrap().0.kid().unwrap();
    let mut recipe = with_signature(Signature::Stranger);
    assert_eq!(kid(&recipe), STRANGER.key().kid());
    recipe.forge.header = vec![("kid".to_owned(), Some(ISSUER.kid().into()))];
    assert_eq!(kid(&recipe), ISSUER.kid());
}

#[test]
fn an_unknown_kid_is_fresh_each_time_and_looks_like_one() {
    let mut recipe = with_signature(Signature::Issuer);
    recipe.forge.header = vec![("kid".to_owned(), Some("unknown".into()))];
    let kids = [0; 2].map(|_| complete(&recipe).open().unwrap().0.kid().unwrap());
    assert_ne!(kids[0], kids[1]);
    assert!(kids.iter().all(|kid| kid.len() == 27 && kid != ISSUER.kid()));
}

#[rstest]
#[case::spki_pem(HmacSecret::SpkiPem, ISSUER.public_pem().into_bytes())]
#[case::spki_der(HmacSecret::SpkiDer, ISSUER.public_der())]
#[case::pkcs1_der(HmacSecret::Pkcs1Der, ISSUER.components().pkcs1_der().unwrap())]
#[case::text(HmacSecret::Text("secret".to_owned()), b"secret".to_vec())]
fn an_hmac_is_keyed_with_what_it_says(#[case] secret: HmacSecret, #[case] bytes: Vec<u8>) {
    let token = complete(&with_signature(Signature::Hmac(secret)));
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode::<Value>(token.expose(), &DecodingKey::from_secret(&bytes), &validation);
    assert_eq!(decoded.unwrap().header.alg, jsonwebtoken::Algorithm::HS256);
}

#[test]
fn pem_is_what_other_tools_read() {
    let token = app_token(Version::V2).mint(&ISSUER);
    let key = DecodingKey::from_rsa_pem(ISSUER.public_pem().as_bytes()).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    assert!(jsonwebtoken::decode::<Value>(token.expose(), &key, &validation).is_ok());
    assert!(ISSUER.certificate_pem().starts_with("-----BEGIN CERTIFICATE-----\nMII"));
}

#[test]
fn times_and_claims_change_in_place() {
    let recipe = Recipe {
        lifetime: Lifetime { expires_in: Some(-600), not_before_in: Some(i64::MAX), issued_in: None },
        claims: vec![
            ("azp".to_owned(), None),
            ("ver".to_owned(), Some(Value::Null)),
            ("new".to_owned(), Some(json!([1, {"a": "b"}]))),
        ],
        ..with_signature(Signature::Issuer)
    };
    assert!(matches!(forged(&recipe), Forged::NeedsSignature { .. }), "the content changed");
    let (draft, _) = complete(&recipe).open().unwrap();
    let before = app_token(Version::V2);
    assert_eq!(
        draft.header,
        Draft::of(&before.header(ISSUER.kid()), &before.payload()).header,
        "the header keeps its bytes"
    );
    let payload = draft.payload_json().unwrap();
    assert_eq!(payload["exp"], NOW - 600);
    assert_eq!(payload["nbf"], i64::MAX);
    assert_eq!(payload["ver"], Value::Null);
    let mut names: Vec<String> = before.payload().keys().filter(|name| *name != "azp").cloned().collect();
    names.push("new".to_owned());
    assert_eq!(payload.keys().cloned().collect::<Vec<_>>(), names, "the others keep their order");
}

#[rstest]
#[case::untouched(json!({}), Need::Issued)]
#[case::kept(json!({"forge": {"signature": "keep"}}), Need::Issued)]
#[case::audience(json!({"audience": "another-api"}), Need::Issued)]
#[case::other_version(json!({"version": "other"}), Need::Mintable)]
#[case::expired(json!({"lifetime": {"expires-in": -600}}), Need::Mintable)]
#[case::claim(json!({"claims": [["aud", "x"]]}), Need::Mintable)]
#[case::header(json!({"forge": {"header": [["kid", "unknown"]]}}), Need::Mintable)]
#[case::tampered(json!({"claims": [["aud", "x"]], "forge": {"signature": "keep"}}), Need::Forgeable)]
#[case::none(json!({"forge": {"header": [["alg", "none"]], "signature": "empty"}}), Need::Forgeable)]
#[case::stranger(json!({"forge": {"signature": "stranger"}}), Need::Forgeable)]
#[case::hmac(json!({"forge": {"signature": {"hmac": "spki-pem"}}}), Need::Forgeable)]
fn the_need_is_derived_and_a_recipe_survives_json(#[case] mut recipe: Value, #[case] need: Need) {
    recipe["caller"] = "listed".into();
    let recipe: Recipe = serde_json::from_value(recipe).unwrap();
    assert_eq!(recipe.need(), need);
    assert_eq!(serde_json::from_value::<Recipe>(serde_json::to_value(&recipe).unwrap()).unwrap(), recipe);
}

#[test]
fn removing_a_claim_is_not_setting_it_to_null() {
    let changes = json!([["aud"], ["iss", null]]);
    let recipe: Recipe = serde_json::from_value(json!({"caller": "listed", "claims": changes})).unwrap();
    assert_eq!(recipe.claims, [("aud".to_owned(), None), ("iss".to_owned(), Some(Value::Null))]);
    assert_eq!(serde_json::to_value(&recipe).unwrap()["claims"], changes);
    let error = serde_json::from_value::<Recipe>(json!({"caller": "listed", "claims": [["a", 1, 2]]})).unwrap_err();
    assert_eq!(error.to_string(), "a change is `[name, value]` to set or `[name]` to remove");
}

#[rstest]
#[case::opaque("opaque", TokenError::Parts(1))]
#[case::five("a.b.c.d.e", TokenError::Parts(5))]
#[case::padded("e30=.e30.AA", TokenError::Encoding { part: "header", reason: "Invalid padding".to_owned() })]
fn a_base_that_is_no_token_is_refused(#[case] base: &str, #[case] error: TokenError) {
    let materials = Materials { now: NOW, stranger: &|| &STRANGER, issuer: None };
    assert_eq!(forge(&Token::new(base), &with_signature(Signature::Issuer), &materials), Err(error));
}

#[test]
fn an_hmac_needs_the_issuers_public_key() {
    let materials = Materials { now: NOW, stranger: &|| &STRANGER, issuer: None };
    let base = app_token(Version::V2).mint(&ISSUER);
    let result = forge(&base, &with_signature(Signature::Hmac(HmacSecret::SpkiPem)), &materials);
    assert_eq!(result, Err(TokenError::Key("the issuer's public key is not known".to_owned())));
}

proptest! {
    /// Any bytes survive the way through base64url and the dots.
    #[test]
    fn any_draft_survives_the_compact_form(header: Vec<u8>, payload: Vec<u8>, signature: Vec<u8>) {
        let draft = Draft { header, payload };
        prop_assert_eq!(draft.signed(&signature).open().unwrap(), (draft, signature));
    }

    /// Whatever claims are set, jsonwebtoken takes a forged token exactly where its signature is the issuer's.
    #[test]
    fn a_forged_token_verifies_exactly_where_it_should(
        claims in prop::collection::vec(("[a-z]{1,6}", prop::option::of("\\PC{0,12}")), 0..4),
        signature in prop::sample::select(vec![Signature::Issuer, Signature::Keep, Signature::Flipped, Signature::Stranger]),
    ) {
        let claims = claims.into_iter().map(|(name, value)| (name, value.map(Value::from))).collect();
        let recipe = Recipe { claims, ..with_signature(signature.clone()) };
        let token = complete(&recipe);
        let untouched = token.open().unwrap().0.payload == complete(&with_signature(Signature::Keep)).open().unwrap().0.payload;
        let good = signature == Signature::Issuer || (signature == Signature::Keep && untouched);
        prop_assert_eq!(verifies(&token, &ISSUER), good);
        prop_assert_eq!(verifies(&token, STRANGER.key()), signature == Signature::Stranger);
    }

    /// No text makes taking a token apart or showing it panic, and what could be taken apart is put together again.
    #[test]
    fn any_text_is_survived(text in "[A-Za-z0-9_.=+-]{0,40}") {
        let token = Token::new(&*text);
        let _ = format!("{token} {token:?}");
        if let Ok((draft, signature)) = token.open() {
            prop_assert_eq!(draft.signed(&signature), token);
        }
    }
}

#[test]
fn versions_have_an_other() {
    assert_eq!([Version::V1.other(), Version::V2.other()], [Version::V2, Version::V1]);
    assert_eq!(Recipe::default().version, TokenVersion::Settings);
}
