//! What scenarios become.

use std::collections::BTreeSet;

use diagnostics::Source;
use rstest::rstest;
use scenario::{Act, Case, Document, Door, Expect, HeaderExpectation, KeyChange, Outcome, Scenario, Step, Trouble};
use serde_json::json;
use token::{Charset, Encoding, HmacSecret, Need, Octets, Piece, Signature, TokenVersion};

use crate::files::{scenarios, source};

fn read(rest: &str) -> Scenario {
    let head = "{ id: one, title: t, why: w, severity: low, cite: [c], fix: f";
    let source = Source::new("one.yaml", format!("{head}, {rest} }}"));
    let (mut scenarios, diagnostics) = scenario::read(&[source]);
    assert_eq!(diagnostics, []);
    scenarios.remove(0)
}

fn only(rest: &str) -> Case {
    let scenario = read(rest);
    assert_eq!(scenario.case_count(), 1);
    scenario.cases().next().expect("one case")
}

fn core(id: &str) -> Vec<Case> {
    let (scenarios, diagnostics) = scenario::read(&scenarios());
    assert_eq!(diagnostics, []);
    scenarios.iter().find(|scenario| scenario.id == id).expect(id).cases().collect()
}

#[test]
fn variants_are_named_in_declared_order_the_first_axis_slowest() {
    let scenario = read(
        "variants: { b: ['1', '2'], a: { x: true, y: null } }, send: { query: '${b}', body: '${a}!' }, expect: refused",
    );
    let cases: Vec<Case> = scenario.cases().collect();
    assert_eq!(
        cases.iter().map(|case| case.variant.as_str()).collect::<Vec<_>>(),
        ["b=1,a=x", "b=1,a=y", "b=2,a=x", "b=2,a=y"]
    );
    assert_eq!(scenario.case_count(), 4);
}

#[test]
fn a_variable_alone_keeps_its_type_and_within_text_becomes_text() {
    let scenario = read(
        "variants: { v: { number: 7, list: [a, 1], text: '7', map: { set: { k: null } } } },
         send: { token: { caller: listed, claims: { c: '${v}' } } }, expect: refused",
    );
    let claims: Vec<_> = scenario
        .cases()
        .map(|case| case.exchanges().next().unwrap().send.token.clone().expect("a token").claims)
        .collect();
    let values = [json!(7), json!(["a", 1]), json!("7"), json!({ "k": null })];
    assert_eq!(claims, values.map(|value| vec![("c".to_owned(), Some(value))]));

    let scenario =
        read("variants: { v: [7, 1.50, true, a] }, send: { headers: { 'x-${v}': '<${v}>' } }, expect: refused");
    let headers: Vec<_> =
        scenario.cases().map(|case| case.exchanges().next().unwrap().send.headers[0].clone()).collect();
    let told: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(told, ["x-7: <7>", "x-1.50: <1.50>", "x-true: <true>", "x-a: <a>"]);
}

#[rstest]
#[case::bearer("token: { caller: listed }", &["Authorization: Bearer T"])]
#[case::none("headers: { x: y }", &["x: y"])]
#[case::first("token: { caller: listed }, headers: { x: y }", &["Authorization: Bearer T", "x: y"])]
#[case::scheme("token: { caller: listed }, authorization: 'DPoP ${token}'", &["Authorization: DPoP T"])]
#[case::elsewhere("token: { caller: listed }, headers: { Cookie: 't=${token}' }", &["Cookie: t=T"])]
#[case::in_the_query("token: { caller: listed }, query: 'access_token=${token}'", &[])]
#[case::twice("token: { caller: listed }, headers: { authorization: ['Bearer ${token}', Bearer x] }", &["authorization: Bearer T", "authorization: Bearer x"])]
#[case::no_token("authorization: ''", &["Authorization: "])]
fn the_token_goes_where_it_stands(#[case] send: &str, #[case] expected: &[&str]) {
    let case = only(&format!("send: {{ {send} }}, expect: refused"));
    let headers = &case.exchanges().next().unwrap().send.headers;
    let filled: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_string().replace("${token}", "T"))).collect();
    assert_eq!(filled, expected);
}

#[test]
fn a_promise_is_a_word_or_the_full_form() {
    let case = only("send: {}, expect: refused");
    assert_eq!(case.exchanges().next().unwrap().expect, Expect::promise(Outcome::Refused));
    let case = only(
        "send: {}, expect: { outcome: unauthenticated, status: [401, 400], within-ms: 100, answered-by: platform,
         headers: { WWW-Authenticate: { contains: Bearer }, x-function: absent, server: present, x: '1' }, body: { contains: a, lacks: [b, c] } }",
    );
    let expected = Expect {
        status: vec![401, 400],
        headers: vec![
            ("WWW-Authenticate".to_owned(), HeaderExpectation::Contains("Bearer".to_owned())),
            ("x-function".to_owned(), HeaderExpectation::Absent),
            ("server".to_owned(), HeaderExpectation::Present),
            ("x".to_owned(), HeaderExpectation::Is("1".to_owned())),
        ],
        body_contains: vec!["a".to_owned()],
        body_lacks: vec!["b".to_owned(), "c".to_owned()],
        answered_by: Some(results::AnsweredBy::Platform),
        within_ms: Some(100),
        ..Expect::promise(Outcome::Unauthenticated)
    };
    assert_eq!(case.exchanges().next().unwrap().expect, expected);
    let case = only("send: {}, expect: { outcome: accepted, principal: none }");
    assert_eq!(case.exchanges().next().unwrap().expect.principal, Some(scenario::Principal::Nobody));
}

