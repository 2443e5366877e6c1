use insta::assert_snapshot;
use scenario::{
    Act, Case, Document, Door, Exchange, Expect, HeaderExpectation, KeyChange, Outcome, Principal, Send, Step,
    Template, Trouble,
};
use serde_json::json;
use token::{Edit, Encoding, Encodings, Forge, HmacSecret, Lifetime, Octets, Piece, Recipe, Signature, TokenVersion};

use super::Story;

fn told(steps: Vec<Step>) -> String {
    let story = Story::of_case(Case { id: "any".to_owned(), variant: String::new(), steps });
    let lines = story.common.iter().map(|line| format!("{} {:?}: {}", line.step, line.part, line.text));
    lines.chain(story.words.clone()).collect::<Vec<_>>().join("\n")
}

fn exchange(send: Send, expect: Expect) -> Step {
    Step::Exchange(Exchange { send, expect, times: 1 })
}

fn bearing(recipe: Recipe) -> Send {
    let headers = vec![("Authorization".to_owned(), Template::new("Bearer ${token}"))];
    Send { headers, token: Some(recipe), ..Send::default() }
}

fn text(text: &str) -> Octets {
    Octets(vec![Piece::Text(text.to_owned())])
}

#[test]
fn a_token_that_is_sent_as_it_was_issued() {
    let recipe =
        Recipe { caller: "unlisted".to_owned(), audience: Some("another-api".to_owned()), ..Recipe::default() };
    assert_snapshot!(told(vec![exchange(bearing(recipe), Expect::promise(Outcome::Forbidden))]));
}

#[test]
fn a_forged_token() {
    let forge = Forge {
        header: vec![
            ("alg".to_owned(), Some(json!("HS256"))),
            ("kid".to_owned(), Some(json!("unknown"))),
            ("x5t".to_owned(), None),
            ("jku".to_owned(), Some(json!("${sink.url}/keys"))),
        ],
        header_bytes: Edit { first: Some(text("\"alg\":\"none\",")), ..Edit::default() },
        payload_bytes: Edit {
            before: Some(Octets(vec![Piece::Hex { hex: "efbbbf".to_owned() }])),
            instead: Some(Octets(vec![Piece::Repeat { repeat: "[".to_owned(), times: 10_000 }])),
            ..Edit::default()
        },
        base64: Encodings { payload: Encoding::Padded, ..Encodings::default() },
        signature: Signature::Hmac(HmacSecret::SpkiPem),
        shape: Some(text("${header}.${payload}.${signature}.")),
    };
    let recipe = Recipe {
        caller: "listed".to_owned(),
        tenant: Some("fabrikam".to_owned()),
        version: TokenVersion::V1,
        lifetime: Lifetime { expires_in: Some(-3600), not_before_in: Some(90), issued_in: None },
        claims: vec![("aud".to_owned(), Some(json!(["${upper:issued.aud}"]))), ("azp".to_owned(), None)],
        forge,
        ..Recipe::default()
    };
    let expect = Expect {
        also: vec![400, 413],
        may_close: true,
        never_5xx: true,
        within_ms: Some(1500),
        ..Expect::promise(Outcome::Unauthenticated)
    };
    assert_snapshot!(told(vec![exchange(bearing(recipe), expect)]));
}

#[test]
fn trouble_with_the_issuer() {
    let listed = || Recipe { caller: "listed".to_owned(), ..Recipe::default() };
    let unknown = Recipe { forge: Forge { signature: Signature::Stranger, ..Forge::default() }, ..listed() };
    let trouble = |document, trouble| Step::Issuer(Act::Trouble { document, trouble });
    let flood = Exchange {
        send: bearing(unknown),
        expect: Expect { key_fetches: Some(3), ..Expect::promise(Outcome::Refused) },
        times: 50,
    };
    let keys = KeyChange {
        change: vec![("use".to_owned(), Some(json!("enc"))), ("x5c".to_owned(), None)],
        last: vec![json!({ "kty": "oct", "k": "AAAA" })],
        fill: 10_000,
        without_own: true,
        ..KeyChange::default()
    };
    assert_snapshot!(told(vec![
        exchange(
            bearing(listed()),
            Expect { principal: Some(Principal::Caller), ..Expect::promise(Outcome::Accepted) }
        ),
        trouble(Document::Jwks, Trouble::Status(500)),
        trouble(Document::Jwks, Trouble::Keys(keys)),
        trouble(Document::Discovery, Trouble::Change(vec![("issuer".to_owned(), Some(json!("https://evil.example")))])),
        trouble(Document::Discovery, Trouble::Redirect("${sink.url}".to_owned())),
        Step::Exchange(flood),
        Step::Issuer(Act::Rotate),
        Step::Wait(13 * 3600),
        Step::Issuer(Act::Restore),
        exchange(bearing(listed()), Expect::promise(Outcome::Tolerated)),
    ]));
}

#[test]
fn a_request_to_the_byte() {
    let send = Send {
        to: Door::Excluded,
        method: Some("OPTIONS".to_owned()),
        target: Some(Template::new("http://${target.host}/api/health")),
        headers: vec![("X-Original-URL".to_owned(), Template::new("${target.excluded}"))],
        lines: vec![Template::new("X-MS-CLIENT-PRINCIPAL : e30="), Template::new(" \tfolded\r")],
        without: vec!["Host".to_owned()],
        version: Some("HTTP/1.0".to_owned()),
        body: Some(Template::new("access_token=${token}")),
        token: Some(Recipe { caller: "batch".to_owned(), ..Recipe::default() }),
        ..Send::default()
    };
    let expect = Expect {
        status: vec![400, 404],
        contract: true,
        headers: vec![
            ("Access-Control-Allow-Origin".to_owned(), HeaderExpectation::Never("evil.example".to_owned())),
            ("WWW-Authenticate".to_owned(), HeaderExpectation::Contains("Bearer".to_owned())),
        ],
        body_lacks: vec!["at System.".to_owned()],
        ..Expect::promise(Outcome::Unreached)
    };
    assert_snapshot!(told(vec![exchange(send, expect)]));
}
