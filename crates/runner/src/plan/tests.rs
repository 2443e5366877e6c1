use std::fmt::Write;
use std::sync::Arc;

use diagnostics::Source;
use scenario::Scenario;
use serde_json::json;
use token::Token;

use super::*;

/// Scenarios of every need.
fn scenarios() -> Vec<Scenario> {
    let sends = [
        ("missing-token", "{}", "unauthenticated"),
        ("valid-caller", "{ token: { caller: listed } }", "accepted"),
        ("kept-signature", "{ token: { caller: listed, forge: { signature: keep } } }", "accepted"),
        ("expired-token", "{ token: { caller: listed, expires-in: -15m } }", "unauthenticated"),
        ("other-version", "{ token: { caller: listed, version: other } }", "recorded"),
        ("bad-signature", "{ token: { caller: listed, forge: { signature: flipped } } }", "unauthenticated"),
        (
            "hmac-text",
            "{ token: { caller: listed, forge: { signature: { hmac: { text: secret } } } } }",
            "unauthenticated",
        ),
        (
            "hmac-public-key",
            "{ token: { caller: listed, forge: { signature: { hmac: spki-pem } } } }",
            "unauthenticated",
        ),
        ("unlisted-caller", "{ token: { caller: unlisted } }", "forbidden"),
        ("unknown-caller", "{ token: { caller: nobody } }", "forbidden"),
        ("wrong-audience", "{ token: { caller: listed, audience: another-api } }", "unauthenticated"),
        ("named-audience", "{ token: { caller: listed, audience: billing } }", "unauthenticated"),
        ("spoofed-principal", "{ token: { caller: listed } }", "{ outcome: accepted, principal: caller }"),
        ("key-of-the-host", "{ query: 'code=${key.host}' }", "unauthenticated"),
        ("open-path", "{ to: excluded }", "accepted"),
        ("preflight", "{ method: OPTIONS }", "unreached"),
        ("writes", "{ method: DELETE }", "unauthenticated"),
        ("posts", "{ method: POST }", "unauthenticated"),
        ("odd-letters", "{ method: get }", "unauthenticated"),
        ("deletes-by-a-header", "{}", "unauthenticated\nconsent: unsafe-methods"),
        (
            "jku",
            "{ token: { caller: listed, forge: { header: { jku: '${sink.url}' }, signature: stranger } } }",
            "unauthenticated",
        ),
        ("consented", "{}", "unauthenticated\nconsent: flood"),
        ("flood", "{}", "{ outcome: unauthenticated, key-fetches: 3 }"),
        ("spoofed-elsewhere", "{ path: /api/health }", "{ outcome: accepted, principal: none }"),
    ];
    let sources: Vec<Arc<Source>> = sends
        .iter()
        .map(|(id, send, expect)| {
            let text = format!(
                "id: {id}\ntitle: t\nwhy: w\nseverity: high\ncite: [c]\nfix: f\nsend: {send}\nexpect: {expect}\n"
            );
            Source::new(format!("{id}.yaml"), text)
        })
        .collect();
    let (scenarios, diagnostics) = scenario::read(&sources);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    scenarios
}

fn profile(text: &str) -> Profile {
    let (profile, diagnostics) = Profile::read(&Source::new("profile.yaml", text), &|_| None);
    profile.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn directory() -> Directory {
    let application =
        |name: &str| json!({"name": name, "client-id": format!("{name}-id"), "uris": [], "token-version": 2});
    let identity = |name: &str| json!({"name": name, "kind": "user-assigned", "client-id": format!("{name}-id")});
    let tenant = json!({
        "name": "contoso",
        "id": "contoso-id",
        "applications": [application("orders"), application("billing")],
        "identities": [identity("apim"), identity("reporting")],
    });
    serde_json::from_value(json!({"tenants": [tenant]})).unwrap()
}

/// What becomes of each scenario, as lines to read.
fn planned(profile: &Profile, issuer: Option<&Directory>) -> String {
    planned_with(profile, issuer, false)
}

/// The same, where the token of `listed` is handed in.
fn planned_with(profile: &Profile, issuer: Option<&Directory>, handed_in: bool) -> String {
    let roles = Roles::new(profile, None);
    let mut lines = String::new();
    let known = Known::new(profile, &roles, issuer, &[], &Wallet::empty());
    let wallet = if handed_in { Wallet::holding(&roles, "listed", Ok(Token::new("a.b.c"))) } else { Wallet::empty() };
    let plan = Plan {
        profile,
        roles: &roles,
        known: &known,
        issuer,
        wallet: &wallet,
        now: 0,
        no_sink: Some("the target is elsewhere"),
        laboratory: false,
    };
    let scenarios = scenarios();
    for (scenario, case) in scenarios.iter().flat_map(|scenario| scenario.cases().map(move |case| (scenario, case))) {
        let planned = match plan.of(scenario, &case) {
            Planned::Ready => "ready".to_owned(),
            Planned::Alone => "alone".to_owned(),
            Planned::Skipped(reason) => reason,
        };
        writeln!(lines, "{:<18} {planned}", case.id).unwrap();
    }
    lines
}

const BARE: &str = "target: { url: https://func.example.net }";
const HANDED_IN: &str = "{ target: { url: https://func.example.net }, callers: { listed: { client-id: a, credential: { token: { env: T } } } } }";
const FULL: &str = "
target: { url: https://func.example.net, principal: { json: /principal/id } }
audience: orders
callers: { listed: { identity: apim }, unlisted: { client-id: reporting-id } }
apis: { another-api: billing-id }
";

#[test]
fn an_address_alone_plays_what_needs_no_trusted_signature() {
    insta::assert_snapshot!(planned(&profile(BARE), None));
}

#[test]
fn a_real_token_plays_the_control_and_its_forgeries() {
    insta::assert_snapshot!(planned_with(&profile(HANDED_IN), None, true));
}

#[test]
fn a_profile_without_an_issuer_plays_no_more() {
    insta::assert_snapshot!(planned(&profile(FULL), None));
}

#[test]
fn a_profile_with_an_issuer_plays_what_the_directory_knows() {
    insta::assert_snapshot!(planned(&profile(FULL), Some(&directory())));
}

#[test]
fn what_a_profile_leaves_open_is_named() {
    let text = "{ target: { url: https://func.example.net }, callers: { listed: { identity: apim }, unlisted: { identity: gone } } }";
    insta::assert_snapshot!(planned(&profile(text), Some(&directory())));
}

#[test]
fn what_the_directory_does_not_know_is_named() {
    let text = "
target: { url: https://func.example.net }
audience: api://elsewhere
callers: { listed: { identity: apim } }
apis: { another-api: https://management.azure.com/ }
";
    insta::assert_snapshot!(planned(&profile(text), Some(&directory())));
}

#[test]
fn what_may_change_something_needs_a_word_of_the_owner() {
    let text = "{ target: { url: https://func.example.net, method: POST }, consent: [flood] }";
    let only = |text: &str| {
        let lines = planned(&profile(text), None);
        let ids = ["writes", "posts", "odd-letters", "deletes-by-a-header"];
        lines.lines().filter(|line| ids.iter().any(|id| line.starts_with(id))).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(only(text));
    let agreed = only(&text.replace("flood", "unsafe-methods"));
    assert!(agreed.lines().all(|line| line.ends_with(" ready")), "{agreed}");
}