#[test]
fn a_whole_recipe_is_read() {
    let case = only(
        "send: { token: { caller: listed, audience: another-api, tenant: fabrikam, version: v1, expires-in: -15m, issued-in: 2d,
         not-before-in: 90s, claims: { oid: absent, groups: null }, forge: { header: { kid: unknown }, signature: { hmac: { text: s } } } } },
         expect: refused",
    );
    let recipe = case.recipes().next().expect("a recipe");
    assert_eq!(
        (recipe.caller.as_str(), recipe.audience.as_deref(), recipe.tenant.as_deref()),
        ("listed", Some("another-api"), Some("fabrikam"))
    );
    assert_eq!(recipe.version, TokenVersion::V1);
    let lifetime = recipe.lifetime;
    assert_eq!(
        (lifetime.expires_in, lifetime.issued_in, lifetime.not_before_in),
        (Some(-900), Some(172_800), Some(90))
    );
    assert_eq!(recipe.claims, [("oid".to_owned(), None), ("groups".to_owned(), Some(json!(null)))]);
    assert_eq!(recipe.forge.header, [("kid".to_owned(), Some(json!("unknown")))]);
    assert_eq!(recipe.forge.signature, Signature::Hmac(HmacSecret::Text("s".to_owned())));
}

#[rstest]
#[case::no_token("missing-token", None)]
#[case::text("not-a-token", None)]
#[case::as_issued("valid-caller", Some(Need::Issued))]
#[case::another_api("wrong-audience", Some(Need::Issued))]
#[case::times("expired-token", Some(Need::Mintable))]
#[case::unsigned("alg-none", Some(Need::Forgeable))]
#[case::tampered("tampered-payload", Some(Need::Forgeable))]
fn what_a_case_needs_follows_from_its_recipes(#[case] id: &str, #[case] need: Option<Need>) {
    for case in core(id) {
        assert_eq!(case.need(), need, "{id} {}", case.variant);
    }
}

#[test]
fn the_most_demanding_step_decides() {
    let case = only(
        "steps: [ { send: {}, expect: refused }, { send: { token: { caller: a, claims: { x: 1 } } }, expect: refused },
         { send: { token: { caller: a } }, expect: accepted } ]",
    );
    assert_eq!((case.need(), case.steps.len()), (Some(Need::Mintable), 3));
}

#[test]
fn every_way_has_one_control_and_scenarios_are_short() {
    let sources = scenarios();
    let (scenarios, diagnostics) = scenario::read(&sources);
    assert_eq!(diagnostics, []);
    assert_eq!(
        scenarios.iter().filter(|one| one.control).map(|one| one.id.as_str()).collect::<Vec<_>>(),
        ["valid-caller", "gateway-lets-in", "previous-lets-in"]
    );
    for scenario in &scenarios {
        assert!(scenario.source.text.lines().count() <= 60, "{} is long", scenario.id);
        assert!(scenario.case_count() <= 20, "{} has many cases", scenario.id);
    }
}

fn every_key() -> Scenario {
    let (mut scenarios, diagnostics) = scenario::read(&[source("crates/scenario/tests/whole/every-key.yaml")]);
    assert_eq!(diagnostics, []);
    scenarios.remove(0)
}

fn filled(octets: &Octets) -> String {
    let bytes = octets.bytes(&|name| Some(format!("<{name}>").into_bytes())).expect("bytes");
    bytes.escape_ascii().to_string()
}

#[test]
fn a_request_is_read_to_the_byte() {
    let case = every_key().cases().next().expect("a case");
    let exchange = case.exchanges().next().expect("a request");
    let send = &exchange.send;
    assert_eq!((send.to, exchange.times), (Door::Keyed, 50));
    assert_eq!(
        (send.method.as_deref(), send.path.as_deref(), send.version.as_deref()),
        (Some("POST"), Some("${target.keyed}/"), Some("HTTP/1.0"))
    );
    let headers: Vec<String> =
        send.headers.iter().map(|(name, value)| format!("{name}: {}", filled(value.octets()))).collect();
    let expected =
        ["Authorization: DPoP <token>", "x-one: a", "x-one: \\xff", "x-one: Bearer aaa<other-token>", "x-two: bb"];
    assert_eq!(headers, expected);
    let lines: Vec<String> = send.lines.iter().map(|line| filled(line.octets())).collect();
    assert_eq!(lines, ["X-A: 1", " folded", "\\x00<target.host>"]);
    assert_eq!(send.without, ["Host", "User-Agent"]);
    assert_eq!(send.query.as_ref().map(|query| filled(query.octets())).as_deref(), Some("code=<key.function>"));
    assert_eq!(send.body.as_ref().map(|body| filled(body.octets())).as_deref(), Some("a=<caller.listed>&[[[[[[[[[["));
    let last = case.exchanges().last().expect("a request");
    let target = last.send.target.as_ref().map(|target| filled(target.octets()));
    assert_eq!(target.as_deref(), Some("https://<target.host> <target.excluded>"));
}

#[test]
fn a_token_is_read_to_the_byte_and_a_variant_is_any_part_of_it() {
    let cases: Vec<Case> = every_key().cases().collect();
    assert_eq!(cases.len(), 6);
    let claims: Vec<_> =
        cases.iter().map(|case| case.recipes().next().expect("a recipe").claims[0].clone().1).collect();
    let values =
        [json!("${issued.aud}/"), json!("${upper:issued.aud}"), json!(["${issued.aud}", "${api.another-api}"])];
    assert_eq!(claims, values.iter().flat_map(|value| [Some(value.clone()), Some(value.clone())]).collect::<Vec<_>>());

    let forge = &cases[0].recipes().next().expect("a recipe").forge;
    let whole = Octets(vec![Piece::Hex { hex: "efbbbf".to_owned() }, Piece::Text("{}".to_owned())]);
    assert_eq!(forge.header_bytes.instead, Some(whole));
    assert_eq!(
        (forge.base64.header, forge.base64.payload, forge.base64.signature),
        (Encoding::Standard, Encoding::Padded, Encoding::SpareBits)
    );
    assert_eq!(forge.signature, Signature::Hmac(HmacSecret::Text("${target.tenant}".to_owned())));
    let shape = filled(forge.shape.as_ref().expect("a shape"));
    assert_eq!(shape, r#"{\"payload\":\"<payload>\"}\x00<ISSUED.ISS>"#);

    let edit = &cases[1].recipes().next().expect("a recipe").forge.header_bytes;
    assert_eq!(edit.charset, Charset::Utf16Le);
    assert_eq!(edit.last.as_ref().map(filled).as_deref(), Some(r#",\"b\":<issued.exp>"#));
}

#[test]
fn what_is_done_to_the_issuer_is_read() {
    let case = every_key().cases().next().expect("a case");
    let acts: Vec<&Act> =
        case.steps.iter().filter_map(|step| if let Step::Issuer(act) = step { Some(act) } else { None }).collect();
    let about = |document, trouble| Act::Trouble { document, trouble };
    let body = Octets(vec![Piece::Text("<html>".to_owned()), Piece::Hex { hex: "00".to_owned() }]);
    let changed = vec![("issuer".to_owned(), Some(json!("https://evil.example"))), ("jwks_uri".to_owned(), None)];
    let keys = KeyChange {
        change: vec![("use".to_owned(), Some(json!("enc")))],
        first: vec![json!("${stranger.jwk}")],
        last: vec![json!({ "kty": "oct" })],
        fill: 10_000,
        without_own: true,
    };
    let expected = [
        Act::Rotate,
        about(Document::Jwks, Trouble::Hang),
        about(Document::Jwks, Trouble::Status(500)),
        about(Document::Jwks, Trouble::Delay(300)),
        about(Document::Jwks, Trouble::Truncate(40)),
        about(Document::Jwks, Trouble::Pad(3_000_000)),
        about(Document::Discovery, Trouble::Redirect("${sink.url}".to_owned())),
        about(Document::Jwks, Trouble::Body { body, media_type: "text/html".to_owned() }),
        about(Document::Discovery, Trouble::Change(changed)),
        about(Document::Discovery, Trouble::Headers(vec![("cache-control".to_owned(), "max-age=0".to_owned())])),
        about(Document::Jwks, Trouble::Keys(keys)),
    ];
    assert_eq!(acts, expected.iter().collect::<Vec<_>>());
    assert!(case.steps.contains(&Step::Wait(13 * 60 * 60)));
    assert!(case.disturbs() && every_key().disturbs());
}

#[test]
fn what_a_case_wants_filled_is_told() {
    let names = |case: &Case| case.variables();
    let cases: Vec<Case> = every_key().cases().collect();
    let expected: BTreeSet<String> = [
        "api.another-api",
        "caller.listed",
        "issued.aud",
        "issued.exp",
        "issued.iss",
        "key.function",
        "other-token",
        "sink.url",
        "stranger.jwk",
        "target.excluded",
        "target.host",
        "target.keyed",
        "target.tenant",
        "token",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(names(&cases[5]), expected);
    assert!(!names(&cases[0]).contains("api.another-api"), "only what this variant says");
}

#[rstest]
#[case::plain("send: {}, expect: refused", false)]
#[case::repeated("steps: [{ send: {}, expect: refused, times: 2 }]", false)]
#[case::waiting("steps: [{ wait: 1s }, { send: {}, expect: refused }]", true)]
#[case::issuer("steps: [{ issuer: restore }, { send: {}, expect: refused }]", true)]
fn a_case_disturbs_where_it_does_more_than_send(#[case] rest: &str, #[case] expected: bool) {
    let scenario = read(rest);
    assert_eq!(scenario.disturbs(), expected);
    assert!(scenario.cases().all(|case| case.disturbs() == expected));
}
